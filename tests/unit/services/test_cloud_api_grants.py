"""The Cloud API: what becomes of the storage keys that a server gives, or does not."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from app.domain.errors import BadAnswer, RemoteError, Scope
from app.domain.placement import Addressing, Signature
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.cloud_api_kit import (
    BATCH,
    SECRET_KEY,
    SESSION,
    STS,
    TOKEN,
    WS,
    desk,
    everything,
    sts,
)

pytestmark = pytest.mark.usefixtures("houses")


def keys_lasting(expire: Any) -> dict[str, Any]:
    answer = sts()
    answer["data"]["credentials"]["expire"] = expire
    return answer


def test_open_asks_for_keys_and_says_until_when_they_last():
    with desk({STS: sts()}) as d:
        opened = d.service.open(BATCH, "media", None)
        [seen] = d.seen
    assert (seen.method, seen.path, seen.body) == ("POST", STS, b"")
    assert seen.headers["x-auth-token"] == TOKEN
    assert (opened.batch, opened.lane, opened.id) == (BATCH.id, "media", 0)
    assert opened.prefix == f"{WS}/"
    assert opened.storage is not None
    assert opened.storage.endpoint == "https://s3.eu-north-1.example.net"
    assert (opened.storage.region, opened.storage.bucket) == ("eu-north-1", "survey-media")
    assert opened.storage.addressing is Addressing.VIRTUAL
    assert opened.storage.signature is Signature.V4
    assert opened.keys is not None
    assert opened.keys.access_key == "ASIAEXAMPLE0000001"
    assert (opened.keys.secret_key, opened.keys.session_token) == (SECRET_KEY, SESSION)
    assert opened.expires_at == 1_800_000_000.0 + 3300


def test_the_life_of_keys_counts_from_the_time_of_the_question():
    def slow(seen: Seen) -> Reply:
        d.clock.time += 50
        return Reply(sts())

    with desk({STS: slow}) as d:
        assert d.service.open(BATCH, "media", None).expires_at == 1_800_000_000.0 + 3300


@pytest.mark.parametrize(
    ("provider", "endpoint", "addressing"),
    [
        ("ali", "https://oss-cn-hangzhou.aliyuncs.com", Addressing.VIRTUAL),
        ("aws", "https://s3.eu-north-1.amazonaws.com", Addressing.VIRTUAL),
        ("minio", "http://minio.example.net:9000", Addressing.PATH),
        ("minio", "http://127.0.0.1:9000/", Addressing.PATH),
        (None, "oss.example.net", Addressing.VIRTUAL),
    ],
)
def test_every_provider_is_addressed_its_own_way(
    provider: str | None, endpoint: str, addressing: Addressing
):
    with desk({STS: sts(provider=provider, endpoint=endpoint, region=None)}) as d:
        storage = d.service.open(BATCH, "media", None).storage
    assert storage is not None
    assert storage.addressing is addressing
    assert storage.endpoint.startswith("http") and not storage.endpoint.endswith("/")


def test_the_connection_has_the_last_word_about_the_storage():
    options = {"storage-addressing": "path", "storage-signature": "s3"}
    with desk({STS: sts()}, options=options) as d:
        storage = d.service.open(BATCH, "media", None).storage
    assert storage is not None
    assert (storage.addressing, storage.signature) == (Addressing.PATH, Signature.V2)


@pytest.mark.parametrize(
    ("expire", "seconds"),
    [
        (61, 61),
        (3600.0, 3600),
        ("3300", 3300),
        (60, None),
        (0, None),
        (-5, None),
        (None, None),
        ("soon", None),
        ("2026-05-03T10:00:00Z", None),
        ([3300], None),
        (True, None),
        (1_800_003_300_000, None),  # a date in milliseconds
    ],
)
def test_only_a_believable_life_of_keys_is_believed(expire: Any, seconds: float | None):
    with desk({STS: keys_lasting(expire)}) as d:
        until = d.service.open(BATCH, "media", None).expires_at
    assert until == (None if seconds is None else 1_800_000_000.0 + seconds)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_life_of_keys_that_is_no_number_is_not_believed(number: str):
    body = json.dumps(keys_lasting("HERE")).replace('"HERE"', number)
    with desk({STS: Reply(body)}) as d:
        assert d.service.open(BATCH, "media", None).expires_at is None


def test_a_missing_life_of_keys_means_unknown():
    answer = sts()
    del answer["data"]["credentials"]["expire"]
    with desk({STS: answer}) as d:
        assert d.service.open(BATCH, "media", None).expires_at is None


@pytest.mark.parametrize(
    ("told", "prefix"),
    [
        (WS, f"{WS}/"),
        (f"{WS}/", f"{WS}/"),
        ("/media//", "media/"),
        (f"pilot2/{WS}", f"pilot2/{WS}/"),
        ("wayline", "wayline/"),
        ("", ""),
        ("/", ""),
        (None, ""),
    ],
)
def test_the_prefix_gets_exactly_one_slash(told: str | None, prefix: str):
    with desk({STS: sts(object_key_prefix=told)}) as d:
        opened = d.service.open(BATCH, "media", None)
    assert opened.prefix == prefix


def test_further_members_beside_the_documented_ones_do_not_matter():
    answer = sts(accessKeyId="A", accessKeySecret="S", expire=1)
    answer["data"]["credentials"] |= {"accessKeyId": "A", "securityToken": "T"}
    with desk({STS: answer}) as d:
        opened = d.service.open(BATCH, "media", None)
    assert opened.keys is not None and opened.keys.access_key == "ASIAEXAMPLE0000001"


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 0, "data": {k: v for k, v in sts()["data"].items() if k != "credentials"}},
        sts(credentials=None),
        sts(credentials={}),
        sts(credentials=""),
        sts(credentials={"access_key_id": "A", "access_key_secret": None}),
        {"code": 0, "message": "success"},
        {"code": 0, "data": ""},
        {"code": 0, "data": []},
    ],
)
def test_keys_that_are_missing_are_a_matter_for_the_administrator(answer: Any):
    with desk({STS: answer}) as d, pytest.raises(RemoteError, match="STS is not set up") as caught:
        d.service.open(BATCH, "media", None)
    assert caught.value.scope is Scope.BATCH
    assert "administrator" in caught.value.hint


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({"code": -1, "message": "Please enable OssConfiguration."}), "OssConfiguration"),
        (Reply({"detail": "workspace not found"}, 404), "workspace not found"),
        (Reply({"detail": [{"msg": "bad uuid"}, {"msg": "worse"}]}, 422), "bad uuid; worse"),
        (Reply(status=501), "gave no storage keys"),
    ],
)
def test_refused_keys_stop_the_batch_with_the_servers_words(reply: Reply, words: str):
    with desk({STS: reply}) as d, pytest.raises(RemoteError, match=words) as caught:
        d.service.open(BATCH, "media", None)
    assert caught.value.scope is Scope.BATCH
    assert "administrator" in caught.value.hint


@pytest.mark.parametrize(
    "answer", [sts(bucket=None), sts(endpoint=""), sts(bucket=["x"]), "", "[]", "<p>", {"data": {}}]
)
def test_nonsense_instead_of_keys_is_a_bad_answer(answer: Any):
    with desk({STS: Reply(answer)}) as d, pytest.raises(BadAnswer) as caught:
        d.service.open(BATCH, "media", None)
    assert SECRET_KEY not in everything(caught.value)


def test_a_batch_has_one_group_through_restarts_and_renewals():
    with desk({STS: sts()}) as one, desk({STS: sts()}) as another:
        first = one.service.open(BATCH, "media", None)
        assert uuid.UUID(first.group) and first.group == first.group.lower()
        assert one.service.open(BATCH, "media", first).group == first.group
        assert another.service.open(BATCH, "media", None).group == first.group
        kept = replace(first, group="an earlier group")
        assert one.service.open(BATCH, "media", kept).group == "an earlier group"
        other = replace(BATCH, id="11111111111111111111111111111111")
        assert one.service.open(other, "media", None).group != first.group
