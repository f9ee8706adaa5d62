"""Conversations over HTTP: one client, its errors, its pace."""

from __future__ import annotations

import sys
from importlib import import_module

if "httpx" not in sys.modules:
    # httpx imports its own command line too, where click and rich are there for it: 0.1 s that
    # the window would wait for nothing. It goes on without what cannot be imported.
    sys.modules["httpx._main"] = None  # pyright: ignore[reportArgumentType]
    import_module("httpx")
    del sys.modules["httpx._main"]
