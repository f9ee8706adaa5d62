"""The Cloud API: what each answer to a callback means, of a file and of a batch at its end."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    Forbidden,
    NetworkError,
    PostflightError,
    Refused,
    RemoteError,
    Retry,
    Scope,
    ServerBusy,
)
from app.services.base import Finished
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.cloud_api_kit import (
    BATCH,
    CALLBACK,
    FAST,
    GROUP,
    GROUP_ID,
    MISS,
    NAME,
    OK,
    STS,
    TALLY,
    desk,
    grant,
    prepared,
    sent,
    sts,
)

pytestmark = pytest.mark.usefixtures("houses")


# Registering


@pytest.mark.parametrize(
    "data", [{"object_key": "x"}, "x", "", None, [], {"object_key": None}], ids=str
)
def test_any_data_beside_code_0_acknowledges_the_file(data: Any):
    with desk({CALLBACK: {"code": 0, "message": "success", "data": data}}) as d:
        assert d.service.confirm(grant(), [sent()]).ids == {7}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({"code": -1, "message": "fingerprint must not be null"}), "fingerprint must not"),
        (Reply({"code": 1, "message": "missing object_key"}), "missing object_key"),
        (Reply({"code": 404, "message": "object not found"}, 404), "object not found"),
        (Reply({"detail": [{"loc": ["x"], "msg": "Field required"}]}, 422), "Field required"),
        (Reply({"detail": "key outside of the workspace"}, 400), "key outside of the workspace"),
        (Reply({"code": -1}), "did not register"),
    ],
)
def test_a_refused_file_keeps_the_servers_words_and_harms_no_other(reply: Reply, words: str):
    with desk({CALLBACK: reply}) as d:
        outcome = d.service.confirm(grant(), [sent()])
        assert len(d.seen) == 1
    assert outcome.ids == frozenset()
    error = outcome.refused[7]
    assert type(error) is Refused
    assert words in error.title and NAME in error.title
    assert error.hint and "drone-model" not in error.hint


@pytest.mark.parametrize(
    "words",
    [
        "JSON parse error: Cannot construct instance of DeviceEnum",
        "ext.drone_model_key: unknown",
        "PayloadModelKey 1-88-0 is invalid",
        "未知的枚举值",
    ],
)
def test_a_refused_model_key_says_what_to_set(words: str):
    with desk({CALLBACK: {"code": -1, "message": words}}) as d:
        error = d.service.confirm(grant(), [sent()]).refused[7]
    assert "drone-model" in error.hint and "payload-model" in error.hint


def test_of_several_files_each_has_its_own_answer():
    def callback(seen: Seen) -> Reply:
        bad = seen.json["name"] == "bad.JPG"
        return Reply({"code": -1, "message": "no"} if bad else OK)

    files = [sent(prepared(path="bad.JPG", number=1)), sent(prepared(path="ok.JPG", number=2))]
    with desk({CALLBACK: callback}) as d:
        outcome = d.service.confirm(grant(), files)
    assert outcome.ids == {2}
    assert set(outcome.refused) == {1}


def test_a_file_that_was_reported_before_is_asked_about_first():
    with desk({FAST: OK, CALLBACK: OK}) as d:
        assert d.service.confirm(grant(), [sent(asked=True)]).ids == {7}
        assert d.paths() == [FAST]


def test_it_is_reported_again_only_when_the_server_does_not_know_it():
    with desk({FAST: MISS, CALLBACK: OK}) as d:
        assert d.service.confirm(grant(), [sent(asked=True)]).ids == {7}
        assert d.paths() == [FAST, CALLBACK]


def test_a_file_that_was_never_reported_is_not_asked_about():
    with desk({FAST: OK, CALLBACK: OK}) as d:
        d.service.confirm(grant(), [sent()])
        assert d.paths() == [CALLBACK]


@pytest.mark.parametrize(
    "reply", [Reply(status=503), Reply("<html>"), Reply(cut=True), Reply(status=403)]
)
def test_a_question_without_an_answer_leads_to_no_second_report(reply: Reply):
    with desk({FAST: reply, CALLBACK: OK}) as d:
        with pytest.raises(PostflightError):
            d.service.confirm(grant(), [sent(asked=True)])
        assert d.paths() == [FAST]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(cut=True),
        Reply(status=500),
        Reply({"code": 502, "message": "store unreachable"}, 502),
        Reply(status=504),
        Reply(status=520),
        Reply(""),
        Reply("null"),
        Reply({"detail": "?"}),
    ],
)
def test_a_callback_without_a_clear_answer_is_lost_and_not_repeated(reply: Reply):
    with desk({CALLBACK: reply}) as d:
        with pytest.raises(AnswerLost) as caught:
            d.service.confirm(grant(), [sent()])
        assert len(d.calls(CALLBACK)) == 1
    assert caught.value.retry is Retry.LATER


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=503), ServerBusy),
        (Reply(status=429), ServerBusy),
        (Reply(status=403), Forbidden),
        (Reply("<html>"), BadAnswer),
    ],
)
def test_a_callback_turned_away_at_the_door_is_not_lost(reply: Reply, error: type[PostflightError]):
    with desk({CALLBACK: reply}) as d, pytest.raises(error):
        d.service.confirm(grant(), [sent()])


def test_a_lost_answer_ends_in_one_record():
    """The server works on the callback, its answer is lost, and the engine comes again."""
    rows: list[str] = []

    def callback(seen: Seen) -> Reply:
        rows.append(seen.json["fingerprint"])
        return Reply(cut=True)

    def fast(seen: Seen) -> Reply:
        return Reply(OK if seen.json["fingerprint"] in rows else MISS)

    with desk({FAST: fast, CALLBACK: callback}) as d:
        with pytest.raises(AnswerLost):
            d.service.confirm(grant(), [sent()])
        assert d.service.confirm(grant(), [sent(asked=True)]).ids == {7}
    assert len(rows) == 1


# The end of a batch


def test_the_end_is_told_in_totals():
    with desk({GROUP: OK}) as d:
        assert d.service.finish(BATCH, [grant()], TALLY) == Finished("")
        assert d.service.finish(BATCH, [grant()], TALLY) == Finished("")
        first, again = d.seen
    assert (first.method, first.path) == ("POST", GROUP)
    assert first.json == again.json
    assert first.json == {
        "file_group_id": GROUP_ID,
        "file_count": 120,
        "file_uploaded_count": 118,
    }


def test_a_batch_without_a_grant_has_the_group_it_would_get():
    with desk({GROUP: OK, STS: sts()}) as d:
        d.service.finish(BATCH, [], TALLY)
        assert d.seen[0].json["file_group_id"] == d.service.open(BATCH, "media", None).group


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"code": 404, "message": "not found"}, 404),
        Reply({"detail": "Not Found"}, 404),
        Reply(status=404),
        Reply(status=405),
        Reply(""),
        Reply("null"),
    ],
)
def test_a_server_without_the_group_callback_ends_no_worse(reply: Reply):
    with desk({GROUP: reply}) as d:
        outcome = d.service.finish(BATCH, [grant()], TALLY)
    assert outcome == Finished("this server does not use the group callback")


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply({"code": -1, "message": "bad group"}), RemoteError, "bad group"),
        (Reply({"detail": [{"msg": "not a uuid"}]}, 422), RemoteError, "not a uuid"),
        (Reply({"detail": "x"}, 400), RemoteError, "end of the batch"),
        (Reply(status=403), Forbidden, "refused access"),
        (Reply(status=503), ServerBusy, "busy"),
        (Reply("<html>"), BadAnswer, "does not understand"),
        (Reply(cut=True), NetworkError, "broke off"),
    ],
)
def test_a_refused_end_stops_the_batch(reply: Reply, error: type[PostflightError], words: str):
    with desk({GROUP: reply}) as d, pytest.raises(error, match=words) as caught:
        d.service.finish(BATCH, [grant()], TALLY)
    assert type(caught.value) is error
    assert caught.value.scope is Scope.BATCH
