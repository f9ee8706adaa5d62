"""Multipart uploads, damage on the way, and lists, asked by boto3 as a foreign client."""

from __future__ import annotations

import hashlib
from typing import Any

from app.practice.cloud import PracticeCloud
from app.practice.faults import Action, Fault
from tests.unit.practice.clients import FlightHub, md5_text, s3
from tests.unit.practice.places import BIG, Place, refusal


def test_the_list_of_parts_is_held_against_its_hash_too(cloud: PracticeCloud):
    place = Place(cloud)
    upload = place.begin()
    etag = place.client.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]

    def change(request: Any, **_: Any) -> None:
        request.body = request.body.replace(b"<Part>", b"<Part >")

    place.client.meta.events.register("before-send.s3.CompleteMultipartUpload", change)
    assert refusal(place.finish, upload, (1, etag)) == (400, "XAmzContentSHA256Mismatch")


def test_an_upload_belongs_to_its_key(cloud: PracticeCloud):
    place = Place(cloud)
    upload = {**place.begin(), "Key": place.key("other")}
    code = refusal(place.client.upload_part, **upload, PartNumber=1, Body=b"x")
    assert code == (404, "NoSuchUpload")


def test_a_multipart_upload_joins_its_parts_under_the_etag_of_etags(cloud: PracticeCloud):
    cloud.settings.reads = True
    place = Place(cloud)
    upload = place.begin()
    two = place.client.upload_part(**upload, PartNumber=2, Body=b"end")["ETag"]
    one = place.client.upload_part(**upload, PartNumber=1, Body=BIG)["ETag"]
    listed = place.client.list_parts(**upload)["Parts"]
    assert [(p["PartNumber"], p["ETag"], p["Size"]) for p in listed] == [
        (1, one, len(BIG)),
        (2, two, 3),
    ]
    open_ones = place.client.list_multipart_uploads(Bucket=place.bucket, Prefix=place.key(""))
    assert [u["UploadId"] for u in open_ones["Uploads"]] == [upload["UploadId"]]
    etag = place.finish(upload, (1, one), (2, two))["ETag"]
    joined = hashlib.md5(hashlib.md5(BIG).digest() + hashlib.md5(b"end").digest()).hexdigest()
    assert etag == f'"{joined}-2"'
    got = place.client.get_object(Bucket=place.bucket, Key=place.key("a.jpg"))["Body"].read()
    assert got == BIG + b"end"
    assert cloud.violations == []


def test_completing_with_a_wrong_list_is_refused(cloud: PracticeCloud):
    place = Place(cloud)
    upload = place.begin()
    one = place.client.upload_part(**upload, PartNumber=1, Body=b"small")["ETag"]
    two = place.client.upload_part(**upload, PartNumber=2, Body=b"end")["ETag"]
    assert refusal(place.finish, upload, (1, two)) == (400, "InvalidPart")
    assert refusal(place.finish, upload, (3, one)) == (400, "InvalidPart")
    assert refusal(place.finish, upload, (2, two), (1, one)) == (400, "InvalidPartOrder")
    assert refusal(place.finish, upload)[1] == "MalformedXML"
    assert refusal(place.finish, upload, (1, one), (2, two)) == (400, "EntityTooSmall")
    assert len(cloud.violations) == 5
    cloud.settings.smallest_part = 1
    place.finish(upload, (1, one), (2, two))


def test_part_numbers_run_from_1_to_10000(cloud: PracticeCloud):
    place = Place(cloud)
    upload = place.begin()
    for number in (0, 10_001):
        assert refusal(place.client.upload_part, **upload, PartNumber=number, Body=b"x")[0] == 400
    assert len(cloud.violations) == 2


def test_a_part_sent_again_takes_the_first_ones_place(cloud: PracticeCloud):
    place = Place(cloud)
    upload = place.begin()
    place.client.upload_part(**upload, PartNumber=1, Body=b"first")
    etag = place.client.upload_part(**upload, PartNumber=1, Body=b"second")["ETag"]
    place.finish(upload, (1, etag))


