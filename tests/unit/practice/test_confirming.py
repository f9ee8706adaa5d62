"""MetaStudio's signed addresses and confirmations, large files included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.practice.cloud import PracticeCloud
from app.practice.faults import Action, Fault
from tests.unit.practice.clients import Studio, ask, md5_text

DATA = b"a photo, or so"


@pytest.fixture
def studio(cloud: PracticeCloud) -> Studio:
    return Studio(cloud)


def refused(studio: Studio, got: Any, code: str, words: str = "", status: int = 400) -> None:
    """Refused with this code; a breach when `words` are given, none otherwise."""
    assert (got.status, got.json["error_code"]) == (status, code), got.body
    violations = studio.cloud.violations
    assert len(violations) == (1 if words else 0), violations
    assert not words or words in violations[0]


def stored(studio: Studio, got: Any, status: int, code: str, words: str = "") -> None:
    """The same for the storage's XML."""
    assert got.status == status and f"<Code>{code}</Code>".encode() in got.body, got.body
    assert b"<RequestId>" in got.body
    violations = studio.cloud.violations
    assert len(violations) == (1 if words else 0), violations
    assert not words or words in violations[0]


@pytest.mark.parametrize(
    ("name", "kind", "content_type"),
    [
        ("a.mp3", "MUSIC", "audio/mp3"),
        ("a.wav", "AUDIO", "audio/wav"),
        ("a.bmp", "IMAGE", "application/octet-stream"),
        ("a.PNG", "IMAGE", "image/png"),
    ],
)
def test_the_content_type_is_that_of_the_table(
    studio: Studio, name: str, kind: str, content_type: str
):
    url = studio.file(DATA, kind, name)["upload_url"]
    assert studio.put(url, DATA, Content_Type=content_type).status == 200
    got = studio.put(url, DATA, Content_Type="text/plain")
    stored(studio, got, 403, "SignatureDoesNotMatch", "Content-Type")


@pytest.mark.parametrize("md5", [None, md5_text(b"other")])
def test_the_md5_is_the_one_that_was_told(studio: Studio, md5: str | None):
    got = studio.put(studio.file(DATA)["upload_url"], DATA, Content_MD5=md5)
    stored(studio, got, 403, "SignatureDoesNotMatch", "Content-MD5")


def test_other_bytes_than_the_md5_says_are_a_bad_digest(studio: Studio):
    got = studio.put(studio.file(DATA)["upload_url"], b"other", Content_MD5=md5_text(DATA))
    stored(studio, got, 400, "BadDigest", "Content-MD5")


@pytest.mark.parametrize("name", ["Authorization", "X_Auth_Token"])
def test_nothing_that_signs_in_goes_to_the_storage(studio: Studio, name: str):
    got = studio.put(studio.file(DATA)["upload_url"], DATA, **{name: "x"})
    stored(studio, got, 400, "InvalidArgument", "must not go")


def test_an_address_ends(studio: Studio):
    studio.cloud.settings.address_live = 60
    url = studio.file(DATA)["upload_url"]
    studio.cloud.settings.offset = 61
    stored(studio, studio.put(url, DATA), 403, "AccessDenied")


def test_an_address_is_used_byte_for_byte(studio: Studio):
    url = studio.file(DATA)["upload_url"]
    changed = url.replace("%20", "+").replace("%2B", "+")
    assert changed != url
    assert studio.put(changed, DATA).status == 403
    assert len(studio.cloud.violations) == 1


def test_an_address_is_for_put_and_for_a_file_that_is_awaited(studio: Studio):
    told = studio.file(DATA)
    got = ask("GET", told["upload_url"])
    stored(studio, got, 403, "SignatureDoesNotMatch", "GET")
    studio.complete(told["file_id"], state="CANCELLED")
    assert studio.put(told["upload_url"], DATA).status == 404
    assert "no longer" in studio.cloud.violations[1]


def test_an_address_is_for_one_object(studio: Studio):
    url = studio.file(DATA)["upload_url"]
    got = studio.put(url.replace("practice-metastudio/", "practice-metastudio/0"), DATA)
    stored(studio, got, 403, "InvalidAccessKeyId", "unknown address")


def test_an_address_nobody_made_is_refused(studio: Studio):
    got = studio.put(f"{studio.cloud.storage_url}/practice-metastudio/x?Signature=y", DATA)
    stored(studio, got, 403, "InvalidAccessKeyId", "unknown address")


# confirmation


CONFIRMS: list[tuple[dict[str, Any], str]] = [
    ({"state": "DONE"}, "state is none of"),
    ({"state": None}, "state is missing"),
    ({"auto_meta_analysis": "yes"}, "auto_meta_analysis is no boolean"),
    ({"etag": "x"}, "etag is a member nobody knows"),
]


@pytest.mark.parametrize(("value", "words"), CONFIRMS)
def test_a_confirmation_follows_the_contract(studio: Studio, value: dict[str, Any], words: str):
    got = studio.complete(studio.file(DATA)["file_id"], **value)
    refused(studio, got, "MSS.10000003", words)


def test_a_confirmation_needs_the_bytes_when_the_service_looks(studio: Studio):
    file = studio.file(DATA)["file_id"]
    refused(studio, studio.complete(file), "MSS.10000003", "not in the storage")
    studio.cloud.settings.strict_confirm = False
    assert studio.complete(file).status == 200
    assert studio.cloud.delivered("metastudio") == {}


def test_a_confirmation_holds_the_size_against_what_was_told(studio: Studio):
    value = studio.wanted(studio.asset(), DATA, file_size=len(DATA) + 1)
    told = studio.ask("POST", "/files", value).json
    studio.put(told["upload_url"], DATA)
    refused(studio, studio.complete(told["file_id"]), "MSS.10000003", "14 bytes instead of 15")


