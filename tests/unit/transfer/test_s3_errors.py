"""What storages' refusals and botocore's errors become."""

from __future__ import annotations

import inspect

import botocore.exceptions
import botocore.parsers
import pytest

from app.domain.errors import (
    BadAnswer,
    ClockWrong,
    Damaged,
    Forbidden,
    KeysExpired,
    PostflightError,
    Refused,
    Scope,
    ServerBusy,
    ServerFailed,
    UploadGone,
    UsageError,
)
from app.transfer.botocore_errors import ANSWER_ERRORS, SETTINGS_ERRORS, botocore_error
from app.transfer.s3_errors import NotThere, bare_etag, refusal
from app.transfer.transport import Answer

NOW = 1_800_000_000.0


def _answer(status: int, code: str = "", headers: dict[str, str] | None = None) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>why</Message></Error>" if code else ""
    return Answer("storage.example", status, headers or {}, body.encode())


def _error(status: int, code: str = "", headers: dict[str, str] | None = None) -> PostflightError:
    return refusal(_answer(status, code, headers), NOW, NOW + 60)


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    "code",
    [
        "ExpiredToken",
        "SecurityTokenExpired",
        "InvalidSecurityToken",
        "InvalidToken",
        "TokenRefreshRequired",
        "RequestExpired",
        "InvalidAccessKeyId",
    ],
)
def test_every_way_of_saying_that_keys_ended_means_the_same(status: int, code: str) -> None:
    assert isinstance(_error(status, code), KeysExpired)


@pytest.mark.parametrize("code", ["AccessDenied", "SignatureDoesNotMatch", ""])
def test_a_refusal_after_the_keys_end_is_about_the_keys(code: str) -> None:
    for now, worn, kind in ((NOW, False, Forbidden), (NOW + 60, False, KeysExpired)):
        assert type(refusal(_answer(403, code), now, NOW + 60, worn)) is kind
    assert type(refusal(_answer(403, code), NOW, None, worn=True)) is KeysExpired
    assert type(refusal(_answer(403, "RequestTimeTooSkewed"), NOW, None, worn=True)) is ClockWrong


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", Forbidden),
        (403, "SignatureDoesNotMatch", Forbidden),
        (403, "RequestTimeTooSkewed", ClockWrong),
        (503, "SlowDown", ServerBusy),
        (400, "RequestTimeout", ServerBusy),
        (500, "InternalError", ServerFailed),
        (409, "OperationAborted", ServerBusy),
        (400, "BadDigest", Damaged),
        (400, "InvalidDigest", Damaged),
        (400, "XAmzContentSHA256Mismatch", Damaged),
        (404, "NoSuchUpload", UploadGone),
        (404, "NoSuchKey", UploadGone),
        (400, "InvalidPart", UploadGone),
        (404, "NoSuchBucket", Forbidden),
        (403, "SecondLevelDomainForbidden", Forbidden),
        (301, "PermanentRedirect", Forbidden),
        (403, "QuotaExceeded", Forbidden),
        (400, "EntityTooLarge", Refused),
        (400, "KeyTooLongError", Refused),
        (400, "SomethingNobodyKnows", Refused),
        (503, "SomethingNobodyKnows", ServerBusy),
        (429, "", ServerBusy),
        (500, "", ServerFailed),
        (502, "", ServerFailed),
        (503, "", ServerBusy),
        (504, "", ServerFailed),
        (599, "", ServerFailed),
        (408, "", ServerBusy),
        (403, "", Forbidden),
        (401, "", Forbidden),
        (404, "", NotThere),
        (413, "", Refused),
        (507, "", Forbidden),
        (302, "", BadAnswer),
        (511, "", BadAnswer),
    ],
)
def test_the_table(status: int, code: str, kind: type[PostflightError]) -> None:
    error = _error(status, code)
    assert type(error) is kind
    assert error.title and error.hint and error.leg is not None
    assert code in error.details and str(status) in error.details


def test_a_whole_batch_stops_only_for_what_all_its_files_would_meet() -> None:
    assert _error(404, "NoSuchBucket").scope is Scope.BATCH
    assert _error(403, "QuotaExceeded").scope is Scope.BATCH
    assert _error(400, "EntityTooLarge").scope is Scope.FILE
    assert _error(400, "SomethingNobodyKnows").scope is Scope.FILE


def test_access_denied_is_about_the_keys_once_they_have_ended() -> None:
    denied = _answer(403, "AccessDenied")
    assert isinstance(refusal(denied, NOW, NOW), KeysExpired)
    assert isinstance(refusal(denied, NOW, NOW + 1), Forbidden)
    assert isinstance(refusal(denied, NOW, None), Forbidden)
    assert isinstance(refusal(_answer(403), NOW, NOW), KeysExpired)


