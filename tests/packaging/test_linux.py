"""The .deb's lists, menu entry and description, without building it."""

from __future__ import annotations

import shutil
from configparser import ConfigParser
from pathlib import Path

import pytest
from defusedxml import ElementTree

from app.cli.arguments import folders_of
from app.ui import main as window

ROOT = Path(__file__).resolve().parents[2]
LINUX = ROOT / "packaging" / "linux"


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    from linux.package import lay_out

    frozen = tmp_path / "frozen"
    frozen.mkdir()
    (frozen / "postflight").touch()
    lay_out(tmp_path / "staged", frozen)
    return tmp_path / "staged"


def test_the_deb_depends_on_what_the_list_names() -> None:
    from linux.package import depends

    text = (LINUX / "apt-packages.txt").read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if not line.startswith("#")]
    libc, standard, *rest = depends()
    assert libc.startswith("libc6 (>= 2.") and standard == "libstdc++6"
    assert rest == listed


def test_every_file_has_its_place(staged: Path) -> None:
    share = staged / "usr" / "share"
    assert (staged / "usr" / "bin" / "postflight").readlink() == Path("/opt/postflight/postflight")
    assert (share / "doc" / "postflight" / "copyright").is_file()
    sizes = {path.parents[1].name for path in share.glob("icons/hicolor/*/apps/postflight.*")}
    assert {"16x16", "48x48", "256x256", "512x512", "scalable"} <= sizes


def test_the_menu_entry_takes_folders_and_is_the_window_s(staged: Path) -> None:
    entry = ConfigParser(interpolation=None)
    path = staged / "usr" / "share" / "applications" / "postflight.desktop"
    entry.read(path, encoding="utf-8")
    told = entry["Desktop Entry"]
    assert told["Exec"] == "postflight %F" and "inode/directory" in told["MimeType"]
    assert folders_of([str(staged)]) == [staged], "%F gives folders"
    source = Path(window.__file__).read_text(encoding="utf-8")
    assert f'setDesktopFileName("{path.stem}")' in source


def test_the_description_fits_the_program(staged: Path) -> None:
    from common import IDENTIFIER, SUMMARY, version

    path = staged / "usr" / "share" / "metainfo" / f"{IDENTIFIER}.metainfo.xml"
    told = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    assert told.findtext("id") == IDENTIFIER == IDENTIFIER.lower()
    assert told.findtext("summary") == SUMMARY
    assert told.findtext("launchable") == "postflight.desktop"
    release = told.find("releases/release")
    assert release is not None and release.get("version") == version()
    assert "@" not in path.read_text(encoding="utf-8")


@pytest.mark.skipif(
    not (shutil.which("desktop-file-validate") and shutil.which("appstreamcli")),
    reason="desktop-file-utils and appstream are not both installed",
)
def test_others_accept_them(staged: Path) -> None:
    from common import Failed
    from linux.package import validate

    validate(staged)
    entry = staged / "usr" / "share" / "applications" / "postflight.desktop"
    entry.write_text("[Desktop Entry]\nType=Application\n", encoding="utf-8")
    with pytest.raises(Failed):
        validate(staged)


def test_every_package_of_the_lists_has_a_plain_name() -> None:
    for path in LINUX.glob("apt-*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or line == line.strip() != "", f"{path.name}: {line!r}"
