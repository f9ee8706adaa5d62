"""The hot path's own signatures and addresses, compared with those that botocore makes."""

# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import time
from typing import Any, cast
from urllib.parse import quote, urlsplit

import boto3.session
import botocore.auth
import botocore.config
import botocore.credentials
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.placement import Addressing, Keys, Signature, Storage
from app.transfer.direct import UNSIGNED, Direct, direct

_NOW = 1_780_000_000.25
_MD5 = "1B2M2Y8AsgTpgAmY7PhCfg=="

_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
_word = st.text("abcXYZ019-_./+=~", min_size=1, max_size=40)
_kinds = st.sampled_from(["", "image/jpeg", "  a  b ", "a\tb"]) | _text
_keys = st.builds(Keys, _word, _text, st.just("") | _word)
_day = st.floats(0, 4_000_000_000)


def storage(
    endpoint: str = "https://oss.example",
    addressing: Addressing = Addressing.PATH,
    bucket: str = "media-7",
    region: str = "cn-hangzhou",
    signature: Signature = Signature.V4,
) -> Storage:
    return Storage(endpoint, region, bucket, addressing, signature)


def made(where: Storage, keys: Keys) -> Direct:
    found = direct(where, keys)
    assert found is not None
    return found


class _Botocore(botocore.auth.S3SigV4Auth):
    """Signs with a time that is given; keeps what it hashed."""

    canonical = ""

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(_NOW_OF[0]))
        cast(Any, super())._modify_request_before_signing(request)

    def canonical_request(self, request: Any) -> str:
        self.canonical = cast(Any, super()).canonical_request(request)
        return self.canonical


_NOW_OF = [_NOW]


def signed_by_botocore(where: Storage, keys: Keys, url: str, headers: dict[str, str]) -> str:
    """The Authorization of a PUT with these headers, which must hold the body's digest."""
    request: Any = cast(Any, AWSRequest)(method="PUT", url=url, headers=headers, data=b"")
    request.context["client_config"] = botocore.config.Config(s3={"payload_signing_enabled": True})
    known: Any = botocore.credentials.Credentials(
        keys.access_key, keys.secret_key, keys.session_token or None
    )
    auth = cast(Any, _Botocore)(known, "s3", where.region)
    auth.payload = lambda _: headers["X-Amz-Content-SHA256"]
    auth.add_auth(request)
    return str(request.headers["Authorization"])


@given(
    keys=_keys, key=_text, kind=_kinds, upload=_text, now=_day, part=st.booleans(),
    md5=st.sampled_from([_MD5, ""]),
)  # fmt: skip
def test_every_signature_is_the_one_of_botocores_signer(
    keys: Keys, key: str, kind: str, upload: str, now: float, part: bool, md5: str
) -> None:
    where = storage()
    query = f"partNumber=7&uploadId={quote(upload, safe='-_.~')}" if part else ""
    signed = made(where, keys).put(key, query, kind, md5, UNSIGNED, now)
    given_headers = {
        name: value
        for name, value in signed.headers.items()
        if name in ("Content-MD5", "Content-Type", "X-Amz-Content-SHA256")
    }
    _NOW_OF[0] = now
    assert signed.headers["Authorization"] == signed_by_botocore(
        where, keys, signed.url, given_headers
    )


@given(key=_text, upload=_text, digest=st.binary(min_size=32, max_size=32))
def test_a_digest_of_the_body_is_signed_with_it(key: str, upload: str, digest: bytes) -> None:
    where, keys = storage("http://127.0.0.1:9000"), Keys("AK", "SK", "token")
    query = f"partNumber=1&uploadId={quote(upload, safe='-_.~')}"
    signed = made(where, keys).put(key, query, "image/jpeg", _MD5, digest.hex(), _NOW)
    assert signed.headers["X-Amz-Content-SHA256"] == digest.hex()
    given_headers = {
        "Content-MD5": _MD5,
        "Content-Type": "image/jpeg",
        "X-Amz-Content-SHA256": digest.hex(),
    }
    _NOW_OF[0] = _NOW
    assert signed.headers["Authorization"] == signed_by_botocore(
        where, keys, signed.url, given_headers
    )


_ENDPOINTS = [
    "https://oss-cn-hangzhou.aliyuncs.com",
    "http://storage.local:9000",
    "https://storage.local:443",
    "http://10.0.0.7:80",
    "https://obs.cn-north-4.myhuaweicloud.com/",
]
_KEYS = ["a", "flight 7/DJI ü+1.JPG", "/a//b/", "照片/%41~*'()!.jpg", "?#&="]


@pytest.fixture(scope="module")
def session() -> Any:
    return boto3.session.Session()


@pytest.mark.parametrize("endpoint", _ENDPOINTS)
@pytest.mark.parametrize("addressing", list(Addressing))
@pytest.mark.parametrize(
    "key", ["a", "flight 7/DJI ü+1.JPG", "/a//b/", "照片/%41~*'()!.jpg", "?#&="]
)
def test_the_address_is_the_one_that_botocore_would_use(
    session: Any, endpoint: str, addressing: Addressing, key: str
) -> None:
    where = storage(endpoint, addressing)
    keys = Keys("AK", "SK")
    found = direct(where, keys)
    if addressing is Addressing.VIRTUAL and "10.0.0.7" in endpoint:
        assert found is None
        return
    assert found is not None
    client = session.client(
        "s3",
        region_name=where.region,
        endpoint_url=endpoint,
        aws_access_key_id="AK",
        aws_secret_access_key="SK",
        config=botocore.config.Config(
            signature_version="s3v4", s3={"addressing_style": addressing.value}
        ),
    )
    seen: list[Any] = []

    def look(request: Any, **_: Any) -> Any:
        seen.append(request)
        raise RuntimeError("seen")

    client.meta.events.register("before-send.s3", look)
    with pytest.raises(RuntimeError, match="seen"):
        client.put_object(Bucket=where.bucket, Key=key, Body=b"")
    url = found.put(key, "", "image/jpeg", _MD5, UNSIGNED, _NOW).url
    assert url == seen[0].url
    assert found.host == urlsplit(seen[0].url).netloc


@pytest.mark.parametrize(
    "where",
    [
        storage(signature=Signature.V2),
        storage(bucket="no bucket"),
        storage(bucket="with.dots"),
        storage(bucket="Upper"),
        storage(region="no region/at all"),
        storage(region=""),
        storage("https://gateway.example/s3"),
        storage("https://gateway.example?x=1"),
        storage("https://user@gateway.example"),
        storage("https://[::1]:9000"),
        storage("https://Gateway.example"),
        storage("ftp://gateway.example"),
        storage("not-an-address"),
    ],
)
def test_what_is_unusual_is_left_to_botocore(where: Storage) -> None:
    assert direct(where, Keys("AK", "SK")) is None


def test_nothing_secret_is_printed() -> None:
    keys = Keys("AK-secret", "SK-secret", "token-secret")
    signed = made(storage(), keys).put("k", "", "", _MD5, UNSIGNED, _NOW)
    assert "secret" not in repr(signed)
