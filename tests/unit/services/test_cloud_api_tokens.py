"""The Cloud API: a token that ends is renewed, once for all threads, and the call goes again."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import pytest

from app.domain.errors import NotSignedIn, Retry, ServerBusy
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.cloud_api_kit import (
    CALLBACK,
    LOGIN,
    PASSWORD,
    PILOT,
    REFRESH,
    TINY,
    TOKEN,
    Tokens,
    desk,
    everything,
    grant,
    sent,
    token_answer,
)

pytestmark = pytest.mark.usefixtures("houses")


def test_an_ended_token_is_refreshed_with_the_old_one_and_the_call_repeated():
    tokens = Tokens()
    with desk(tokens.answers(), secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, TINY, REFRESH, TINY]
        [refresh] = d.calls(REFRESH)
    assert refresh.headers["x-auth-token"] == "t1"
    assert refresh.body == b""


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401),
        Reply({"code": 401, "message": "no"}, 401),
        Reply({"detail": "Not Found"}, 404),
        Reply({"code": -1, "message": "null pointer"}),
        Reply(""),
        Reply("<html>"),
        Reply({"code": 0, "data": None}),
        Reply({"code": 0, "data": {"access_token": "t1"}}),  # the old one again
    ],
)
def test_a_server_that_does_not_refresh_gets_a_login(reply: Reply):
    tokens = Tokens()
    with desk({**tokens.answers(), REFRESH: reply}, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, TINY, REFRESH, LOGIN, TINY]


def test_a_refreshed_token_that_is_refused_leads_to_a_login():
    tokens = Tokens()
    answers = {**tokens.answers(), REFRESH: token_answer("useless")}
    with desk(answers, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, TINY, REFRESH, TINY, LOGIN, TINY]


def test_it_gives_up_when_no_token_is_accepted():
    tokens = Tokens(accepts=False)
    with desk(tokens.answers(), secret=PASSWORD, options=PILOT) as d:
        with pytest.raises(NotSignedIn) as caught:
            d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, REFRESH, TINY, LOGIN, TINY]
    assert caught.value.retry is Retry.PERSON


def test_code_401_in_an_envelope_renews_as_well():
    tokens = Tokens()

    def tiny(seen: Seen) -> Reply:
        reply = tokens.call(seen)
        return reply if reply.status == 200 else Reply({"code": 401, "message": "expired"})

    with desk({**tokens.answers(), TINY: tiny}, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.calls(REFRESH)


def test_a_busy_refresh_does_not_cost_a_login():
    tokens = Tokens()
    answers = {**tokens.answers(), REFRESH: Reply(status=503, headers={"Retry-After": "7"})}
    with desk(answers, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        with pytest.raises(ServerBusy) as caught:
            d.service.sign_in()
        assert len(d.calls(LOGIN)) == 1
    assert caught.value.wait == 7


def test_a_pasted_token_is_refreshed_too_where_the_server_does_that():
    tokens = Tokens()
    with desk(tokens.answers()) as d:
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.paths() == [TINY, REFRESH, TINY]


def test_a_pasted_token_that_is_refused_asks_for_a_new_one():
    tokens = Tokens(refreshes=False)
    with desk(tokens.answers()) as d:
        with pytest.raises(NotSignedIn, match="did not accept the token") as caught:
            d.service.sign_in()
        assert d.paths() == [TINY, REFRESH]
        with pytest.raises(NotSignedIn):
            d.service.sign_in()
        assert len(d.asked_secret) == 2  # the person may have entered another one
    assert "Paste a new token" in caught.value.hint
    assert TOKEN not in everything(caught.value)


def test_a_callback_refused_for_its_token_is_sent_again_though_it_must_not_run_twice():
    tokens = Tokens()
    with desk(tokens.answers(), secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        assert d.service.confirm(grant(), [sent()]).ids == {7}
        assert len(d.calls(CALLBACK)) == 2


def test_many_threads_with_an_ended_token_renew_it_once():
    tokens = Tokens()
    width = 8
    barrier = threading.Barrier(width)

    def tiny(seen: Seen) -> Reply:
        reply = tokens.call(seen)
        if reply.status == 401:
            barrier.wait(10)  # all have been refused before the first may renew
        return reply

    with desk({**tokens.answers(), TINY: tiny}, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        with ThreadPoolExecutor(width) as threads:
            said = list(threads.map(lambda _: d.service.sign_in(), range(width)))
        assert said == ["Signed in as pilot."] * width
        assert len(d.calls(REFRESH)) == 1
        assert len(d.calls(LOGIN)) == 1


def test_many_threads_without_a_token_log_in_once():
    tokens = Tokens()
    with desk(tokens.answers(), secret=PASSWORD, options=PILOT) as d:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: d.service.sign_in(), range(8)))
        assert len(d.calls(LOGIN)) == 1


def waiting_for_a_token() -> int:
    """Threads inside the step that only one of them may take at a time."""
    count = 0
    for top in sys._current_frames().values():
        frame: FrameType | None = top
        while frame is not None and "refusals" not in frame.f_locals:
            frame = frame.f_back
        count += frame is not None
    return count


def test_threads_that_wait_for_a_login_share_its_refusal():
    width = 6
    started = threading.Barrier(width + 1)
    go_on = threading.Event()

    def login(seen: Seen) -> Reply:
        go_on.wait(10)
        return Reply({"code": 401, "message": "invalid password"})

    def try_it(_: int) -> str:
        started.wait(10)
        try:
            return d.service.sign_in()
        except NotSignedIn as error:
            return error.title

    with desk({LOGIN: login}, secret=PASSWORD, options=PILOT) as d:
        with ThreadPoolExecutor(width) as threads:
            said = [threads.submit(try_it, number) for number in range(width)]
            started.wait(10)
            while waiting_for_a_token() < width:
                threading.Event().wait(0.001)
            go_on.set()
            titles = {one.result() for one in said}
        assert titles == {"Depot did not accept the user name or the password."}
        assert len(d.calls(LOGIN)) == 1
        with pytest.raises(NotSignedIn):  # a later try asks again
            d.service.sign_in()
        assert len(d.calls(LOGIN)) == 2
