"""FlightHub 2: what becomes of the keys it gives for media and for routes, whole or not."""

from __future__ import annotations

import email.utils
import json
from dataclasses import replace

import pytest

from app.domain.errors import BadAnswer, Refused, Retry, Scope
from app.domain.model import MEDIA
from app.domain.placement import Addressing, Keys, Signature, Storage
from app.services.flighthub2_wire import StoreToken, StsToken
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.flighthub2_kit import (
    BATCH,
    GROUP,
    GROUP_2,
    HTML,
    NOW,
    SECRETS,
    STS_URL,
    TOKEN_URL,
    Desk,
    fine,
    grant,
    no,
    no_secret_in,
    token_data,
)


def sts_data(**changes: object) -> dict[str, object]:
    keys: dict[str, object] = {
        "access_key_id": SECRETS[1],
        "access_key_secret": SECRETS[2],
        "security_token": SECRETS[3],
        "expire": 900,
        "platform": 0,
    }
    data: dict[str, object] = {
        "endpoint": "minio.example:9000",
        "bucket": "routes",
        "provider": "minio",
        "region": "",
        "object_key_prefix": "aaaa/bbbb/",
    }
    for name, value in changes.items():
        (keys if name in keys else data)[name] = value
    return {**data, "credentials": keys}


def at(seconds: float) -> dict[str, str]:
    """A Date header, so that a test decides how far the server's clock is off."""
    return {"Date": email.utils.formatdate(seconds, usegmt=True)}


def test_open_obtains_keys_and_reads_the_group_from_the_path(desk: Desk) -> None:
    desk.on("POST", TOKEN_URL, Reply({"code": 0, "data": token_data()}, headers=at(NOW)))
    got = desk.service().open(BATCH, MEDIA, None)
    assert desk.calls() == ["POST /open_model/stores/obtain_token"]
    assert desk.seen[0].body == b""
    assert (got.batch, got.lane, got.group) == ("b1", MEDIA, GROUP)
    assert got.prefix == token_data()["store_path"]
    assert json.loads(got.memo) == {"callback_param": SECRETS[4], "title": "Site A"}
    assert got.storage == Storage(
        "https://oss-cn-example-1.aliyuncs.com",
        "cn-example-1",
        "example-bucket",
        Addressing.VIRTUAL,
        Signature.V4,
    )
    assert got.keys == Keys(SECRETS[1], SECRETS[2], SECRETS[3])
    for secret in SECRETS:
        assert secret not in repr(got)


def test_the_pilots_word_on_the_storage_wins(desk: Desk) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data()))
    service = desk.service(storage_addressing="path", storage_signature="s3")
    storage = service.open(BATCH, MEDIA, None).storage
    assert storage is not None
    assert (storage.addressing, storage.signature) == (Addressing.PATH, Signature.V2)


@pytest.mark.parametrize(
    ("expire", "ahead", "end"),
    [
        (int(NOW) + 3600, 0, NOW + 3600),
        (int(NOW) + 3600, 300, NOW + 3300),
        (int(NOW) + 3600, -300, NOW + 3900),
        ((int(NOW) + 3600) * 1000, 0, NOW + 3600),
        (str(int(NOW) + 61), 0, NOW + 61),
        (int(NOW) + 60, 0, None),
        (0, 0, None),
        (3600, 0, None),
        (int(NOW) - 1, 0, None),
        (int(NOW) + 100, 101, None),
        (None, 0, None),
        (..., 0, None),
        ("soon", 0, None),
        (10**400, 0, None),
    ],
)
def test_the_end_of_keys_is_told_on_this_computers_clock(
    desk: Desk, expire: object, ahead: float, end: float | None
) -> None:
    data = {"code": 0, "data": token_data(expire_time=expire)}
    desk.on("POST", TOKEN_URL, Reply(data, headers=at(NOW + ahead)))
    assert desk.service().open(BATCH, MEDIA, None).expires_at == end


@pytest.mark.parametrize("group", [GROUP, GROUP_2])
def test_renewing_asks_anew_and_tells_the_group_as_it_came(desk: Desk, group: str) -> None:
    path = f"fh/tmp/{group}/{{fileName}}"
    desk.on("POST", TOKEN_URL, fine(token_data(store_path=path, callback_param="bmV3")))
    got = desk.service().open(BATCH, MEDIA, grant())
    assert len(desk.seen) == 1
    assert got.group == group
    assert json.loads(got.memo)["callback_param"] == "bmV3"
    assert got.id == 0