def test_a_confirmation_holds_the_md5_against_what_was_told(studio: Studio):
    told = studio.file(DATA)
    studio.cloud.faults.add(Fault("metastudio.put", Action.DAMAGE_SILENT))
    studio.put(told["upload_url"], DATA)
    refused(studio, studio.complete(told["file_id"]), "MSS.10000003")


def test_given_up_bytes_leave_the_disk(studio: Studio, tmp_path: Path):
    told = studio.file(DATA)
    studio.put(told["upload_url"], DATA)
    parts = large(studio).json
    ask("PUT", parts["upload_urls"][0], b"more")
    assert len(list((tmp_path / "cloud").iterdir())) == 2
    studio.complete(told["file_id"], state="CANCELLED")
    studio.complete(parts["file_id"], state="FAILED")
    assert list((tmp_path / "cloud").iterdir()) == []


def test_a_confirmation_may_be_repeated_and_analysis_asked_for(studio: Studio):
    told = studio.file(DATA)
    studio.put(told["upload_url"], DATA)
    answers = [studio.complete(told["file_id"], auto_meta_analysis=True).status for _ in range(2)]
    assert answers == [200, 200]
    assert [r.times for r in studio.cloud.registrations("metastudio")] == [2]
    assert studio.cloud.violations == []


@pytest.mark.parametrize(("first", "then"), [("CREATED", "FAILED"), ("CANCELLED", "CREATED")])
def test_a_confirmation_is_not_taken_back(studio: Studio, first: str, then: str):
    told = studio.file(DATA)
    studio.put(told["upload_url"], DATA)
    studio.complete(told["file_id"], state=first)
    refused(studio, studio.complete(told["file_id"], state=then), "MSS.10000003", then)


def states(studio: Studio) -> tuple[str, str]:
    asset = studio.ask("GET", "/digital-assets").json["assets"][0]["asset_id"]
    shown = studio.ask("GET", f"/digital-assets/{asset}").json
    return shown["asset_state"], shown["files"][0]["state"]


def test_a_confirmed_file_is_reviewed_from_look_to_look(studio: Studio):
    studio.cloud.settings.review_states = ("UPLOADED", "UPLOADED", "REVIEW")
    told = studio.file(DATA)
    asset = studio.ask("GET", "/digital-assets").json["assets"][0]["asset_id"]
    studio.put(told["upload_url"], DATA)
    studio.complete(told["file_id"])

    def look() -> str:
        return studio.ask("GET", f"/digital-assets/{asset}").json["files"][0]["state"]

    assert [look() for _ in range(4)] == ["UPLOADED", "UPLOADED", "REVIEW", "CREATED"]


@pytest.mark.parametrize(
    ("state", "asset", "file"),
    [("FAILED", "FAILED", "FAILED"), ("CANCELLED", "CREATING", "CANCELLED")],
)
def test_an_assets_state_follows_its_main_file(studio: Studio, state: str, asset: str, file: str):
    told = studio.file(DATA)
    assert states(studio) == ("CREATING", "CREATING")
    studio.complete(told["file_id"], state=state)
    assert states(studio) == (asset, file)


# large files


def large(studio: Studio, **changes: Any):
    value = {
        "file_name": "b.mp4",
        "file_type": "mp4",
        "asset_id": studio.asset("VIDEO"),
        "asset_file_category": "MAIN",
        "file_size": 9,
        "file_multipart_count": 2,
        **changes,
    }
    return studio.ask("POST", "/large-files", value)


def test_a_large_file_is_joined_from_its_parts(studio: Studio):
    told = large(studio).json
    two, one = reversed(told["upload_urls"])
    assert "partNumber=1" in told["upload_urls"][0]
    assert ask("PUT", two, b"bytes").status == ask("PUT", one, b"more").status == 200
    assert (two, one) != (one, two)
    assert studio.complete(told["file_id"]).status == 200
    assert studio.cloud.delivered("metastudio")["b.mp4"].read_bytes() == b"morebytes"
    assert studio.cloud.violations == []


def test_a_large_file_with_a_part_missing_is_not_confirmed(studio: Studio):
    told = large(studio).json
    ask("PUT", told["upload_urls"][0], b"more")
    refused(studio, studio.complete(told["file_id"]), "MSS.10000003", "not in the storage")


def test_a_large_file_of_another_size_is_not_confirmed(studio: Studio):
    told = large(studio, file_multipart_count=None).json
    (only,) = told["upload_urls"]
    ask("PUT", only, b"more")
    refused(studio, studio.complete(told["file_id"]), "MSS.10000003", "4 bytes instead of 9")


def test_parts_may_be_signed_without_headers(studio: Studio):
    url = large(studio).json["upload_urls"][0]
    assert studio.put(url, b"more").status == 200
    studio.cloud.settings.part_headers = "none"
    assert ask("PUT", url, b"more").status == 200
    stored(studio, studio.put(url, b"more"), 403, "SignatureDoesNotMatch", "Content-MD5")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"asset_file_category": "COVER"}, "asset_file_category is none of"),
        ({"file_md5": md5_text(DATA)}, "file_md5 is a member nobody knows"),
        ({"file_size": 536870912001}, "file_size is 536870912001"),
        ({"file_multipart_count": 0}, "file_multipart_count is 0"),
    ],
)
def test_a_large_file_follows_the_contract(studio: Studio, changes: dict[str, Any], words: str):
    refused(studio, large(studio, **changes), "MSS.10000003", words)
