"""The storage, asked by boto3 as a foreign client, and by hand where boto3 would not err."""

from __future__ import annotations

import hashlib
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.practice.cloud import PracticeCloud
from tests.unit.practice.clients import CloudApi, ask, keys_of, md5_text, s3
from tests.unit.practice.places import BIG, Place, refusal


@pytest.mark.parametrize(
    ("style", "etag"),
    [
        ("lower", hashlib.md5(b"data").hexdigest()),
        ("upper", hashlib.md5(b"data").hexdigest().upper()),
    ],
)
def test_a_put_answers_the_md5_in_quotes(cloud: PracticeCloud, style: Any, etag: str):
    cloud.settings.etag_style = style
    assert Place(cloud).put()["ETag"] == f'"{etag}"'
    assert cloud.violations == []


def test_an_opaque_etag_is_no_md5(cloud: PracticeCloud):
    cloud.settings.etag_style = "opaque"
    assert Place(cloud).put()["ETag"].strip('"') != hashlib.md5(b"data").hexdigest()


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"s3": {"addressing_style": "path", "payload_signing_enabled": False}},
        {"signature_version": "s3"},
    ],
)
def test_both_signature_versions_and_unsigned_bodies_are_taken(cloud: PracticeCloud, config: Any):
    place = Place(cloud, **config)
    place.put("sub folder/ä+(1).jpg", BIG, ContentMD5=md5_text(BIG), ContentType="image/jpeg")
    upload = place.begin("m.bin")
    one = place.client.upload_part(**upload, PartNumber=1, Body=BIG)["ETag"]
    two = place.client.upload_part(**upload, PartNumber=2, Body=b"end")["ETag"]
    place.finish(upload, (1, one), (2, two))
    assert cloud.violations == []


def test_the_old_version_signs_the_right_thing_or_is_refused(cloud: PracticeCloud):
    grant = Place(cloud).grant
    token = grant["credentials"]["security_token"]
    access = grant["credentials"]["access_key_id"]
    wrong = s3(cloud, access, "wrong", token, "us-east-1", signature_version="s3")
    where = {"Bucket": grant["bucket"], "Key": f"{grant['object_key_prefix']}/a"}
    assert refusal(wrong.put_object, Body=b"x", **where) == (403, "SignatureDoesNotMatch")
    assert cloud.violations == ["storage.put: the signature is wrong"]


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_address_works_once_signed_well_and_not_when_changed(
    cloud: PracticeCloud, version: str
):
    place = Place(cloud, signature_version=version)
    params = {"Bucket": place.bucket, "Key": place.key("p.jpg")}
    url = place.client.generate_presigned_url("put_object", Params=params, ExpiresIn=60)
    assert ask("PUT", url, b"data").status == 200
    assert ask("PUT", url.replace("p.jpg", "q.jpg"), b"data").status == 403
    cloud.settings.offset = 61
    assert b"expired" in ask("PUT", url, b"data").body
    assert cloud.violations == ["storage.put: the signature is wrong"]


def test_boto3s_default_checksums_are_refused_unless_allowed(cloud: PracticeCloud):
    place = Place(cloud, request_checksum_calculation="when_supported")
    assert refusal(place.put) == (400, "InvalidArgument")
    assert "checksum headers" in cloud.violations[0]
    cloud.settings.aws_checksums = True
    place.put()
    assert len(cloud.violations) == 1


def test_chunked_bodies_and_trailers_are_refused_as_aliyun_does(cloud: PracticeCloud):
    place = Place(cloud)

    def chunk(request: Any, **_: Any) -> None:
        request.headers["Content-Encoding"] = "aws-chunked"

    place.client.meta.events.register("before-sign.s3.PutObject", chunk)
    assert refusal(place.put) == (400, "InvalidArgument")
    assert "aws-chunked" in cloud.violations[0]


def test_a_body_without_a_length_is_refused(cloud: PracticeCloud):
    got = ask("PUT", f"{cloud.storage_url}/b/k", headers={"Transfer-Encoding": "chunked"})
    assert got.status == 411
    assert cloud.violations == ["storage.put: a body without Content-Length"]


