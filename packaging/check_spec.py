"""Runs the spec once for each system, with stand-ins for PyInstaller, and says what is amiss.

`.venv/bin/python packaging/check_spec.py`: no Mac is needed to see that the spec works on one.
"""

from __future__ import annotations

import io
import plistlib
import runpy
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from unittest import mock

from common import HERE, IDENTIFIER, MACOS_OLDEST, ROOT, version

if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
# Before the system is another one for a moment: what these import is this system's own.
import app.evidence.surroundings

SYSTEMS: Final = ("linux", "win32", "darwin")
KEYRINGS: Final = {"linux": "SecretService", "win32": "Windows", "darwin": "macOS"}
ICONS: Final = {"linux": None, "win32": ".ico", "darwin": ".icns"}
PROGRAMS: Final = {
    "linux": {"postflight": True},
    "win32": {"postflight": False, "postflight-cli": True},
    "darwin": {"postflight": False},
}
NEEDED: Final = (
    *("PySide6/Qt/lib/libQt6Core.so.6", "PySide6/Qt/plugins/platforms/libqxcb.so"),
    *("PySide6/plugins/platforms/qwindows.dll", "PySide6/Qt/plugins/platforms/libqcocoa.dylib"),
    *("PySide6/Qt/plugins/imageformats/libqjpeg.so", "PySide6/plugins/imageformats/qsvg.dll"),
    *("PySide6/Qt/plugins/networkinformation/libqnetworkmanager.so", "libssl.so.3"),
    *("PySide6/Qt/translations/qtbase_zh_CN.qm", "keyring-25.7.0.dist-info/entry_points.txt"),
    "resources/i18n/zh_CN.po",
)
NEEDLESS: Final = (
    *("PySide6/Qt/lib/libQt6Quick.so.6", "PySide6/opengl32sw.dll", "PySide6/Qt6Pdf.dll"),
    *("PySide6/Qt/plugins/platforms/libqeglfs.so", "PySide6/Qt/translations/qtbase_de.qm"),
    *("PySide6/Qt/plugins/sqldrivers/libqsqlite.so", "rich-15.0.0.dist-info/RECORD"),
)


class Recorded:
    """Everything the spec asked PyInstaller for, by name, with the answers it was given."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.calls: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {}
        self.found = [(place, place, "DATA") for place in (*NEEDED, *NEEDLESS)]
        self.analysis = types.SimpleNamespace(
            datas=self.found, binaries=self.found, pure=[], scripts=[]
        )
        hooks = types.ModuleType("PyInstaller.utils.hooks")
        hooks.__dict__["copy_metadata"] = lambda package: [(str(ROOT), package)]
        answers = {
            "Analysis": self.analysis,
            "PYZ": types.SimpleNamespace(name="PYZ.pyz", dependencies=[]),
        }
        gifts = {
            name: self._stand_in(name, answers.get(name))
            for name in ("Analysis", "PYZ", "EXE", "COLLECT", "BUNDLE")
        }
        with (
            tempfile.TemporaryDirectory(prefix="postflight-spec-") as work,
            mock.patch.object(sys, "platform", platform),
            mock.patch.object(sys, "path", list(sys.path)),
            mock.patch.dict(sys.modules, {hooks.__name__: hooks}),
        ):
            spec = HERE / "postflight.spec"
            places = {"SPECPATH": str(HERE), "workpath": work}
            runpy.run_path(str(spec), init_globals={**gifts, **places})

    def _stand_in(self, name: str, answer: object) -> Callable[..., object]:
        def called(*arguments: Any, **named: Any) -> object:
            self.calls.setdefault(name, []).append((arguments, named))
            return answer

        return called

    def named(self, name: str) -> list[dict[str, Any]]:
        return [named for _, named in self.calls.get(name, [])]


def problems(platform: str) -> Iterator[str]:
    """Nothing when the spec asks for what the program needs on this system."""
    told = Recorded(platform)
    yield from _of_content(told)
    yield from _of_programs(told)
    bundles = told.named("BUNDLE")
    if len(bundles) != (platform == "darwin"):
        yield f"{len(bundles)} bundles"
    for bundle in bundles:
        yield from _of_bundle(bundle)


def _of_content(told: Recorded) -> Iterator[str]:
    (asked,) = told.named("Analysis")
    modules = {module_of(path) for path in (ROOT / "app").rglob("*.py")}
    wanted = {f"keyring.backends.{KEYRINGS[told.platform]}", *modules}
    if lost := wanted - set(asked["hiddenimports"]):
        yield f"not imported: {sorted(lost)}"
    for source, _ in asked["datas"]:
        if not any(Path(source).parent.glob(Path(source).name)):
            yield f"{source} is not there"
    packages = {place for _, place in asked["datas"]}
    if lost := set(app.evidence.surroundings.PACKAGES) - packages:
        yield f"no versions of {sorted(lost)}"
    for kind in ("datas", "binaries"):
        kept = {place for place, _, _ in getattr(told.analysis, kind)}
        if lost := set(NEEDED) - kept:
            yield f"{kind} lack {sorted(lost)}"
        if needless := set(NEEDLESS) & kept:
            yield f"{kind} carry {sorted(needless)}"


def _of_programs(told: Recorded) -> Iterator[str]:
    made = told.named("EXE")
    if {one["name"]: one["console"] for one in made} != PROGRAMS[told.platform]:
        yield f"the programs are {made}"
    for one in made:
        icon = one["icon"]
        if icon is None and ICONS[told.platform] is None:
            continue
        if icon is None or Path(icon).suffix != ICONS[told.platform] or not Path(icon).is_file():
            yield f"the icon is {icon}"
        entitlements = one["entitlements_file"]
        if (entitlements is not None) != (told.platform == "darwin"):
            yield f"the entitlements are {entitlements}"
        elif entitlements and not all(plistlib.loads(Path(entitlements).read_bytes()).values()):
            yield "an entitlement is refused, which is the same as none"


def _of_bundle(bundle: dict[str, Any]) -> Iterator[str]:
    plist = bundle["info_plist"]
    plistlib.dump(plist, io.BytesIO())  # raises for what a plist cannot hold
    wanted = (
        (bundle["bundle_identifier"], IDENTIFIER),
        (bundle["version"], version()),
        (plist["CFBundleVersion"], version()),
        (plist["LSMinimumSystemVersion"], MACOS_OLDEST),
        (Path(bundle["icon"]).is_file(), True),
    )
    yield from (f"{found!r} instead of {value!r}" for found, value in wanted if found != value)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def main() -> int:
    found = [f"{system}: {words}" for system in SYSTEMS for words in problems(system)]
    print("\n".join(found) or f"the spec is right on {', '.join(SYSTEMS)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
