"""What Windows shows of a program under Properties, Details: in PyInstaller's own notation."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from windows.package import four_numbers

# Task managers and taskbars call a program by its description.
_DESCRIPTIONS: Final = {"postflight": "Postflight", "postflight-cli": "Postflight commands"}
_ENGLISH_UNICODE: Final = (0x0409, 1200)


def text(program: str, number: str) -> str:
    numbers = tuple(int(part) for part in four_numbers(number).split("."))
    words = {
        "ProductName": "Postflight",
        "FileDescription": _DESCRIPTIONS[program],
        "ProductVersion": number,
        "FileVersion": number,
        "InternalName": program,
        "OriginalFilename": f"{program}.exe",
        "LegalCopyright": "Apache License 2.0",
    }
    language, letters = _ENGLISH_UNICODE
    table = ", ".join(f"StringStruct({name!r}, {word!r})" for name, word in words.items())
    return f"""VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}),
  kids=[
    StringFileInfo([StringTable('{language:04x}{letters:04x}', [{table}])]),
    VarFileInfo([VarStruct('Translation', [{language}, {letters}])]),
  ],
)
"""


def write(folder: Path, program: str, number: str) -> Path:
    """The file that PyInstaller's EXE wants."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{program}-version.txt"
    target.write_text(text(program, number), encoding="utf-8")
    return target