def test_a_wrong_content_md5_is_a_bad_digest_and_stores_nothing(cloud: PracticeCloud):
    place = Place(cloud)
    assert refusal(place.put, data=b"data", ContentMD5=md5_text(b"other")) == (400, "BadDigest")
    assert refusal(place.put, ContentMD5="nonsense") == (400, "InvalidDigest")
    cloud.settings.reads = True
    assert refusal(place.client.head_object, Bucket=place.bucket, Key=place.key("a.jpg"))[0] == 404
    assert ["MD5" in words for words in cloud.violations] == [True, True]


def test_a_wrong_body_hash_is_refused(cloud: PracticeCloud):
    place = Place(cloud)

    def change(request: Any, **_: Any) -> None:
        request.body = b"DATA"

    place.client.meta.events.register("before-send.s3.PutObject", change)
    assert refusal(place.put) == (400, "XAmzContentSHA256Mismatch")
    assert "SHA256" in cloud.violations[0]


def test_refused_bytes_leave_nothing_on_the_disk(cloud: PracticeCloud, tmp_path: Path):
    assert refusal(Place(cloud).put, ContentMD5=md5_text(b"other"))[1] == "BadDigest"
    assert list((tmp_path / "cloud").iterdir()) == []


def test_a_hash_header_is_a_digest_or_says_that_there_is_none(cloud: PracticeCloud):
    class Odd(S3SigV4Auth):
        def payload(self, request: Any) -> str:
            return "none"

    api = CloudApi(cloud)
    grant = api.sts().data
    url = f"{cloud.storage_url}/{grant['bucket']}/{grant['object_key_prefix']}/a"
    request = AWSRequest("PUT", url, data=b"data")
    Odd(Credentials(*keys_of(grant)), "s3", grant["region"]).add_auth(request)
    got = ask("PUT", url, b"data", dict(request.headers.items()))
    assert (got.status, b"InvalidArgument" in got.body) == (400, True)
    assert "neither a digest" in cloud.violations[0]


def test_a_hash_header_is_needed(cloud: PracticeCloud):
    place = Place(cloud)

    def drop(request: Any, **_: Any) -> None:
        del request.headers["X-Amz-Content-SHA256"]

    place.client.meta.events.register("before-send.s3.PutObject", drop)
    assert refusal(place.put)[0] == 403
    assert "X-Amz-Content-SHA256 is missing" in cloud.violations[0]


def test_the_day_of_a_signature_is_that_of_its_date(cloud: PracticeCloud):
    place = Place(cloud)

    def change(request: Any, **_: Any) -> None:
        given = request.headers["Authorization"].decode()
        del request.headers["Authorization"]
        request.headers["Authorization"] = re.sub(r"/\d{8}/", "/20200101/", given)

    place.client.meta.events.register("before-send.s3.PutObject", change)
    assert refusal(place.put)[0] == 403
    assert "the day in Authorization" in cloud.violations[0]


@pytest.mark.parametrize(
    ("length", "code"), [(None, "MissingContentLength"), (5 * 1024**3 + 1, "EntityTooLarge")]
)
def test_a_put_has_a_length_and_at_most_five_gigabytes(
    cloud: PracticeCloud, length: int | None, code: str
):
    place = Place(cloud)
    params = {"Bucket": place.bucket, "Key": place.key("a")}
    url = urlsplit(place.client.generate_presigned_url("put_object", Params=params))
    lines = [f"PUT {url.path}?{url.query} HTTP/1.1", f"Host: {url.netloc}"]
    lines += [] if length is None else [f"Content-Length: {length}", "Expect: 100-continue"]
    with socket.create_connection((str(url.hostname), url.port or 0), 5) as plain:
        plain.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        with plain.makefile("rb") as answer:
            assert code.encode() in answer.read()
    assert len(cloud.violations) == 1


def test_keys_end_when_they_said(cloud: PracticeCloud):
    place = Place(cloud)
    place.put()
    cloud.expire_keys()
    for answer in ("403 ExpiredToken", "400 ExpiredToken", "403 AccessDenied"):
        cloud.settings.expired_answer = answer  # pyright: ignore[reportAttributeAccessIssue]
        status, code = answer.split()
        assert refusal(place.put) == (int(status), code)
    assert cloud.violations == []


