"""MetaStudio: signing in, every refusal, the pace, and that no secret is shown."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    ClockWrong,
    Forbidden,
    NetworkError,
    NotSignedIn,
    Offline,
    PostflightError,
    Refused,
    Retry,
    Scope,
    ServerBusy,
)
from app.domain.model import (
    Connection,
)
from app.domain.placement import SignedPut, Why
from app.domain.ports import Route
from app.net.http import Http
from app.services.metastudio import MetaStudio
from app.services.registry import METASTUDIO as SPEC
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.services.studio import (
    AKSK,
    GRANT,
    NOW,
    PROJECT,
    SECRET,
    URL,
    At,
    Stage,
    no,
    prepared,
    sent,
)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


# -- signing in


def test_a_pasted_token_goes_out_as_it_is(stage: Stage) -> None:
    stage.service(app_user_id="pilot-1").sign_in()
    (seen,) = stage.server.seen
    assert (seen.method, seen.path) == ("GET", f"/v1/{PROJECT}/digital-assets")
    assert seen.query == {"limit": "1"}
    assert seen.headers["x-auth-token"] == SECRET
    assert seen.headers["x-app-userid"] == "pilot-1"
    assert seen.headers["content-type"] == "application/json"
    assert not {"authorization", "x-sdk-date", "x-project-id"} & set(seen.headers)


def huawei_signature(seen: Seen, secret: str) -> str:
    """Judges a received call with Huawei's own signer."""
    names = seen.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    request = SdkRequest(
        method=seen.method,
        schema="http",
        host=seen.headers["host"],
        resource_path=seen.path,
        query_params=[*seen.query.items()],
        header_params={name: seen.headers[name] for name in names},
        body=seen.body,
    )
    credentials = type("C", (), {"ak": "AKTESTONLY0001", "sk": secret})()
    return Signer(credentials).sign(request).header_params["Authorization"]


def test_calls_with_an_access_key_carry_a_signature_that_huaweis_signer_accepts(
    stage: Stage,
) -> None:
    service = stage.with_options(AKSK | {"app-user-id": "pilot 1"})
    service.sign_in()
    service.place(GRANT, prepared("Flight 中 🚁.jpg"))
    service.forget(GRANT, "a-1/f-1", Why.CANCELLED)
    assert len(stage.server.seen) == 5
    for seen in stage.server.seen:
        assert seen.headers["authorization"] == huawei_signature(seen, SECRET)
        assert seen.headers["x-project-id"] == PROJECT
        assert "x-auth-token" not in seen.headers
        signed = "content-type;host;x-app-userid;x-project-id;x-sdk-date"
        assert f"SignedHeaders={signed}," in seen.headers["authorization"]


def test_a_name_with_spaces_in_the_query_is_signed_as_it_is_sent(stage: Stage) -> None:
    stage.studio.on("POST /digital-assets", Reply(cut=True))
    with pytest.raises(AnswerLost):
        stage.with_options(AKSK).place(GRANT, prepared("Flight 1+2 中.jpg"))
    looked = stage.server.seen[1]
    assert looked.query["name"] == "Flight 1+2 中"
    assert looked.headers["authorization"] == huawei_signature(looked, SECRET)


