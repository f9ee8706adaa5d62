"""What keys did before tells what a refusal means."""

from __future__ import annotations

from app.domain.placement import Addressing, Keys, Storage
from app.transfer.wear import Lent, Wear

_STORAGE = Storage("http://storage.example", "us-east-1", "media", Addressing.PATH)


def _lent(number: int) -> Lent:
    return _STORAGE, Keys(f"key {number}", "secret")


def test_only_keys_that_worked_can_have_ended() -> None:
    wear = Wear()
    wear.worked(_lent(1), "a")
    assert wear.ended(_lent(1), "b")
    assert not wear.ended(_lent(2), "b")


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    wear = Wear()
    for number in range(1500):
        wear.worked(_lent(number), "a")
    assert not wear.ended(_lent(1), "b")
    assert wear.ended(_lent(1499), "b")
