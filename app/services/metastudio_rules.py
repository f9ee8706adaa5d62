"""What MetaStudio takes: asset types by extension, sizes, content types and names."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from app.domain.errors import FileRefused
from app.domain.model import Found

_MB: Final = 1024**2  # "5GB" is 5368709120 in CreateFile, so all limits are read as binary
_GB: Final = 1024**3
ONE_PUT: Final = 5 * _GB  # the most that CreateFile takes, and the most of one part
PLAIN_TYPE: Final = "application/octet-stream"
_NAME_MOST: Final = 256  # characters of file_name and of asset_name
_TYPE_MOST: Final = 64  # characters of file_type


@dataclass(frozen=True, slots=True)
class Kind:
    """An asset type and the most its main file may weigh, in bytes (contracts: metastudio 3.1)."""

    type: str
    words: str
    most: int
    analysed: bool = False  # auto_meta_analysis is for it


_IMAGE = Kind("IMAGE", "pictures", 50 * _MB, analysed=True)
_VIDEO = Kind("VIDEO", "videos", 5 * _GB, analysed=True)
_AUDIO = Kind("AUDIO", "sound files", 100 * _MB, analysed=True)
_PPT = Kind("PPT", "slides", 100 * _MB)
_COMMON = Kind("COMMON_FILE", "other files", 500 * _GB)  # the most that CreateLargeFile takes
_KINDS: Final = {
    extension: kind
    for kind, extensions in (
        (_VIDEO, "mp4 m4v mkv mov flv 3gp wmv avi webm"),
        (_IMAGE, "jpeg jpg png bmp gif"),
        (_AUDIO, "wav mp3 m4a"),
        (_PPT, "ppt pptx pdf"),
    )
    for extension in extensions.split()
}
# The storage's signature covers the type, and it is this table's, not what `mimetypes` would
# guess (contracts: metastudio 4).
_CONTENT_TYPES: Final = {
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "mp4": "video/mp4",
    "mp3": "audio/mp3",
    "wav": "audio/wav",
}


def extension(name: str) -> str:
    """Lower case without the dot; empty where there is none that could be a type."""
    found = clean(PurePosixPath(name).suffix.lstrip(".").lower())
    return found if len(found) <= _TYPE_MOST else ""


def kind_of(name: str) -> Kind:
    return _KINDS.get(extension(name), _COMMON)


def content_type(name: str) -> str:
    return _CONTENT_TYPES.get(extension(name), PLAIN_TYPE)


def refuse(found: Found) -> FileRefused | None:
    """Why the service would never take the file."""
    name = found.relative.name
    kind = kind_of(name)
    if found.size == 0:
        return FileRefused("The file is empty; MetaStudio takes no empty files.")
    if found.size > kind.most:
        return FileRefused(
            f"{_amount(found.size)}; MetaStudio takes {kind.words} up to {_amount(kind.most)}.",
            "Make it smaller, or send it another way.",
        )
    length = len(unicodedata.normalize("NFC", name))
    if length > _NAME_MOST:
        return FileRefused(
            f"The name has {length} characters; MetaStudio takes up to {_NAME_MOST}.",
            "Give the file a shorter name.",
        )
    return None


def _amount(size: int) -> str:
    """Rounded up to a tenth, so that a byte too many does not read like the limit itself."""
    unit, name = (_GB, "GB") if size >= _GB else (_MB, "MB")
    return f"{math.ceil(size * 10 / unit) / 10:g} {name}"


def clean(text: str) -> str:
    """NFC, without control characters and without what no message can carry."""
    kept = (c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
    return unicodedata.normalize("NFC", "".join(kept))


def asset_name(name: str) -> str:
    """The file's name without its extension, as near to it as an asset's name may be."""
    return clean(PurePosixPath(name).stem).strip()[:_NAME_MOST] or "file"


def plain_name(name: str) -> str:
    """Only letters and digits of ASCII and Chinese characters."""
    return "".join(c for c in name if (c.isascii() and c.isalnum()) or _chinese(c)) or "file"


def unique_name(name: str, suffix: str) -> str:
    """For a name that is taken; plain, since the service will not be asked about signs again."""
    return plain_name(name)[: _NAME_MOST - len(suffix)] + suffix


def _chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf"
