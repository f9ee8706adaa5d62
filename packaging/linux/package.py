"""The .deb with the frozen folder and its place in menus, and the same folder as .tar.gz."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from common import BUILD, HERE, IDENTIFIER, ROOT, SUMMARY, Failed, run, size_of, version

LINUX: Final = HERE / "linux"
MAINTAINER: Final = "Postflight maintainers <maintainers@postflight.invalid>"


def package(frozen: Path, target: Path) -> None:
    staged = BUILD / "deb"
    if staged.exists():
        shutil.rmtree(staged)
    lay_out(staged, frozen)
    validate(staged)
    architecture = _told("dpkg", "--print-architecture")
    _write_control(staged, architecture)
    run(["chmod", "-R", "u=rwX,go=rX", staged])  # whatever the builder's umask is
    name = f"postflight_{version()}_{architecture}.deb"
    # Level 6, which is usual, takes three times as long for a tenth less.
    run(["dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z2", staged, target / name])
    folder = f"postflight-{version()}"
    packed = target / f"{folder}-linux-{platform.machine()}.tar.gz"
    with tarfile.open(packed, "w:gz", compresslevel=6) as archive:
        archive.add(staged / "opt" / "postflight", folder, filter=_of_root)


def depends() -> list[str]:
    """The system's libraries, from the list that run.py and CI install, and the C library."""
    lines = (LINUX / "apt-packages.txt").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    # What was frozen here needs at least the C library of this computer.
    libc = (os.confstr("CS_GNU_LIBC_VERSION") or "").removeprefix("glibc ")
    return [f"libc6 (>= {libc})", "libstdc++6", *listed]


def lay_out(staged: Path, frozen: Path) -> None:
    shutil.copytree(frozen, staged / "opt" / "postflight", symlinks=True)
    (staged / "usr" / "bin").mkdir(parents=True)
    (staged / "usr" / "bin" / "postflight").symlink_to("/opt/postflight/postflight")
    share = staged / "usr" / "share"
    for source, place in _shared():
        (share / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, share / place)
    metainfo = share / "metainfo" / f"{IDENTIFIER}.metainfo.xml"
    metainfo.parent.mkdir()
    text = (LINUX / "metainfo.xml.in").read_text(encoding="utf-8")
    for name, value in (
        ("IDENTIFIER", IDENTIFIER),
        ("VERSION", version()),
        ("DATE", f"{datetime.now(UTC):%Y-%m-%d}"),
    ):
        text = text.replace(f"@{name}@", value)
    metainfo.write_text(text, encoding="utf-8")


def _shared() -> Iterator[tuple[Path, str]]:
    """What goes to /usr/share, and where."""
    yield LINUX / "postflight.desktop", "applications/postflight.desktop"
    yield LINUX / "copyright", "doc/postflight/copyright"
    yield ROOT / "resources" / "app.svg", "icons/hicolor/scalable/apps/postflight.svg"
    for icon in (HERE / "icons").glob("postflight-*.png"):
        size = icon.stem.removeprefix("postflight-")
        yield icon, f"icons/hicolor/{size}x{size}/apps/postflight.png"


def validate(staged: Path) -> None:
    share = staged / "usr" / "share"
    run(["desktop-file-validate", share / "applications" / "postflight.desktop"])
    metainfo = share / "metainfo" / f"{IDENTIFIER}.metainfo.xml"
    run(["appstreamcli", "validate", "--no-net", metainfo])


def _write_control(staged: Path, architecture: str) -> None:
    fields = {
        "Package": "postflight",
        "Version": version(),
        "Architecture": architecture,
        "Maintainer": MAINTAINER,
        "Installed-Size": str(-(-size_of(staged) // 1024)),
        "Depends": ", ".join(depends()),
        "Recommends": "gnome-keyring | kwalletmanager, fonts-noto-cjk | fonts-wqy-microhei",
        "Section": "net",
        "Priority": "optional",
        "Description": f"{SUMMARY[0].lower()}{SUMMARY[1:]}\n"
        " It speaks to DJI FlightHub 2, to servers of the DJI Cloud API and to Huawei Cloud\n"
        " MetaStudio, from a window or from the command line.",
    }
    control = staged / "DEBIAN" / "control"
    control.parent.mkdir()
    lines = "".join(f"{name}: {value}\n" for name, value in fields.items())
    control.write_text(lines, encoding="utf-8")


def _of_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def _told(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failed(f"{command[0]}: {error}") from error