def test_an_upload_is_gone_after_its_end(cloud: PracticeCloud):
    place = Place(cloud)
    upload = place.begin()
    place.client.abort_multipart_upload(**upload)
    gone = (404, "NoSuchUpload")
    assert refusal(place.client.upload_part, **upload, PartNumber=1, Body=b"x") == gone
    assert refusal(place.client.abort_multipart_upload, **upload) == gone
    assert refusal(place.finish, upload, (1, "x")) == gone


def test_the_complete_answer_may_leave_its_etag_empty(cloud: PracticeCloud):
    cloud.settings.empty_complete_etag = True
    place = Place(cloud)
    upload = place.begin()
    etag = place.client.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    assert not place.finish(upload, (1, etag)).get("ETag")


def test_flighthubs_modelling_keys_are_for_plain_puts(cloud: PracticeCloud):
    hub = FlightHub(cloud)
    grant = hub.open()
    keys = (grant["access_key_id"], grant["secret_access_key"], grant["session_token"])
    begin = s3(cloud, *keys, grant["region"]).create_multipart_upload
    key = grant["store_path"].replace("{fileName}", "a.jpg")
    assert refusal(begin, Bucket=grant["cloud_bucket_name"], Key=key) == (403, "AccessDenied")
    assert "plain PUT" in cloud.violations[0]


def test_a_damaged_body_is_noticed_and_no_breach_of_the_client(cloud: PracticeCloud):
    place = Place(cloud, s3={"addressing_style": "path", "payload_signing_enabled": False})
    cloud.faults.add(Fault("storage.put", Action.DAMAGE, times=2))
    assert refusal(place.put, ContentMD5=md5_text(b"data")) == (400, "BadDigest")
    assert place.put()["ETag"].strip('"') != hashlib.md5(b"data").hexdigest()
    assert place.put()["ETag"].strip('"') == hashlib.md5(b"data").hexdigest()
    assert cloud.violations == []


def test_silent_damage_passes_the_digests_and_shows_in_the_etag(cloud: PracticeCloud):
    cloud.settings.reads = True
    place = Place(cloud)
    cloud.faults.add(Fault("storage.put", Action.DAMAGE_SILENT))
    etag = place.put(ContentMD5=md5_text(b"data"))["ETag"].strip('"')
    stored = place.client.get_object(Bucket=place.bucket, Key=place.key("a.jpg"))["Body"].read()
    assert stored != b"data"
    assert hashlib.md5(stored).hexdigest() == etag


def test_a_wrong_etag_is_only_in_the_answer(cloud: PracticeCloud):
    place = Place(cloud)
    cloud.faults.add(Fault("storage.*", Action.WRONG_ETAG, times=1))
    assert place.put()["ETag"] == f'"{"0" * 32}"'
    assert place.put()["ETag"].strip('"') == hashlib.md5(b"data").hexdigest()
    upload = place.begin()
    one = place.client.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    cloud.faults.add(Fault("storage.complete", Action.WRONG_ETAG))
    assert place.finish(upload, (1, one))["ETag"] == f'"{"0" * 32}"'


def test_forgotten_uploads_and_ended_keys_hit_the_call_that_brings_them(cloud: PracticeCloud):
    place = Place(cloud)
    upload = place.begin()
    cloud.faults.add(Fault("storage.part", Action.FORGET), Fault("storage.put", Action.EXPIRE))
    part = place.client.upload_part
    assert refusal(part, **upload, PartNumber=1, Body=b"x") == (404, "NoSuchUpload")
    assert refusal(place.put) == (403, "ExpiredToken")


def test_objects_are_listed_page_by_page(cloud: PracticeCloud):
    cloud.settings.reads = True
    place = Place(cloud)
    for number in range(5):
        place.put(f"{number}.jpg")
    pages = place.client.get_paginator("list_objects_v2").paginate(
        Bucket=place.bucket, Prefix=place.key(""), PaginationConfig={"PageSize": 2}
    )
    assert [len(page["Contents"]) for page in pages] == [2, 2, 1]
    assert refusal(place.client.list_objects_v2, Bucket=place.bucket, Prefix="")[0] == 403