def test_keys_live_as_long_as_the_setting(cloud: PracticeCloud):
    cloud.settings.keys_live = 20
    place = Place(cloud)
    place.put()
    cloud.settings.offset = 21
    assert refusal(place.put) == (403, "ExpiredToken")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_clock_more_than_a_quarter_of_an_hour_off_is_refused(cloud: PracticeCloud, version: str):
    place = Place(cloud, signature_version=version)
    cloud.settings.offset = 14 * 60
    place.put()
    cloud.settings.offset = -16 * 60
    assert refusal(place.put) == (403, "RequestTimeTooSkewed")
    assert cloud.violations == []


def test_keys_that_were_never_granted_are_unknown(cloud: PracticeCloud):
    client = s3(cloud, "AKNOBODY", "secret", "token", "us-east-1")
    assert refusal(client.put_object, Bucket="b", Key="k") == (403, "InvalidAccessKeyId")


def test_a_missing_or_foreign_session_token_is_refused(cloud: PracticeCloud):
    grant = Place(cloud).grant["credentials"]
    for token in (None, "made-up"):
        client = s3(cloud, grant["access_key_id"], grant["access_key_secret"], token, "us-east-1")
        code = refusal(client.put_object, Bucket="practice-cloud-api", Key="k")
        assert code == (400, "InvalidToken")
    assert len(cloud.violations) == 2


def test_another_region_in_the_signature_is_refused(cloud: PracticeCloud):
    grant = Place(cloud).grant["credentials"]
    keys = (grant["access_key_id"], grant["access_key_secret"], grant["security_token"])
    client = s3(cloud, *keys, "eu-west-1")
    code = refusal(client.put_object, Bucket="practice-cloud-api", Key="k")
    assert code == (400, "AuthorizationHeaderMalformed")
    assert "region" in cloud.violations[0]


def test_a_header_that_was_added_after_signing_is_refused(cloud: PracticeCloud):
    place = Place(cloud)

    def add(request: Any, **_: Any) -> None:
        request.headers["x-amz-acl"] = "public-read"

    place.client.meta.events.register("before-send.s3.PutObject", add)
    assert refusal(place.put)[0] == 403
    assert "not signed: x-amz-acl" in cloud.violations[0]


@pytest.mark.parametrize("given", ["", "AWS4-HMAC-SHA256 nonsense", "Bearer x"])
def test_a_request_without_a_signature_is_refused(cloud: PracticeCloud, given: str):
    headers = {"Authorization": given} if given else {}
    assert ask("PUT", f"{cloud.storage_url}/b/k", b"data", headers).status == 403
    assert len(cloud.violations) == 1


def test_keys_reach_no_further_than_their_prefix(cloud: PracticeCloud):
    place = Place(cloud)
    for bucket, key in ((place.bucket, "elsewhere/a"), ("practice-flighthub2", place.key("a"))):
        code = refusal(place.client.put_object, Bucket=bucket, Key=key, Body=b"x")
        assert code == (403, "AccessDenied")
    assert cloud.violations == ["storage.put: the keys are for another place"] * 2


def test_keys_may_write_and_not_read_unless_allowed(cloud: PracticeCloud):
    place = Place(cloud)
    place.put(data=b"data")
    upload = place.begin("m")
    where: dict[str, Any] = {"Bucket": place.bucket, "Key": place.key("a.jpg")}
    head, get = place.client.head_object, place.client.get_object
    assert refusal(head, **where)[0] == refusal(get, **where)[0] == 403
    assert refusal(place.client.list_parts, **upload) == (403, "AccessDenied")
    assert refusal(place.client.list_objects_v2, Bucket=place.bucket)[0] == 403
    cloud.settings.reads = True
    assert head(**where)["ContentLength"] == 4
    assert get(**where)["Body"].read() == b"data"
    assert place.client.list_parts(**upload).get("Parts", []) == []
    assert cloud.violations == []


def test_nothing_is_deleted_with_granted_keys(cloud: PracticeCloud):
    place = Place(cloud)
    place.put()
    delete = place.client.delete_object
    assert refusal(delete, Bucket=place.bucket, Key=place.key("a.jpg"))[0] == 403
    assert cloud.violations == ["storage.delete: the keys do not allow to delete"]