@pytest.mark.parametrize(("retry_after", "wait"), [("12", 12.0), ("", None), ("soon", None)])
def test_a_busy_storage_may_name_a_wait(retry_after: str, wait: float | None) -> None:
    error = _error(503, "SlowDown", {"retry-after": retry_after})
    assert isinstance(error, ServerBusy)
    assert error.wait == wait


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>no xml<br></html>",
        b"\xff\xfe\x00",
        b'<!DOCTYPE e [<!ENTITY a "b">]><Error><Code>&a;</Code></Error>',
        b"<Other><Code>ExpiredToken</Code></Other>",
        b"",
    ],
)
def test_a_body_that_is_no_s3_error_leaves_the_status_to_decide(body: bytes) -> None:
    assert type(refusal(Answer("h", 400, {}, body), NOW, None)) is Refused


def test_codes_are_read_with_a_namespace_and_made_safe_to_print() -> None:
    body = (
        b'<Error xmlns="http://s3.example/doc"><Code>ExpiredToken</Code>'
        b"<Message>a\x09b\nc</Message><RequestId>r-1</RequestId></Error>"
    )
    error = refusal(Answer("h", 400, {}, body), NOW, None)
    assert isinstance(error, KeysExpired)
    assert error.details == "400 ExpiredToken a b c request r-1"


def test_an_etag_loses_its_quotes_and_keeps_its_case() -> None:
    assert bare_etag(' "AbC-2" ') == "AbC-2"


# Classes of botocore that no call of ours can raise, by what they are about. A new class of a
# new botocore lands in no list and fails the test below until somebody has looked at it.
_NEVER = {
    "base classes": ("BotoCoreError", "UndefinedModelAttributeError"),
    "sending, which is ours: see NETWORK_TABLE": (
        "HTTPClientError",
        "ConnectionError",
        "EndpointConnectionError",
        "SSLError",
        "ConnectionClosedError",
        "ReadTimeoutError",
        "ConnectTimeoutError",
        "ProxyConnectionError",
        "ResponseStreamingError",
        "InvalidProxiesConfigError",
        "CapacityNotAvailableError",
        "UnseekableStreamError",
        "AwsChunkedWrapperError",
    ),
    "credentials, which are given and never looked for": (
        "NoCredentialsError",
        "NoAuthTokenError",
        "TokenRetrievalError",
        "UnknownTokenProviderError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "UnknownCredentialError",
        "RefreshWithMFAUnsupportedError",
        "MetadataRetrievalError",
        "InvalidIMDSEndpointError",
        "InvalidIMDSEndpointModeError",
        "SSOError",
        "LoginError",
    ),
    "profiles and settings files, which are not read": (
        "ProfileNotFound",
        "ConfigParseError",
        "ConfigNotFound",
        "InvalidConfigError",
        "InvalidRetryConfigurationError",
        "InvalidS3UsEast1RegionalEndpointConfigError",
        "InvalidSTSRegionalEndpointsConfigError",
        "InvalidDefaultsMode",
        "InvalidChecksumConfigError",
        "InvalidEndpointDiscoveryConfigurationError",
        "UnsupportedS3ControlConfigurationError",
        "UnsupportedS3AccesspointConfigurationError",
    ),
    "a broken installation or a mistake of ours: a bug, shown as one": (
        "DataNotFoundError",
        "ApiVersionNotFoundError",
        "MissingParametersError",
        "UnknownServiceStyle",
        "ServiceNotInRegionError",
        "UnknownClientMethodError",
        "InvalidExpressionError",
        "MD5UnavailableError",
        "MissingDependencyException",
        "UnsupportedServiceProtocolsError",
    ),
    "parts of botocore that are not used": (
        "PaginationError",
        "OperationNotPageableError",
        "WaiterError",
        "WaiterConfigError",
        "StubResponseError",
    ),
}


def _botocore_classes() -> list[type[Exception]]:
    return [
        kind
        for _, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
        if issubclass(kind, Exception)
        and not issubclass(kind, Warning)
        and kind.__module__ == "botocore.exceptions"
    ]


@pytest.mark.parametrize("kind", _botocore_classes(), ids=lambda kind: kind.__name__)
def test_every_botocore_error_is_translated_or_cannot_come(kind: type[Exception]) -> None:
    never = {name for names in _NEVER.values() for name in names}
    names = {base.__name__ for base in kind.__mro__} - {"BotoCoreError", "ValueError"}
    translated = bool(names & {*SETTINGS_ERRORS, *ANSWER_ERRORS})
    assert translated or names & never or kind.__name__ in never


def test_botocores_own_errors_become_ours() -> None:
    exceptions = botocore.exceptions
    settings = exceptions.ParamValidationError(report="Invalid bucket name")
    assert isinstance(botocore_error(settings), UsageError)
    assert isinstance(botocore_error(ValueError("Invalid endpoint: x")), UsageError)
    for error in (
        exceptions.ClientError({"Error": {"Code": "1"}}, "PutObject"),
        botocore.parsers.ResponseParserError("no xml"),
    ):
        assert isinstance(botocore_error(error), BadAnswer)
    bug = exceptions.DataNotFoundError(data_path="s3")
    with pytest.raises(exceptions.DataNotFoundError):
        botocore_error(bug)
