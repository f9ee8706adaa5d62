"""Base of all messages on the wire: unknown members are ignored, `null` lists are empty."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

T = TypeVar("T")


class Wire(BaseModel):
    """A message from a server. Give members defaults wherever a server may leave them out."""

    # Built when first read (pydantic takes a lock): the window starts without waiting for them all.
    model_config = ConfigDict(
        extra="ignore", frozen=True, coerce_numbers_to_str=True, defer_build=True
    )


def _list_or_nothing(value: Any) -> Any:
    return [] if value is None else value


def _text_or_nothing(value: Any) -> Any:
    return "" if value is None else value


# Servers write null for an empty list or text (contracts: flighthub2 section 2).
Listed = Annotated[list[T], BeforeValidator(_list_or_nothing)]
Text = Annotated[str, BeforeValidator(_text_or_nothing)]
