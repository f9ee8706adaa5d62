"""What of the Windows installer can be told without Windows: script, words, versions."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = (ROOT / "packaging" / "windows" / "postflight.nsi").read_text(encoding="utf-8")
PROGRAMS = ("postflight", "postflight-cli")


@pytest.fixture(autouse=True)
def _in_packaging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


@pytest.mark.skipif(shutil.which("makensis") is None, reason="needs NSIS")
def test_the_script_compiles_without_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from windows.package import FAST, compile_installer

    frozen = tmp_path / "frozen folder"
    (frozen / "_internal").mkdir(parents=True)
    for name in PROGRAMS:
        (frozen / f"{name}.exe").write_bytes(b"MZ")
    made = compile_installer(frozen, tmp_path, "1.2.3", FAST)
    assert made.name == "Postflight-1.2.3-windows-x64-setup.exe"
    assert made.read_bytes()[:2] == b"MZ"
    assert "warning" not in capfd.readouterr().out


def test_every_sentence_is_there_in_both_languages() -> None:
    assert re.findall(r'MUI_LANGUAGE "(\w+)"', SCRIPT) == ["English", "SimpChinese"]
    said = re.findall(r"^LangString (\w+) \$\{LANG_(\w+)\}", SCRIPT, re.MULTILINE)
    names = {name for name, _ in said}
    assert len(names) >= 2
    assert sorted(said) == sorted(
        (name, language) for name in names for language in ("ENGLISH", "SIMPCHINESE")
    )


def test_it_needs_no_administrator_and_takes_away_only_its_own() -> None:
    assert "RequestExecutionLevel user" in SCRIPT
    assert "HKLM" not in SCRIPT
    assert re.findall(r"^ *RMDir /r (.*)", SCRIPT, re.MULTILINE) == [r'"$INSTDIR\_internal"']


@pytest.mark.parametrize(
    ("version", "four"), [("0.1.0", "0.1.0.0"), ("1.2rc1", "1.2.0.0"), ("2.0.1.dev3", "2.0.1.0")]
)
def test_windows_wants_four_numbers(version: str, four: str) -> None:
    from windows.package import four_numbers

    assert four_numbers(version) == four


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_say_what_they_are(program: str) -> None:
    from windows.version_resource import text

    def made(*words: Any, **more: Any) -> list[Any]:
        return [*words, more]

    known = ("VSVersionInfo", "FixedFileInfo", "StringFileInfo", "StringTable", "VarFileInfo")
    names = dict.fromkeys((*known, "VarStruct"), made)
    strings: dict[str, str] = {}
    told = text(program, "0.4.1")
    eval(told, {**names, "StringStruct": strings.__setitem__})  # noqa: S307 - as PyInstaller does
    assert strings["ProductVersion"] == strings["FileVersion"] == "0.4.1"
    assert strings["OriginalFilename"] == f"{program}.exe"
    assert "filevers=(0, 4, 1, 0)" in told


def test_of_each_runtime_the_newest_goes_along_once(tmp_path: Path) -> None:
    from windows.runtime import once

    def library(name: str, minor: int) -> tuple[str, str, str]:
        source = tmp_path / f"{minor}-{name.replace(os.sep, '-')}"
        numbers = struct.pack("<4I", 0xFEEF04BD, 0x10000, 14 << 16 | minor, 33126 << 16)
        source.write_bytes(b"MZ" + numbers)
        return name, str(source), "BINARY"

    of_python = library("VCRUNTIME140.dll", 38)
    of_qt = library("PySide6/vcruntime140.dll", 44)
    of_the_binding = library("shiboken6/VCRUNTIME140.dll", 42)
    alone = library("PySide6/MSVCP140_2.dll", 44)
    other = ("PySide6/Qt6Core.dll", "nowhere", "BINARY")
    assert list(once([of_python, of_qt, other, of_the_binding, alone])) == [
        other,
        ("vcruntime140.dll", of_qt[1], "BINARY"),
        ("MSVCP140_2.dll", alone[1], "BINARY"),
    ]


def test_a_program_without_a_console_says_nothing_and_does_its_work(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "sys.stdin = sys.stdout = sys.stderr = None\n"
        "from app.__main__ import main\n"
        "main()"
    )
    for words, ends in ((["batches"], 0), (["batches", "--json"], 0), (["no-such-thing"], 2)):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=ROOT,
            env={**os.environ, "POSTFLIGHT_HOME": str(tmp_path)},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout + done.stderr) == (ends, b"")
