"""Conversations over HTTP: one client, its errors, its pace."""

from __future__ import annotations

import sys

# httpx imports its own command line too, where click and rich are there for it: 0.1 s that nobody
# here has any use for. It goes on without what cannot be imported.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # pyright: ignore[reportArgumentType]
