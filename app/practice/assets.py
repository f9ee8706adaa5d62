"""MetaStudio's assets and files: what they may be, and the states they go through."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from app.practice.checks import Members
from app.practice.shelf import Stored

MB = 1024 * 1024
GB = 1024 * MB
MOST_FILE = 5 * GB  # contracts: metastudio 3.2
MOST_LARGE_FILE = 500 * GB  # 3.3
_CONTENT_TYPES = {
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "mp4": "video/mp4",
    "mp3": "audio/mp3",
    "wav": "audio/wav",
}  # contracts: metastudio section 4

# asset type: extensions and largest size of the main file (contracts: metastudio 3.1)
MAIN_RULES: dict[str, tuple[frozenset[str], int]] = {
    "VIDEO": (frozenset({"mp4", "m4v", "mkv", "mov", "flv", "3gp", "wmv", "avi", "webm"}), 5 * GB),
    "IMAGE": (frozenset({"jpeg", "jpg", "png", "bmp", "gif"}), 50 * MB),
    "MUSIC": (frozenset({"wav", "mp3", "m4a"}), 100 * MB),
    "AUDIO": (frozenset({"wav", "mp3", "m4a"}), 100 * MB),
    "PPT": (frozenset({"ppt", "pptx", "pdf"}), 100 * MB),
    "COMMON_FILE": (frozenset(), MOST_LARGE_FILE),
    "BUSINESS_CARD_TEMPLET": (frozenset(), MOST_LARGE_FILE),
}
NOT_FOR_USERS = frozenset({"VOICE_MODEL", "HUMAN_MODEL_2D"})

# category: asset types it is allowed on; empty: every one (contracts: metastudio 3.2)
CATEGORIES = {
    "MAIN": frozenset[str](),
    "COVER": frozenset({"PPT", "BUSINESS_CARD_TEMPLET", "VIDEO"}),
    "PAGE": frozenset({"PPT"}),
    "SAMPLE": frozenset({"VOICE_MODEL", "HUMAN_MODEL_2D"}),
    "OTHER": frozenset({"PPT"}),
    "TEMPORARY": frozenset[str](),
    "PACKAGE": frozenset[str](),
}
LARGE_CATEGORIES = frozenset({"MAIN", "OTHER", "PACKAGE"})
_OVER = frozenset({"FAILED", "CANCELLED", "DELETED"})


@dataclass(slots=True)
class CloudFile:
    """A file of an asset. `md5` is base 64 and "" for large files, `upload` their upload's id."""

    id: str
    asset: Asset
    name: str
    kind: str  # the extension
    category: str
    size: int  # 0: not told
    md5: str
    key: str
    count: int = 1  # addresses handed out
    upload: str = ""
    state: str = "CREATING"
    stored: Stored | None = None
    reviews: list[str] = field(default_factory=list[str])

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES.get(self.kind.lower(), "application/octet-stream")

    def shown(self) -> dict[str, object]:
        """One look; the review goes on from look to look."""
        state = self.state
        if state == "CREATED" and self.reviews:
            state = self.reviews.pop(0)
        return {
            "file_id": self.id,
            "file_name": self.name,
            "file_md5": self.md5,
            "file_size": self.size,
            "file_type": self.kind,
            "asset_file_category": self.category,
            "state": state,
        }


@dataclass(slots=True)
class Asset:
    id: str
    name: str
    kind: str
    description: str
    made_at: str
    files: list[CloudFile] = field(default_factory=list[CloudFile])
    deleted: bool = False

    def has(self, category: str, cancelled_counts: bool) -> bool:
        return any(
            file.category == category and (cancelled_counts or file.state not in _OVER)
            for file in self.files
        )

    @property
    def state(self) -> str:
        mains = [file.state for file in self.files if file.category == "MAIN"]
        if self.deleted:
            return "DELETING"
        if "CREATED" in mains:
            return "ACTIVED"
        return "FAILED" if "FAILED" in mains else "CREATING"

    def shown(self, project: str) -> dict[str, object]:
        return {
            "project_id": project,
            "asset_id": self.id,
            "asset_name": self.name,
            "asset_description": self.description,
            "asset_type": self.kind,
            "asset_state": self.state,
            "create_time": self.made_at,
            "update_time": self.made_at,
            "files": [file.shown() for file in self.files if file.state != "DELETED"],
        }


def read_asset(body: Members) -> tuple[str, str, str]:
    """Name, type and description from CreateDigitalAsset's body, all of which is checked."""
    name = body.text("asset_name", 0, 256)
    kind = body.text("asset_type", 1, among=MAIN_RULES.keys() | NOT_FOR_USERS)
    description = body.text("asset_description", 0, 4096, required=False)
    body.texts("tags", 0, 50, 128, required=False)
    for entry in body.parts("system_properties", 0, 50) if body.has("system_properties") else ():
        entry.text("action", among=("ADD", "DELETE"))
        entry.text("key", 1)
        entry.text("value", 1, 1024)
        entry.nothing_else()
    body.flag("is_need_generate_cover", required=False)
    body.whole("asset_order", 0, required=False)
    body.texts("supported_service", 0, 3, 16, required=False)
    for free in ("review_config", "shared_config", "asset_extra_meta"):
        body.part(free, required=False)
    body.items("auto_operation_config", 0, 50, required=False)
    body.nothing_else()
    return name, kind, description


@dataclass(frozen=True, slots=True)
class Wanted:
    """What CreateFile and CreateLargeFile ask for."""

    name: str
    kind: str
    asset: str
    category: str
    size: int
    md5: str
    count: int


def read_file(body: Members, large: bool) -> Wanted:
    """A file from CreateFile's or CreateLargeFile's body, all of which is checked."""
    wanted = Wanted(
        body.text("file_name", 1, 256),
        body.text("file_type", 1, 64),
        body.text("asset_id", 1, 64),
        body.text("asset_file_category", 1, 128, among=LARGE_CATEGORIES if large else CATEGORIES),
        body.whole("file_size", 1, MOST_LARGE_FILE if large else MOST_FILE, required=not large),
        "" if large else body.text("file_md5", 24, 24),
        body.whole("file_multipart_count", 1, 10_000, required=False) or 1 if large else 1,
    )
    if not large:
        body.check("file_md5", _is_md5, "is not the base 64 of 16 bytes")
    if "." in wanted.kind:
        body.complain("has a file_type with a dot")
    body.nothing_else()
    return wanted


def unfit(asset: Asset, wanted: Wanted) -> str:
    """Why a file does not fit its asset; "" when it does."""
    allowed = CATEGORIES[wanted.category]
    if allowed and asset.kind not in allowed:
        return f"{wanted.category} is not allowed on {asset.kind}"
    if asset.kind == "IMAGE" and wanted.category in ("COVER", "PAGE", "SAMPLE", "OTHER"):
        return "IMAGE takes MAIN only"
    extensions, _ = MAIN_RULES[asset.kind]
    if wanted.category == "MAIN" and extensions and wanted.kind.lower() not in extensions:
        return f"{wanted.kind} is no main file of {asset.kind}"
    return ""


def _is_md5(value: object) -> bool:
    try:
        return isinstance(value, str) and len(base64.b64decode(value, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
