"""Which model keys the Cloud API gives to aircraft and cameras, found by the names in a photo."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from app.domain.model import Capture

AIRCRAFT_KEY: Final = re.compile(r"0-[0-9]{1,9}-[0-9]{1,9}")
CAMERA_KEY: Final = re.compile(r"1-[0-9]{1,9}-[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class ModelKeys:
    """`domain-type-subtype` of the aircraft and of its camera (contracts: cloud-api 5.2)."""

    aircraft: str
    camera: str


# Strict servers refuse an empty or unknown key together with the whole call. This pair passes
# everywhere: a file under a wrong model is delivered, a refused one is not.
DEFAULT: Final = ModelKeys("0-77-0", "1-66-0")

# Contracts: cloud-api 5.2. Names as `_folded` makes them: XMP DroneModel, EXIF Model, long names.
_AIRCRAFT: Final = {
    "0-60-0": ("M300RTK", "M300", "MATRICE300RTK", "MATRICE300"),
    "0-89-0": ("M350RTK", "M350", "MATRICE350RTK", "MATRICE350"),
    "0-103-0": ("M400", "MATRICE400"),
}
_CAMERAS: Final = {
    "1-42-0": ("H20", "ZH20", "ZENMUSEH20"),
    "1-43-0": ("H20T", "ZH20T", "ZENMUSEH20T"),
    "1-61-0": ("H20N", "ZH20N", "ZENMUSEH20N"),
    "1-82-0": ("H30", "ZH30", "ZENMUSEH30"),
    "1-83-0": ("H30T", "ZH30T", "ZENMUSEH30T"),
    "1-50-65535": ("P1", "ZP1", "ZENMUSEP1"),
    "1-90742-0": ("L1", "ZL1", "ZENMUSEL1"),
}
# The camera is part of the aircraft: either name tells both keys.
_WITH_CAMERA: Final = {
    ("0-67-0", "1-52-0"): ("M30", "MATRICE30"),
    ("0-67-1", "1-53-0"): ("M30T", "MATRICE30T"),
    ("0-77-0", "1-66-0"): ("M3E", "MAVIC3E", "MAVIC3ENTERPRISE"),
    ("0-77-1", "1-67-0"): ("M3T", "MAVIC3T", "MAVIC3THERMAL", "MAVIC3ENTERPRISETHERMAL"),
    ("0-77-2", "1-68-0"): ("M3M", "MAVIC3M", "MAVIC3MULTISPECTRAL"),
    ("0-77-3", "1-129-0"): ("M3TA", "MAVIC3TA"),
    ("0-91-0", "1-80-0"): ("M3D", "MATRICE3D"),
    ("0-91-1", "1-81-0"): ("M3TD", "MATRICE3TD"),
    ("0-99-0", "1-88-0"): ("M4E", "MATRICE4E"),
    ("0-99-1", "1-89-0"): ("M4T", "MATRICE4T"),
    ("0-100-0", "1-98-0"): ("M4D", "MATRICE4D"),
    ("0-100-1", "1-99-0"): ("M4TD", "MATRICE4TD"),
}

# Not in the public sample server 1.10 and what descends from it: there the whole call is refused.
_YOUNG: Final = frozenset(
    {
        *("0-77-3", "0-99-0", "0-99-1", "0-100-0", "0-100-1", "0-103-0"),
        *("1-82-0", "1-83-0", "1-88-0", "1-89-0", "1-98-0", "1-99-0", "1-129-0"),
    }
)


def _by_name() -> tuple[dict[str, str], dict[str, str]]:
    aircraft = {name: key for key, names in _AIRCRAFT.items() for name in names}
    cameras = {name: key for key, names in _CAMERAS.items() for name in names}
    for (aircraft_key, camera_key), names in _WITH_CAMERA.items():
        aircraft.update(dict.fromkeys(names, aircraft_key))
        cameras.update(dict.fromkeys(names, camera_key))
    return aircraft, cameras


_AIRCRAFT_BY_NAME, _CAMERA_BY_NAME = _by_name()


def model_keys(capture: Capture | None, fallback: ModelKeys) -> ModelKeys:
    """The keys for one file; members of `fallback` may be empty.

    A fallback the person has set also replaces keys that older servers do not know, otherwise
    nothing could be set to get such a file registered there.
    """
    drone = _folded(capture.drone_model) if capture else ""
    camera = _folded(capture.camera_model) if capture else ""
    aircraft_key = _AIRCRAFT_BY_NAME.get(drone) or _AIRCRAFT_BY_NAME.get(camera, "")
    camera_key = _CAMERA_BY_NAME.get(camera) or _CAMERA_BY_NAME.get(drone, "")
    return ModelKeys(
        _chosen(aircraft_key, fallback.aircraft, DEFAULT.aircraft),
        _chosen(camera_key, fallback.camera, DEFAULT.camera),
    )


def _chosen(found: str, fallback: str, default: str) -> str:
    if not found or found in _YOUNG:
        return fallback or found or default
    return found


def _folded(name: str) -> str:
    """Case, blanks, hyphens, padding and the maker's name do not tell models apart."""
    return re.sub(r"[^A-Z0-9]", "", name.upper()).removeprefix("DJI")
