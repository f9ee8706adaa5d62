"""Who has the lock of a data folder, as its note beside the lock tells it."""

from __future__ import annotations

from pydantic import BaseModel, Field, ValidationError


class Owner(BaseModel):
    pid: int
    since: float = Field(ge=0, lt=2**33)  # UTC seconds; beyond, Windows knows no date


def read_owner(text: bytes) -> Owner | None:
    """None where the note is not whole, or is none of ours."""
    try:
        return Owner.model_validate_json(text)
    except ValidationError:
        return None
