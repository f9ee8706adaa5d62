"""MetaStudio: how files are placed, and what is tidied up when that fails."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    Forbidden,
    PostflightError,
    Refused,
    ServerBusy,
)
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.studio import (
    GB,
    GRANT,
    URL,
    Stage,
    no,
    prepared,
)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


def test_a_file_is_placed_with_every_member_the_contract_wants(stage: Stage) -> None:
    placed = stage.service().place(GRANT, prepared())
    assert stage.calls == ["POST /digital-assets", "POST /files"]
    asset_body, file_body = (seen.json for seen in stage.server.seen)
    assert asset_body.pop("asset_description").startswith("Sent by Postflight, ")
    assert asset_body == {"asset_name": "DJI_0001", "asset_type": "IMAGE"}
    assert file_body == {
        "file_name": "DJI_0001.JPG",
        "file_md5": "v8rwb1wmjvWJfDm3QTz/iw==",
        "file_size": 16,
        "file_type": "jpg",
        "asset_id": "a-1",
        "asset_file_category": "MAIN",
    }
    assert placed.remote_id == "a-1/f-1"
    (part,) = placed.parts
    assert part.url == URL, "byte for byte"
    assert (part.offset, part.size) == (0, 16)
    assert part.headers == (
        ("Content-MD5", "v8rwb1wmjvWJfDm3QTz/iw=="),
        ("Content-Type", "image/jpeg"),
    )


@pytest.mark.parametrize(
    ("name", "asset_type", "file_type", "content_type"),
    [
        ("a.gif", "IMAGE", "gif", "image/gif"),
        ("a.JPEG", "IMAGE", "jpeg", "image/jpeg"),
        ("a.Jpg", "IMAGE", "jpg", "image/jpeg"),
        ("a.png", "IMAGE", "png", "image/png"),
        ("a.bmp", "IMAGE", "bmp", "application/octet-stream"),
        ("a.mp4", "VIDEO", "mp4", "video/mp4"),
        *((f"a.{e}", "VIDEO", e, "application/octet-stream") for e in ["m4v", "mkv", "mov", "flv"]),
        *(
            (f"a.{e}", "VIDEO", e, "application/octet-stream")
            for e in ["3gp", "wmv", "avi", "webm"]
        ),
        ("a.mp3", "AUDIO", "mp3", "audio/mp3"),
        ("a.wav", "AUDIO", "wav", "audio/wav"),
        ("a.m4a", "AUDIO", "m4a", "application/octet-stream"),
        *((f"a.{e}", "PPT", e, "application/octet-stream") for e in ["ppt", "pptx", "pdf"]),
        ("a.dng", "COMMON_FILE", "dng", "application/octet-stream"),
        ("a.SRT", "COMMON_FILE", "srt", "application/octet-stream"),
        ("README", "COMMON_FILE", "bin", "application/octet-stream"),
        (".hidden", "COMMON_FILE", "bin", "application/octet-stream"),
        ("a.", "COMMON_FILE", "bin", "application/octet-stream"),
        ("a." + "x" * 65, "COMMON_FILE", "bin", "application/octet-stream"),
    ],
)
def test_types_follow_the_extension(
    stage: Stage, name: str, asset_type: str, file_type: str, content_type: str
) -> None:
    placed = stage.service().place(GRANT, prepared(name))
    asset_body, file_body = (seen.json for seen in stage.server.seen)
    assert asset_body["asset_type"] == asset_type
    assert file_body["file_type"] == file_type
    assert dict(placed.parts[0].headers)["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("name", "asset_name", "file_name"),
    [
        ("航线 一.jpg", "航线 一", "航线 一.jpg"),
        ("Flug🚁.mp4", "Flug🚁", "Flug🚁.mp4"),
        (unicodedata.normalize("NFD", "Übung é.jpg"), "Übung é", "Übung é.jpg"),
        ("a\tb\x7f\x00.jpg", "ab", "ab.jpg"),
        ("a\udcffb.jpg", "ab", "ab.jpg"),
        ("100MEDIA/DJI_1.jpg", "DJI_1", "DJI_1.jpg"),
        (" .jpg", "file", " .jpg"),
        ("y" * 300, "y" * 256, "y" * 300),
    ],
)
def test_names_arrive_whole(stage: Stage, name: str, asset_name: str, file_name: str) -> None:
    stage.service().place(GRANT, prepared(name))
    asset_body, file_body = (seen.json for seen in stage.server.seen)
    assert asset_body["asset_name"] == unicodedata.normalize("NFC", asset_name)
    assert file_body["file_name"] == unicodedata.normalize("NFC", file_name)


def test_a_name_the_service_minds_is_sent_once_more_without_signs(stage: Stage) -> None:
    stage.studio.on("POST /digital-assets", no("MSS.00000003", "Invalid parameter: asset_name"))
    stage.service().place(GRANT, prepared("DJI_0001 航线-é🚁.JPG"))
    names = [seen.json.get("asset_name") for seen in stage.server.seen]
    assert names == ["DJI_0001 航线-é🚁", "DJI0001航线", None]


def test_a_name_of_signs_only_gets_some_name(stage: Stage) -> None:
    stage.studio.on("POST /digital-assets", no("MSS.10000003", "bad name"))
    stage.service().place(GRANT, prepared("🚁🚁.jpg"))
    assert stage.server.seen[1].json["asset_name"] == "file"


@pytest.mark.parametrize("text", ["Invalid parameter: asset_type", "asset_name"])
def test_other_refusals_and_plain_names_are_not_tried_again(stage: Stage, text: str) -> None:
    name = "plain.jpg" if text == "asset_name" else "not plain.jpg"
    stage.studio.usual["POST /digital-assets"] = no("MSS.00000003", text)
    with pytest.raises(Refused) as caught:
        stage.service().place(GRANT, prepared(name))
    assert text in caught.value.title
    assert stage.calls == ["POST /digital-assets"]


def test_a_name_that_is_taken_gets_the_time_and_number(stage: Stage) -> None:
    stage.studio.on("POST /digital-assets", no("MSS.10001005", "asset name exists"))
    stage.service().place(GRANT, prepared())
    assert stage.server.seen[1].json["asset_name"] == "DJI000120261120T150526Z7"


def test_a_name_minded_and_then_taken_still_finds_its_way(stage: Stage) -> None:
    stage.studio.on(
        "POST /digital-assets", no("MSS.00000003", "asset_name"), no("MSS.10001005", "taken")
    )
    stage.service().place(GRANT, prepared("-" + "x" * 300 + ".jpg"))
    assert len(stage.server.seen[2].json["asset_name"]) == 256
    assert stage.calls[-1] == "POST /files"


def test_a_name_that_stays_taken_is_refused(stage: Stage) -> None:
    stage.studio.usual["POST /digital-assets"] = no("MSS.10001005", "taken")
    with pytest.raises(Refused):
        stage.service().place(GRANT, prepared())
    assert len(stage.calls) <= 3


def test_digests_are_a_must(stage: Stage) -> None:
    with pytest.raises(ValueError, match="MD5"):
        stage.service().place(GRANT, replace(prepared(), digests=None))


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (5 * GB + 1, [5 * GB, 1]),
        (10 * GB, [5 * GB, 5 * GB]),
        (500 * GB, [5 * GB] * 100),
    ],
)
def test_a_large_file_gets_an_address_for_each_part(
    stage: Stage, size: int, sizes: list[int]
) -> None:
    urls = [f"{URL}&partNumber={number}" for number in range(1, len(sizes) + 1)]
    stage.studio.usual["POST /large-files"] = Reply({"file_id": "f-1", "upload_urls": urls})
    placed = stage.service().place(GRANT, prepared("scan.las", size))
    assert stage.server.seen[1].json == {
        "file_name": "scan.las",
        "file_size": size,
        "file_type": "las",
        "asset_id": "a-1",
        "asset_file_category": "MAIN",
        "file_multipart_count": len(sizes),
    }
    assert [part.url for part in placed.parts] == urls
    assert [part.size for part in placed.parts] == sizes
    assert [part.offset for part in placed.parts] == [5 * GB * n for n in range(len(sizes))]
    assert {part.headers for part in placed.parts} == {
        (("Content-Type", "application/octet-stream"),)
    }
    assert placed.remote_id == "a-1/f-1"


def test_exactly_five_gigabytes_go_to_one_address(stage: Stage) -> None:
    placed = stage.service().place(GRANT, prepared("scan.las", 5 * GB))
    assert stage.calls[-1] == "POST /files" and len(placed.parts) == 1


@pytest.mark.parametrize("urls", [[], [URL], [URL] * 3, ["", URL]])
def test_a_wrong_number_of_part_addresses_is_a_bad_answer(stage: Stage, urls: list[str]) -> None:
    stage.studio.usual["POST /large-files"] = Reply({"file_id": "f-1", "upload_urls": urls})
    with pytest.raises(BadAnswer):
        stage.service().place(GRANT, prepared("scan.las", 6 * GB))
    assert stage.calls[-1] == "DELETE /digital-assets/a-1"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (no("MSS.10001007", "too large"), Refused),
        (no("APIGW.0308", "", 429), ServerBusy),
        (no("MSS.00000004", "", 500), AnswerLost),
        (no("", "", 403), Forbidden),
        (Reply(cut=True), AnswerLost),
        (Reply({"file_id": "f-1"}, 201), BadAnswer),
        (Reply({"file_id": "f-1", "upload_url": ""}, 201), BadAnswer),
        (Reply("<html>", 200), BadAnswer),
    ],
)
def test_an_asset_without_a_file_is_deleted_before_the_error_is_told(
    stage: Stage, reply: Reply, expected: type[PostflightError]
) -> None:
    stage.studio.on("POST /files", reply)
    with pytest.raises(expected):
        stage.service().place(GRANT, prepared())
    assert stage.calls[-1] == "DELETE /digital-assets/a-1"
    assert stage.server.seen[-1].query == {"mode": "force"}


def test_a_deletion_that_fails_does_not_hide_the_error(stage: Stage) -> None:
    stage.studio.on("POST /files", no("MSS.10001007", "too large"))
    stage.studio.usual["DELETE /digital-assets/a-1"] = no("MSS.10001001", "not found")
    with pytest.raises(Refused, match="too large"):
        stage.service().place(GRANT, prepared())


def test_an_asset_whose_answer_was_lost_is_looked_for_and_deleted(stage: Stage) -> None:
    stage.studio.on("POST /digital-assets", Reply(cut=True))

    def listing(seen: Seen) -> Reply | None:
        if seen.method != "GET":
            return None
        mark = stage.server.seen[0].json["asset_description"]
        mine = {"asset_id": "a-1", "asset_name": "DJI_0001", "asset_description": mark}
        other = mine | {"asset_id": "a-2", "asset_description": mark[:-5] + "beef."}
        foreign = {"asset_id": "a-3", "asset_name": "DJI_0001", "asset_description": None}
        return Reply({"count": 3, "assets": [other, mine, foreign]})

    stage.studio.hook = listing
    with pytest.raises(AnswerLost):
        stage.service().place(GRANT, prepared())
    assert stage.calls == [
        "POST /digital-assets",
        "GET /digital-assets",
        "DELETE /digital-assets/a-1",
    ]
    assert stage.server.seen[1].query == {
        "name": "DJI_0001",
        "limit": "100",
        "asset_state": "CREATING",
        "sort_key": "create_time",
        "sort_dir": "desc",
    }


@pytest.mark.parametrize("listing", [Reply(cut=True), Reply("<html>"), no("", "", 500)])
def test_a_lost_answer_stays_one_when_nothing_can_be_found(stage: Stage, listing: Reply) -> None:
    stage.studio.on("POST /digital-assets", Reply(cut=True))
    stage.studio.usual["GET /digital-assets"] = listing
    with pytest.raises(AnswerLost):
        stage.service().place(GRANT, prepared())
    assert stage.calls == ["POST /digital-assets", "GET /digital-assets"]


def test_marks_differ_from_file_to_file(stage: Stage) -> None:
    service = stage.service()
    service.place(GRANT, prepared())
    service.place(GRANT, prepared())
    marks = {seen.json["asset_description"] for seen in stage.server.seen[::2]}
    assert len(marks) == 2
