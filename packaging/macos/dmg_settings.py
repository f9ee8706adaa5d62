"""What the opened disk image shows: the program, an arrow's way from the Applications folder.

dmgbuild runs this file, with its -D options in `defines`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

_given: dict[str, Any] = globals()["defines"]  # by dmgbuild
_app = Path(_given["app"])

# dmgbuild's own names.
format = "UDZO"
filesystem = "HFS+"
files = [str(_app)]
symlinks = {"Applications": "/Applications"}
icon = _given["icon"]
icon_locations = {_app.name: (140, 130), "Applications": (400, 130)}
window_rect = ((200, 200), (540, 320))
default_view = "icon-view"
icon_size = 112
text_size = 13