@pytest.mark.parametrize(
    "path",
    [
        "fh/synthetic/batch/{fileName}",
        "{fileName}",
        f"{GROUP}{{fileName}}",
        f"fh/{GROUP}/x_{{fileName}}",
        f"fh/{GROUP}x{{fileName}}",
        f"fh/{GROUP}/",
        f"fh/{GROUP}/sub/{{fileName}}",
        "",
        None,
        ...,
    ],
)
def test_a_path_without_the_groups_uuid_stops_the_batch(desk: Desk, path: object) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(store_path=path)))
    with pytest.raises(BadAnswer, match="does not understand") as caught:
        desk.service().open(BATCH, MEDIA, None)
    assert caught.value.scope is Scope.BATCH
    assert "no UUID before" in caught.value.details
    no_secret_in(caught.value)


@pytest.mark.parametrize("name", ["access_key_id", "secret_access_key", "callback_param"])
@pytest.mark.parametrize("value", [None, "", ...])
def test_keys_without_a_needed_member_are_a_bad_answer(
    desk: Desk, name: str, value: object
) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(**{name: value})))
    with pytest.raises(BadAnswer) as caught:
        desk.service().open(BATCH, MEDIA, None)
    assert name in caught.value.details
    no_secret_in(caught.value)


@pytest.mark.parametrize("name", ["end_point", "cloud_bucket_name"])
def test_keys_without_a_storage_are_a_bad_answer(desk: Desk, name: str) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(**{name: None})))
    with pytest.raises(BadAnswer, match="no storage"):
        desk.service().open(BATCH, MEDIA, None)


@pytest.mark.parametrize("name", ["cloud_name", "region", "session_token"])
def test_other_members_of_the_keys_may_be_missing(desk: Desk, name: str) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(**{name: ...})))
    assert desk.service().open(BATCH, MEDIA, None).group == GROUP


@pytest.mark.parametrize("reply", [fine(), Reply(HTML), Reply(b"")])
def test_keys_that_are_no_keys_are_a_bad_answer(desk: Desk, reply: Reply) -> None:
    desk.on("POST", TOKEN_URL, reply)
    with pytest.raises(BadAnswer):
        desk.service().open(BATCH, MEDIA, None)


@pytest.mark.parametrize("lane", [MEDIA, "route"])
def test_a_plain_no_to_open_stops_the_batch(desk: Desk, lane: str) -> None:
    desk.on("POST", TOKEN_URL, no(200101, "quota used up"))
    desk.on("GET", STS_URL, no(200101, "quota used up"))
    with pytest.raises(Refused, match="refused: quota used up") as caught:
        desk.service().open(BATCH, lane, None)
    assert caught.value.scope is Scope.BATCH
    assert caught.value.retry is Retry.NEVER
    assert "code 200101" in caught.value.details


def test_an_installation_without_open_modelling_is_named(desk: Desk) -> None:
    with pytest.raises(Refused, match="has no open modelling") as caught:
        desk.service().open(BATCH, MEDIA, None)
    assert caught.value.scope is Scope.BATCH


def test_a_long_title_is_cut_and_a_broken_one_repaired(desk: Desk) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data()))
    title = "\udcff" + "港" * 300
    memo = json.loads(desk.service().open(replace(BATCH, title=title), MEDIA, None).memo)
    assert memo["title"] == "?" + "港" * 254


def test_wire_messages_hide_their_secrets() -> None:
    shown = repr(StoreToken.model_validate(token_data())) + repr(
        StsToken.model_validate(sts_data())
    )
    for secret in SECRETS:
        assert secret not in shown


def test_open_for_routes_uses_the_projects_storage_keys(desk: Desk) -> None:
    desk.on("GET", STS_URL, fine(sts_data()))
    got = desk.service().open(BATCH, "route", None)
    assert desk.calls() == ["GET /project/sts-token"]
    assert (got.lane, got.group, got.prefix, got.memo) == ("route", "", "aaaa/bbbb", "")
    assert got.storage == Storage(
        "https://minio.example:9000", "us-east-1", "routes", Addressing.PATH
    )
    assert got.keys == Keys(SECRETS[1], SECRETS[2], SECRETS[3])
    assert got.expires_at == NOW + 900


def test_the_life_of_route_keys_counts_from_the_asking(desk: Desk) -> None:
    def slow(seen: Seen) -> Reply:
        desk.clock.at += 25
        return fine(sts_data())

    desk.on("GET", STS_URL, slow)
    assert desk.service().open(BATCH, "route", None).expires_at == NOW + 900


@pytest.mark.parametrize("expire", [None, 0, -5, 60, int(NOW), 10**400, "x"])
def test_a_life_that_makes_no_sense_is_unknown(desk: Desk, expire: object) -> None:
    desk.on("GET", STS_URL, fine(sts_data(expire=expire)))
    assert desk.service().open(BATCH, "route", None).expires_at is None


@pytest.mark.parametrize(
    "data", [None, {}, sts_data(access_key_id=None), sts_data(access_key_secret="")]
)
def test_route_keys_without_a_needed_member_are_a_bad_answer(desk: Desk, data: object) -> None:
    desk.on("GET", STS_URL, fine(data))
    with pytest.raises(BadAnswer):
        desk.service().open(BATCH, "route", None)
