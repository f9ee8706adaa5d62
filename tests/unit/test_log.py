"""The log: one line per event and no secret in it."""

from __future__ import annotations

import logging
import re
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.log import FILE_NAME, OneLine, redact, set_up, tear_down

SECRET = "hK9x-Vq2_Lw7Rt4Zs1"

SAMPLES = [
    f"X-User-Token: {SECRET}",
    f"x-user-token={SECRET}",
    f"{{'X-User-Token': '{SECRET}', 'Accept': '*/*'}}",
    f"[(b'X-Auth-Token', b'{SECRET}')]",
    f"Headers({{'x-auth-token': '{SECRET}'}})",
    f"Authorization: Bearer {SECRET}",
    f"'Authorization': 'AWS AKID:{SECRET}'",
    f"Authorization: AWS4-HMAC-SHA256 Credential={SECRET}/20260503, Signature={SECRET}",
    f"Authorization: SDK-HMAC-SHA256 Access={SECRET}, SignedHeaders=host, Signature={SECRET}",
    f"Proxy-Authorization: Basic {SECRET}==",
    f"Cookie: a=1; session={SECRET}",
    f"Set-Cookie: session={SECRET}; Path=/",
    f"sent with Bearer {SECRET}",
    f"PUT https://b.example/k?AWSAccessKeyId={SECRET}&Expires=1&Signature={SECRET}%2B%3D",
    f"PUT https://b.example/k?X-Amz-Signature={SECRET}&X-Amz-Security-Token={SECRET}",
    f"PUT https://b.example/k?X-Amz-Credential={SECRET}%2F20260503&partNumber=1",
    f"https://b.example/k?x-obs-security-token={SECRET}",
    f'{{"password": "{SECRET}", "name": "x"}}',
    f'{{"password": "{SECRET} with blanks and \\"quotes\\" {SECRET}"}}',
    f'{{"auth":{{"identity":{{"password":{{"user":{{"password":"{SECRET}"}}}}}}}}}}',
    f'{{"access_key_id":"{SECRET}","access_key_secret":"{SECRET}","security_token":"{SECRET}"}}',
    f'{{"accessKeyId":"{SECRET}","secretAccessKey":"{SECRET}","sessionToken":"{SECRET}"}}',
    f'{{"ak":"{SECRET}","sk":"{SECRET}"}}',
    f'"{{\\"session_token\\": \\"{SECRET}\\"}}"',
    f"Keys(access_key='{SECRET}', secret_key='{SECRET}', session_token='{SECRET}')",
    f"aws_session_token = {SECRET}",
    f"<Credentials><SecretKey>{SECRET}</SecretKey></Credentials>",
    f"<SignatureProvided>{SECRET}</SignatureProvided><StringToSign>{SECRET}</StringToSign>",
    f"http://user:{SECRET}@proxy.example:3128/",
    f"POSTFLIGHT_SECRET_FIELD={SECRET}",
    f"refused: token={SECRET}",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + SECRET,
]


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_secret_passes(sample: str) -> None:
    clean = redact(f"before {sample} after")
    assert SECRET not in clean and "***" in clean
    assert clean.startswith("before ")
    assert redact(clean) == clean


@pytest.mark.parametrize(
    "words",
    [
        "NotSignedIn: The token or password was refused.",
        "SecretsError: The keyring of this computer is locked.",
        "app.store.secrets opened SecretService",
        "GET /openapi/v1/projects 200 request 7f3a",
        "3 of 8 parts sent, key flight/DJI_0001.JPG, etag 0f1e2d",
        "PUT https://b.example/k?partNumber=3&uploadId=abc",
        "Wrote C:\\Users\\pilot\\postflight.db at 12:30:01",
    ],
)
def test_ordinary_words_stay(words: str) -> None:
    assert redact(words) == words


def test_what_stands_beside_a_secret_stays() -> None:
    assert redact("k?a=1&Signature=abc&b=2") == "k?a=1&Signature=***&b=2"
    assert redact('{"password":"abc","name":"x"}') == '{"password":"***","name":"x"}'
    assert redact("{'X-Auth-Token': 'abc', 'Accept': 'x'}") == (
        "{'X-Auth-Token': '***', 'Accept': 'x'}"
    )


words = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=16, max_size=40)


