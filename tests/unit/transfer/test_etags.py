"""Whether a tag means damage is learned bucket by bucket."""

from __future__ import annotations

import pytest

from app.domain.errors import Damaged
from app.transfer.etags import Etags

BUCKET = ("http://store", "one")
OTHER = ("http://store", "two")
OURS, THEIRS = "ab" * 16, "cd" * 16


def test_where_tags_are_md5s_another_one_is_damage_every_time() -> None:
    etags = Etags()
    etags.check(BUCKET, OURS.upper(), OURS)
    for _ in range(3):
        with pytest.raises(Damaged, match="other bytes"):
            etags.check(BUCKET, THEIRS, OURS)
    etags.check(BUCKET, OURS, OURS)


def test_a_strange_tag_is_doubted_and_believed_when_it_comes_every_time() -> None:
    etags = Etags()
    for _ in range(2):
        with pytest.raises(Damaged):
            etags.check(BUCKET, THEIRS, OURS)
    for _ in range(3):
        etags.check(BUCKET, THEIRS, OURS)


def test_other_bytes_with_strange_tags_shorten_the_doubt_but_never_to_nothing() -> None:
    etags = Etags()
    for md5 in (OURS, "ef" * 16):
        with pytest.raises(Damaged):
            etags.check(BUCKET, THEIRS, md5)
    etags.check(BUCKET, THEIRS, OURS)
    etags.check(BUCKET, THEIRS, "01" * 16)


def test_two_damages_at_the_very_beginning_are_both_noticed() -> None:
    etags = Etags()
    for md5 in (OURS, OURS):
        with pytest.raises(Damaged):
            etags.check(BUCKET, THEIRS, md5)
    etags.check(BUCKET, OURS, OURS)
    with pytest.raises(Damaged):
        etags.check(BUCKET, THEIRS, OURS)


def test_an_object_of_parts_is_damage_only_where_the_rule_was_seen_to_hold() -> None:
    etags = Etags()
    etags.check_parts(BUCKET, f"{THEIRS}-2", f"{OURS}-2")
    etags.check_parts(BUCKET, f"{OURS.upper()}-2", f"{OURS}-2")
    with pytest.raises(Damaged):
        etags.check_parts(BUCKET, f"{THEIRS}-2", f"{OURS}-2")
    etags.check_parts(BUCKET, "", f"{OURS}-2")
    etags.check_parts(OTHER, f"{THEIRS}-2", f"{OURS}-2")


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


def test_only_its_own_tag_is_enough_for_what_the_storage_could_not_compare() -> None:
    """Also where another thread's files have just shown that tags are strange there."""
    etags = Etags()
    for md5 in (OURS, "01" * 16):
        with pytest.raises(Damaged):
            etags.check(BUCKET, THEIRS, md5)
    etags.check(BUCKET, THEIRS, OURS)
    assert not etags.expected(BUCKET) and etags.expected(OTHER)
    for tag in (THEIRS, "opaque"):
        with pytest.raises(Damaged):
            etags.check(BUCKET, tag, OURS, unseen=True)
    etags.check(BUCKET, OURS, OURS, unseen=True)
