"""The disk image with Postflight.app, signed when there is an identity to sign with.

Notarising needs Apple's service and is the release workflow's.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from common import HERE, run, version


def package(frozen: Path, target: Path) -> None:
    app = frozen.with_name("Postflight.app")
    identity = os.environ.get("CODESIGN_IDENTITY")
    image = target / image_name(platform.machine(), signed=bool(identity))
    if identity:  # PyInstaller has signed every part
        run(["codesign", "--verify", "--deep", "--strict", app])
    settings = HERE / "macos" / "dmg_settings.py"
    icon = HERE / "icons" / "postflight.icns"
    run(
        [
            *(sys.executable, "-m", "dmgbuild", "-s", settings),
            *("-D", f"app={app}", "-D", f"icon={icon}", "Postflight", image),
        ]
    )
    if identity:
        run(["codesign", "--sign", identity, "--timestamp", image])


def image_name(machine: str, signed: bool) -> str:
    """Nobody should take an image without a signature for a released one."""
    return f"Postflight-{version()}-macos-{machine}{'' if signed else '-unsigned'}.dmg"
