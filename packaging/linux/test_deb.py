"""Installs the .deb in a bare Debian 12 without Python, tries the program there, and removes it.

`python packaging/linux/test_deb.py`, as root, after `python3 run.py package`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import BUILD, DIST, Failed, run
from smoke import Program, smoke

BARE: Final = BUILD / "bare"
RELEASE: Final = "bookworm"
# How this computer reaches the package archive, where that is not the usual way.
_WAYS_OUT: Final = ("etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt")
_ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
# Qt looks for these by itself and does without.
_OPTIONAL: Final = ("wayland",)
_SCREEN: Final = "-screen 0 1280x1024x24 -ac"  # -ac: the program cannot read the screen's key
_SOCKETS: Final = "tmp/.X11-unix"


def main() -> int:
    try:
        if os.geteuid():
            raise Failed("installing in a bare root needs root")
        (deb,) = DIST.glob("*.deb")
        with bare_debian():
            try_in_bare_debian(deb)
    except (Failed, ValueError) as problem:
        print(f"The .deb is not fit: {problem}", file=sys.stderr)
        return 1
    print("The .deb was installed in a bare Debian, delivered, was drawn, and was removed.")
    return 0


@contextmanager
def bare_debian() -> Generator[None]:
    """Debian with nothing but its package manager in BARE, deleted in the end."""
    _delete()
    run(["debootstrap", "--variant=minbase", RELEASE, BARE])
    for name in _WAYS_OUT:
        if (source := Path("/") / name).exists():
            (BARE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, BARE / name)
    Path(f"/{_SOCKETS}").mkdir(mode=0o1777, exist_ok=True)
    (BARE / _SOCKETS).mkdir()
    with ExitStack() as mounted:
        for words, place in (
            (("-t", "proc", "proc"), "proc"),
            (("--bind", "/dev"), "dev"),
            (("--bind", f"/{_SOCKETS}"), _SOCKETS),
        ):
            run(["mount", *words, BARE / place])
            mounted.callback(run, ["umount", BARE / place])
        yield
    _delete()


def _delete() -> None:
    # What an earlier run left mounted would be deleted with it.
    if any(os.path.ismount(BARE / place) for place in ("proc", "dev", _SOCKETS)):
        raise Failed(f"something is still mounted below {BARE}")
    if BARE.exists():
        shutil.rmtree(BARE)


def try_in_bare_debian(deb: Path) -> None:
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Use-Pty=0"]
    shutil.copy(deb, BARE / "tmp")
    _inside(*apt, "update")
    _inside(*apt, "install", "--no-install-recommends", f"/tmp/{deb.name}")  # noqa: S108
    if any((BARE / "usr" / "bin").glob("python3*")):
        raise Failed("Python was installed along: the .deb would be tried with it")
    _has_all_libraries()
    _smoke_in("offscreen")
    _smoke_in("xcb", shutil.which("xvfb-run") or "xvfb-run", "-a", "-s", _SCREEN)
    _inside(*apt, "purge", "postflight")
    left = [path for name in ("opt", "usr") for path in (BARE / name).rglob("*postflight*")]
    if left:
        raise Failed(f"the removal left {', '.join(map(str, left))}")


def _inside(*command: str) -> None:
    environment = {**_ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"}
    run([*_chroot(), *command], environment)


def _chroot() -> tuple[str, ...]:
    return (shutil.which("chroot") or "/usr/sbin/chroot", str(BARE))


def _has_all_libraries() -> None:
    """Of every part of the program, not only of those that a smoke comes across."""
    find = "find /opt/postflight -name '*.so*' -type f -exec sh -c 'ldd $1 | sed s:^:$1:' _ {} ';'"
    # As the program sets it for itself when it starts.
    environment = {**_ENVIRONMENT, "LD_LIBRARY_PATH": "/opt/postflight/_internal"}
    done = subprocess.run(
        [*_chroot(), "sh", "-c", find], env=environment, capture_output=True, text=True, check=True
    )
    lost = [line for line in done.stdout.splitlines() if "not found" in line]
    if bad := [line for line in lost if not any(word in line for word in _OPTIONAL)]:
        raise Failed("libraries are missing:\n" + "\n".join(bad))


def _smoke_in(platform: str, *before: str) -> None:
    folder = BARE / "tmp" / f"smoke-{platform}"
    folder.mkdir()
    environment = {**_ENVIRONMENT, "QT_QPA_PLATFORM": platform}
    program = Program(
        (*before, *_chroot(), "postflight"),
        environment,
        lambda path: f"/{path.relative_to(BARE)}",
    )
    smoke(program, folder, keyring="fail", pictures=BUILD / "pictures" / f"deb-{platform}")
    print(f"{platform}: delivered, drawn, whole", flush=True)


if __name__ == "__main__":
    sys.exit(main())