@given(words, st.sampled_from(["password", "X-User-Token", "session_token", "secret_key"]))
def test_whatever_the_secret_it_does_not_pass(secret: str, name: str) -> None:
    for sample in (f'{{"{name}": "{secret}"}}', f"{name}: {secret}", f"?{name}={secret}&x=1"):
        assert secret not in redact(sample)


@given(st.text(max_size=300))
def test_any_text_is_redacted_once_and_for_all(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_long_lines_take_no_time_worth_speaking_of() -> None:
    began = time.thread_time()
    for text in (
        "a" * 100_000,
        "token" * 20_000,
        '"token":"' * 10_000,
        "://" * 30_000,
        "eyJ-" * 25_000,
    ):
        redact(text)
    assert time.thread_time() - began < 3.0


def record(message: str, *values: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("app.engine", logging.INFO, __file__, 1, message, values, info)


def test_an_event_is_one_line_with_utc_time_level_thread_and_name() -> None:
    event = record("Sent %s.\nTwo lines\r\n", "a.jpg\x1b[31m")
    event.created, event.msecs = 1777809600.5, 500.0
    assert OneLine().format(event) == (
        "2026-05-03T12:00:00.500Z INFO MainThread app.engine Sent a.jpg\ufffd[31m. | Two lines"
    )


def test_secrets_in_arguments_and_tracebacks_are_masked_too() -> None:
    try:
        raise ValueError(f"X-Auth-Token: {SECRET}")
    except ValueError as error:
        line = OneLine().format(record("Header %s", {"X-User-Token": SECRET}, error=error))
    assert SECRET not in line and "ValueError" in line and "\n" not in line


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[logging.Handler]:
    root = logging.getLogger()
    level = root.level
    made = set_up(tmp_path)
    yield made
    tear_down(made)
    root.setLevel(level)


def test_events_and_warnings_arrive_in_the_file(tmp_path: Path, handler: logging.Handler) -> None:
    logging.getLogger("app.test").info("password=%s für %s", SECRET, "Zürich")
    logging.getLogger("httpx").info("GET https://x.example/?key=1")
    logging.getLogger("app.test").debug("not this")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("look here", UserWarning, stacklevel=1)
    lines = (tmp_path / FILE_NAME).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert re.search(r"INFO MainThread app\.test password=\*\*\* für Zürich$", lines[0])
    assert "look here" in lines[1]


def test_after_tear_down_nothing_is_written(tmp_path: Path) -> None:
    made = set_up(tmp_path)
    tear_down(made)
    logging.getLogger("app.test").error("late")
    assert not (tmp_path / FILE_NAME).exists()


def test_a_full_file_is_put_aside(tmp_path: Path, handler: logging.Handler) -> None:
    handler.maxBytes = 200  # type: ignore[attr-defined]
    for number in range(6):
        logging.getLogger("app.test").info("event %d %s", number, "x" * 60)
    assert (tmp_path / f"{FILE_NAME}.1").exists()
    assert "event 5" in (tmp_path / FILE_NAME).read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX renaming")
def test_a_file_that_cannot_be_put_aside_just_grows(
    tmp_path: Path, handler: logging.Handler
) -> None:
    # A folder with content in the way of the renaming, as an opened file is on Windows.
    (tmp_path / f"{FILE_NAME}.4").write_text("")
    (tmp_path / f"{FILE_NAME}.5" / "inside").mkdir(parents=True)
    handler.maxBytes = 200  # type: ignore[attr-defined]
    for number in range(6):
        logging.getLogger("app.test").info("event %d %s", number, "x" * 60)
    text = (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    assert all(f"event {number}" in text for number in range(6))


def test_tearing_down_gives_the_loggers_their_levels_back(tmp_path: Path) -> None:
    before = {name: logging.getLogger(name).level for name in ("root", "urllib3", "httpx")}
    handler = set_up(tmp_path, logging.DEBUG)
    assert logging.getLogger("urllib3").level == logging.WARNING
    tear_down(handler)
    assert {name: logging.getLogger(name).level for name in before} == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_full_disk_costs_the_line_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE_NAME).symlink_to("/dev/full")
    handler = set_up(tmp_path)
    try:
        logging.getLogger("test").warning("the line that finds no room")
    finally:
        tear_down(handler)
    assert capsys.readouterr() == ("", "")