@pytest.mark.parametrize("off", [-86400.0, 7200.0])
def test_a_wrong_clock_is_put_right_with_the_servers_date(stage: Stage, off: float) -> None:
    stage.clock.time = NOW + off

    def gateway(seen: Seen) -> Reply | None:
        when = datetime.strptime(seen.headers["x-sdk-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(when.timestamp() - NOW) <= 900:
            return None
        text = (
            "Incorrect IAM authentication information: calc aksk signature fail:signature expired, "
        )
        reply = no("APIGW.0301", text + "signature time:1,server time:2", 401)
        date = datetime.fromtimestamp(NOW, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return replace(reply, headers={"Date": date})

    stage.studio.hook = gateway
    service = stage.with_options(AKSK)
    service.sign_in()
    assert stage.calls == ["GET /digital-assets"] * 2
    service.sign_in()
    assert len(stage.calls) == 3, "the offset is known from now on"


def test_an_expired_signature_in_spite_of_the_servers_date_is_a_clock_error(stage: Stage) -> None:
    text = "calc aksk signature fail:signature expired, signature time:1,server time:2"
    stage.studio.usual["GET /digital-assets"] = no("APIGW.0301", text, 401)
    with pytest.raises(ClockWrong) as caught:
        stage.with_options(AKSK).sign_in()
    assert "server time:2" in caught.value.details and "req-7" in caught.value.details
    assert len(stage.calls) == 1


def test_a_refused_signature_is_never_sent_twice(stage: Stage) -> None:
    stage.studio.date = NOW + 240  # far from the quarter of an hour that the gateway allows
    stage.studio.usual["GET /digital-assets"] = no("APIGW.0301", "verify aksk signature fail", 401)
    with pytest.raises(NotSignedIn) as caught:
        stage.with_options(AKSK).sign_in()
    assert caught.value.retry is Retry.PERSON and caught.value.scope is Scope.BATCH
    assert len(stage.calls) == 1


def test_the_request_that_the_gateway_repeats_stays_out_of_sight(stage: Stage) -> None:
    text = (
        "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:"
        "GET|/v1/x/||x-app-userid:pilot|x-sdk-date:20261120T150526Z|request expired|abc"
    )
    stage.studio.usual["GET /digital-assets"] = no("APIGW.0301", text, 401)
    with pytest.raises(NotSignedIn) as caught:
        stage.with_options(AKSK).sign_in()
    assert "canonical" not in caught.value.details and "pilot" not in caught.value.details


def test_a_locked_access_key_is_told_to_wait(stage: Stage) -> None:
    text = (
        "Incorrect IAM authentication information: AK access failed to reach the limit, forbidden"
    )
    stage.studio.usual["GET /digital-assets"] = no("APIGW.0301", text, 401)
    with pytest.raises(NotSignedIn) as caught:
        stage.with_options(AKSK).sign_in()
    assert "five minutes" in caught.value.hint


def iam_stage(stage: Stage, tokens: list[str]) -> MetaStudio:
    def hook(seen: Seen) -> Reply | None:
        if seen.path != "/v3/auth/tokens":
            return None
        ends = datetime.fromtimestamp(stage.clock.time + 86400, UTC).isoformat()
        date = datetime.fromtimestamp(stage.clock.time, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"X-Subject-Token": tokens.pop(0), "Date": date}
        return Reply({"token": {"expires_at": ends}}, 201, headers)

    stage.studio.hook = hook
    return stage.service(username="pilot", domain="acme", iam_url=stage.server.url)


def test_an_iam_user_gets_a_token_once_and_uses_it(stage: Stage) -> None:
    service = iam_stage(stage, ["t-1"])
    assert service.sign_in().endswith("with IAM user pilot.")
    service.place(GRANT, prepared())
    assert stage.calls == [
        "POST /v3/auth/tokens",
        "GET /digital-assets",
        "POST /digital-assets",
        "POST /files",
    ]
    assert {seen.headers.get("x-auth-token") for seen in stage.server.seen[1:]} == {"t-1"}
    assert stage.server.seen[0].json["auth"]["scope"] == {"project": {"id": PROJECT}}


def test_a_token_that_died_early_is_renewed_and_the_call_goes_once_more(stage: Stage) -> None:
    service = iam_stage(stage, ["t-1", "t-2"])
    service.sign_in()
    stage.clock.time += 7200
    stage.studio.on("POST /digital-assets", no("MSS.00010008", "invalid token"))
    service.place(GRANT, prepared())
    tokens = [seen.headers.get("x-auth-token") for seen in stage.server.seen]
    assert tokens == [None, "t-1", "t-1", None, "t-2", "t-2"]


def test_a_fresh_token_that_is_refused_is_an_error_at_once(stage: Stage) -> None:
    service = iam_stage(stage, ["t-1"])
    stage.studio.on("GET /digital-assets", no("MSS.00000001", "Unauthorized", 401))
    with pytest.raises(NotSignedIn):
        service.sign_in()
    assert len(stage.calls) == 2


# -- refusals


REFUSALS = [
    (401, "MSS.00000001", NotSignedIn),
    (400, "MSS.00010008", NotSignedIn),
    (401, "APIGW.0301", NotSignedIn),
    (401, "APIG.0301", NotSignedIn),
    (400, "APIG.0301", NotSignedIn),
    (401, "", NotSignedIn),
    (400, "MSS.00010009", Forbidden),
    (403, "", Forbidden),
    (403, "IAM.0042", Forbidden),
    (429, "APIGW.0308", ServerBusy),
    (400, "APIG.0308", ServerBusy),
    (429, "", ServerBusy),
    (500, "MSS.00000004", ServerBusy),
    (500, "", ServerBusy),
    (502, "", ServerBusy),
    (503, "", ServerBusy),
    (400, "MSS.10001006", ServerBusy),
    (400, "MSS.00010003", BadAnswer),
    (400, "MSS.00010004", BadAnswer),
    (404, "APIGW.0101", BadAnswer),
    (404, "", BadAnswer),
    (302, "", BadAnswer),
    (400, "", Refused),
    (400, "MSS.00000002", Refused),
    (400, "MSS.00000003", Refused),
    (400, "MSS.10000002", Refused),
    (400, "MSS.10000003", Refused),
    (400, "MSS.10001001", Refused),
    (400, "MSS.10001002", Refused),
    (400, "MSS.10001003", Refused),
    (400, "MSS.10001004", Refused),
    (400, "MSS.10001007", Refused),
    (400, "MSS.10001008", Refused),
    (400, "MSS.10001009", Refused),
    (400, "MSS.000000004", Refused),  # nine digits: another code with other meanings
]


@pytest.mark.parametrize(("status", "code", "expected"), REFUSALS)
def test_a_refusal_of_a_repeatable_call(
    stage: Stage, status: int, code: str, expected: type[PostflightError]
) -> None:
    body = {"error_code": code, "error_msg": "why\x1b[2J not", "request_id": "gw"} if code else ""
    stage.studio.usual["GET /digital-assets"] = Reply(body, status)
    with pytest.raises(expected) as caught:
        stage.service().sign_in()
    error = caught.value
    assert "Huawei MetaStudio" in error.title and error.hint
    assert code in error.details and "req-7" in error.details
    assert (error.title + error.hint + error.details).isprintable()
    assert len(stage.calls) == 1


@pytest.mark.parametrize(("status", "code"), [(500, "MSS.00000004"), (502, ""), (504, "")])
def test_a_server_fault_in_a_call_that_must_not_run_twice_is_a_lost_answer(
    stage: Stage, status: int, code: str
) -> None:
    stage.studio.usual["POST /digital-assets"] = no(code, "Internal Error", status)
    with pytest.raises(AnswerLost):
        stage.service().place(GRANT, prepared())
    stage.studio.usual["POST /files/f-1/complete"] = no(code, "Internal Error", status)
    with pytest.raises(AnswerLost):
        stage.service().confirm(GRANT, (sent(),))


@pytest.mark.parametrize(("status", "code"), [(503, ""), (400, "MSS.10001006")])
def test_a_refusal_at_the_door_is_no_lost_answer(stage: Stage, status: int, code: str) -> None:
    stage.studio.usual["POST /digital-assets"] = no(code, "", status)
    with pytest.raises(ServerBusy):
        stage.service().place(GRANT, prepared())
    assert stage.calls == ["POST /digital-assets"]


def test_the_gateways_request_id_is_kept_when_the_header_has_none(stage: Stage) -> None:
    body = {"error_code": "MSS.10001002", "error_msg": "m", "request_id": "gw-9"}
    stage.studio.hook = lambda seen: Reply(body, 400)
    with pytest.raises(Refused) as caught:
        stage.service().sign_in()
    assert "gw-9" in caught.value.details


def test_a_page_instead_of_an_answer_is_a_bad_answer(stage: Stage) -> None:
    stage.studio.usual["GET /digital-assets"] = Reply("<html>Sign in to this Wi-Fi</html>")
    with pytest.raises(BadAnswer) as caught:
        stage.service().sign_in()
    assert "Wi-Fi" in caught.value.hint


# -- pace


def test_posts_share_one_pace_and_reads_do_not_wait(stage: Stage) -> None:
    service = stage.service()
    service.place(GRANT, prepared())
    service.confirm(GRANT, (sent(),))
    service.sign_in()
    service.sign_in()
    assert stage.steps.slept == pytest.approx([0.1, 0.1])


def test_a_429_without_a_code_slows_down_too(stage: Stage) -> None:
    stage.studio.on("POST /digital-assets", Reply("", 429))
    with pytest.raises(ServerBusy):
        stage.service().place(GRANT, prepared())
    assert stage.pace.rate == 5.0


def test_throttling_slows_all_posts_down_and_success_speeds_them_up(stage: Stage) -> None:
    service = stage.service()
    stage.studio.on(
        "POST /digital-assets", replace(no("APIGW.0308", "slow", 429), headers={"Retry-After": "3"})
    )
    with pytest.raises(ServerBusy) as caught:
        service.place(GRANT, prepared())
    assert caught.value.wait == 3.0
    assert stage.pace.rate == 5.0
    service.place(GRANT, prepared())
    assert stage.pace.rate == pytest.approx(5.0 * 1.05**2)


def test_a_fault_of_the_service_does_not_slow_the_pace(stage: Stage) -> None:
    stage.studio.on("POST /digital-assets", no("", "", 503))
    with pytest.raises(ServerBusy):
        stage.service().place(GRANT, prepared())
    assert stage.pace.rate == 10.0


# -- secrets


def test_no_error_shows_a_secret_or_a_signed_address(stage: Stage) -> None:
    shown: list[str] = []
    signed = {"file_id": "", "upload_url": URL + "\n"}
    broken = [
        no("MSS.10001007", "too large"),
        Reply(signed | {"upload_url": "ftp" + URL}),
        Reply({"upload_url": URL}),
        Reply(cut=True),
        no("MSS.00000001", "", 401),  # the last one: that key signs no more
    ]
    for options in ({}, AKSK):
        service = stage.with_options(options)
        for reply in broken:
            stage.studio.on("POST /files", reply)
            with pytest.raises(PostflightError) as caught:
                service.place(GRANT, prepared())
            error = caught.value
            shown += [repr(error), error.title, error.hint, error.details, repr(service)]
    placed = stage.service().place(GRANT, prepared())
    assert isinstance(placed, SignedPut)
    shown.append(repr(placed))
    assert not [text for text in shown if SECRET in text or "Signature=" in text]


def test_a_server_that_is_gone_is_a_network_error() -> None:
    server = ScriptedServer(lambda seen: Reply())
    with server:
        http = Http(server.url, "Huawei MetaStudio", Route(), At())
    connection = Connection("s", "metastudio", server.url, {"project-id": PROJECT})
    asked: list[str] = []

    def secret() -> str:
        asked.append("secret")
        return SECRET

    service = SPEC.build(connection, secret, http, At())
    with pytest.raises(Offline) as caught:
        service.place(GRANT, prepared())
    assert isinstance(caught.value, NetworkError)
    service.forget(GRANT, "a-1/f-1", Why.AGAIN)
    assert len(asked) == 2, "the second call of giving up is spared"
    http.close()


def test_the_md5_is_the_one_of_rfc_1864() -> None:
    assert base64.b64decode("v8rwb1wmjvWJfDm3QTz/iw==") == hashlib.md5(b"hello metastudio").digest()
