"""The Cloud API: no error and nothing that is printed shows a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.domain.errors import NotSignedIn, PostflightError, RemoteError
from app.services.base import Service
from app.services.cloud_api_wire import Envelope, LoggedIn, StorageAccess
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.cloud_api_kit import (
    BATCH,
    CALLBACK,
    GROUP,
    LOGIN,
    OK,
    PASSWORD,
    PILOT,
    SECRET_KEY,
    SESSION,
    STS,
    TALLY,
    TINY,
    TOKEN,
    Answers,
    Tokens,
    desk,
    everything,
    grant,
    sent,
    sts,
)

pytestmark = pytest.mark.usefixtures("houses")


def echo(seen: Seen) -> Reply:
    """A server that repeats in its refusal whatever it was told."""
    told = f"{'x' * 150} {seen.headers.get('x-auth-token', '')} {seen.body.decode()}"
    return Reply({"code": -1, "message": told, "data": told})


def test_what_a_server_repeats_is_shown_without_the_secrets():
    calls: list[Callable[[Service], Any]] = [
        lambda service: service.sign_in(),
        lambda service: service.open(BATCH, "media", None),
        lambda service: service.finish(BATCH, [grant()], TALLY),
    ]
    answers: Answers = dict.fromkeys((TINY, STS, GROUP, CALLBACK), echo)
    with desk(answers) as d:
        errors: list[BaseException] = []
        for call in calls:
            with pytest.raises(RemoteError) as caught:
                call(d.service)
            errors.append(caught.value)
        errors.append(d.service.confirm(grant(), [sent()]).refused[7])
    for error in errors:
        assert TOKEN[:12] not in everything(error)
        assert "…" in everything(error)


def test_a_repeated_password_is_not_shown():
    with desk({LOGIN: echo}, secret=PASSWORD, options=PILOT) as d:
        with pytest.raises(NotSignedIn) as caught:
            d.service.sign_in()
        assert "correct horse" not in everything(caught.value)


def test_nothing_that_is_printed_holds_a_secret():
    tokens = Tokens()
    answers = {**tokens.answers(), STS: sts()}
    with desk(answers, secret=PASSWORD, options=PILOT) as d:
        opened = d.service.open(BATCH, "media", None)
        printed = repr((opened, d.service, vars(d.service))) + str(opened)
    for secret in (PASSWORD, SECRET_KEY, SESSION, "ASIAEXAMPLE0000001"):
        assert secret not in printed


def test_a_token_with_characters_no_header_carries_is_not_repeated():
    with desk({TINY: OK}, secret="tokén\r\nX: 1") as d, pytest.raises(PostflightError) as caught:
        d.service.sign_in()
    assert "tok" not in everything(caught.value).replace("token", "")


def test_messages_that_hold_secrets_do_not_show_them():
    data = sts()["data"]
    access = StorageAccess.model_validate(data)
    printed = repr((access, LoggedIn(access_token=TOKEN), Envelope(code="0", data=data)))
    for secret in (TOKEN, SECRET_KEY, SESSION, "ASIAEXAMPLE0000001"):
        assert secret not in printed


def test_a_token_repeated_as_a_code_is_not_shown():
    with desk({CALLBACK: {"code": f"E {TOKEN}", "message": "no"}}) as d:
        error = d.service.confirm(grant(), [sent()]).refused[7]
    assert "code E …" in error.details
    assert TOKEN not in everything(error)
