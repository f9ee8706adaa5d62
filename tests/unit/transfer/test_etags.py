"""Whether a tag means damage is learned bucket by bucket."""

from __future__ import annotations

import pytest

from app.domain.errors import Damaged
from app.domain.placement import Addressing, Storage
from app.transfer.etags import Etags

BUCKET = Storage("http://store", "r", "one", Addressing.PATH)
OTHER = Storage("http://store", "r", "two", Addressing.PATH)
OURS, THEIRS = "ab" * 16, "cd" * 16


def test_where_tags_are_md5s_another_one_is_damage_every_time() -> None:
    etags = Etags()
    etags.check(BUCKET, OURS.upper(), OURS)
    for _ in range(3):
        with pytest.raises(Damaged, match="other bytes"):
            etags.check(BUCKET, THEIRS, OURS)
    etags.check(BUCKET, OURS, OURS)


def test_the_first_strange_tag_is_doubted_once_and_believed_when_it_comes_again() -> None:
    etags = Etags()
    with pytest.raises(Damaged):
        etags.check(BUCKET, THEIRS, OURS)
    for _ in range(3):
        etags.check(BUCKET, THEIRS, OURS)


def test_a_doubt_that_was_damage_ends_with_the_right_tag() -> None:
    etags = Etags()
    with pytest.raises(Damaged):
        etags.check(BUCKET, THEIRS, OURS)
    etags.check(BUCKET, OURS, OURS)
    with pytest.raises(Damaged):
        etags.check(BUCKET, THEIRS, OURS)


def test_buckets_are_apart_and_tags_that_are_no_md5_say_nothing() -> None:
    etags = Etags()
    etags.check(BUCKET, OURS, OURS)
    for tag in ("opaque-1", "ab" * 15, f"{THEIRS}-3", ""):
        etags.check(BUCKET, tag, OURS)
    with pytest.raises(Damaged):
        etags.check(OTHER, THEIRS, OURS)
