"""The spec on each system, what it is built from, and what macOS shows of it."""

from __future__ import annotations

import re
import runpy
import tomllib
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path
from zipimport import zipimporter

import pytest

from app import __version__

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (ROOT / "requirements.lock", ROOT / "packaging" / "requirements-build.lock")


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_the_spec_asks_for_what_the_program_needs(system: str) -> None:
    from check_spec import problems

    assert not list(problems(system))


def test_the_check_sees_what_is_amiss(monkeypatch: pytest.MonkeyPatch) -> None:
    import check_spec

    monkeypatch.setattr(check_spec, "NEEDED", (*check_spec.NEEDLESS[:1], *check_spec.NEEDED))
    monkeypatch.setitem(check_spec.KEYRINGS, "linux", "nowhere")
    found = "\n".join(check_spec.problems("linux"))
    assert "keyring.backends.nowhere" in found
    assert check_spec.NEEDLESS[0] in found


def test_what_is_made_smaller_can_be_read_as_before(tmp_path: Path) -> None:
    import shrink

    long = tmp_path / "METADATA"
    long.write_text("Name: a\nVersion: 1.2\n\n# About\n\nVersion: 9\n", encoding="utf-8")
    short = shrink.without_readme(long, tmp_path / "a-1.2.dist-info" / "METADATA")
    assert PathDistribution(short.parent).version == "1.2"
    assert "About" not in short.read_text(encoding="utf-8")
    stored = tmp_path / "stored.zip"
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("module.py", "answer = 42\n" * 99)
    made = shrink.compressed(stored, tmp_path / "made" / "base.zip")
    assert made.stat().st_size < stored.stat().st_size
    assert zipimporter(str(made)).get_source("module") == "answer = 42\n" * 99


def test_the_version_stands_once() -> None:
    from common import version

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert __version__ == version() == project["project"]["version"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_place_and_proves_every_package(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    for package in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9-]+==\S+", package), package
        assert "--hash=sha256:" in package, package


def test_the_locks_agree() -> None:
    first, second = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))
        for lock in LOCKS
    )
    assert {name: second[name] for name in first.keys() & second.keys()} == {
        name: first[name] for name in first.keys() & second.keys()
    }
    assert "pyinstaller" in second and "pyinstaller" not in first


def test_the_disk_image_shows_the_program_beside_its_place() -> None:
    from common import HERE

    given = {"app": "/build/Postflight.app", "icon": str(HERE / "icons" / "postflight.icns")}
    told = runpy.run_path(str(HERE / "macos" / "dmg_settings.py"), init_globals={"defines": given})
    assert told["files"] == ["/build/Postflight.app"]
    assert set(told["icon_locations"]) == {"Postflight.app", *told["symlinks"]}
    width, height = told["window_rect"][1]
    for x, y in told["icon_locations"].values():
        assert told["icon_size"] / 2 < x < width - told["icon_size"] / 2
        assert told["icon_size"] / 2 < y < height - told["icon_size"] / 2


def test_an_unsigned_disk_image_says_so() -> None:
    from macos.package import image_name

    assert image_name("arm64", signed=False) == f"Postflight-{__version__}-macos-arm64-unsigned.dmg"
    assert "unsigned" not in image_name("arm64", signed=True)
