"""The storage keys that the services hand out, and the check of who signed a storage call."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from typing import Any

from app.practice.answers import no
from app.practice.core import Core
from app.practice.message import Request
from app.practice.settings import Elsewhere, Settings
from app.practice.signatures import Claim, read_claim

SKEW = 15 * 60  # seconds a signer's clock may be off


@dataclass(frozen=True, slots=True)
class GrantedKey:
    """Temporary keys for one prefix of one bucket."""

    access_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    bucket: str
    prefix: str
    region: str
    expires_at: float  # the server's clock
    multipart: bool = True

    def covers(self, bucket: str, key: str) -> bool:
        return bucket == self.bucket and key.startswith(self.prefix)


class KeyRing:
    """All keys that were ever granted; thread-safe."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._keys: dict[str, GrantedKey] = {}
        core.expire_keys = self.expire

    def grant(
        self, bucket: str, prefix: str, region: str, provider: str, multipart: bool = True
    ) -> GrantedKey:
        """New keys that live for the setting's time; their look follows the provider."""
        core = self._core
        start, count = {"ali": ("STS.", 24), "aws": ("ASIA", 16)}.get(provider, ("", 20))
        key = GrantedKey(
            start + core.letters(count),
            core.text(30),
            core.text(600),
            bucket,
            prefix,
            region,
            core.now() + core.settings.keys_live,
            multipart,
        )
        with core.lock:
            self._keys[key.access_key] = key
        return key

    def expire(self) -> None:
        """All keys granted so far end now."""
        with self._core.lock:
            ended = self._core.now() - 1
            self._keys = {k: replace(v, expires_at=ended) for k, v in self._keys.items()}

    def secrets(self) -> frozenset[str]:
        with self._core.lock:
            return frozenset(text for k in self._keys.values() for text in (k.secret, k.token))

    def admit(self, request: Request) -> GrantedKey:
        """The key that truly signed the request; Refused with the storage's own words."""
        claim = read_claim(request)
        if claim is None:
            raise no(403, "AccessDenied", "Access Denied.", breach="no signature")
        if claim.problems:
            problem = "; ".join(claim.problems)
            raise no(403, "AccessDenied", problem, breach=problem)
        self._check_time(claim)
        with self._core.lock:
            key = self._keys.get(claim.access_key)
        if key is None:
            raise no(403, "InvalidAccessKeyId", "The access key is not in our records.")
        self._check_key(claim, key)
        return key

    def _check_time(self, claim: Claim) -> None:
        now = self._core.now()
        if claim.signed_at is not None and abs(now - claim.signed_at) > SKEW:
            raise no(403, "RequestTimeTooSkewed", "Request time and server time differ too much.")
        if claim.ends_at is not None and now > claim.ends_at:
            raise no(403, "AccessDenied", "Request has expired")

    def _check_key(self, claim: Claim, key: GrantedKey) -> None:
        if not _same(claim.token, key.token):
            words = "the session token is missing or another one"
            raise no(400, "InvalidToken", "The provided token is malformed.", breach=words)
        if self._core.now() >= key.expires_at:
            status, _, code = self._core.settings.expired_answer.partition(" ")
            raise no(int(status), code, "The provided token has expired.")
        if claim.region and claim.region != key.region:
            words = f"signed for region {claim.region!r} instead of {key.region!r}"
            raise no(400, "AuthorizationHeaderMalformed", "The region is wrong.", breach=words)
        if not _same(claim.signature, claim.proof(key.secret)):
            words = "the signature is wrong"
            raise no(403, "SignatureDoesNotMatch", "The signature does not match.", breach=words)


def tell_life(settings: Settings, told: dict[str, Any], member: str) -> None:
    """What the setting wants to be said there instead of the truth."""
    if settings.expire_answer is None:
        del told[member]
    elif settings.expire_answer != "as is":
        told[member] = settings.expire_answer


def sts_answer(key: GrantedKey, url: str, provider: str, live: float) -> dict[str, Any]:
    """The shape that section 4 of flighthub2 and section 2.1 of cloud-api share."""
    return {
        "endpoint": url,
        "bucket": key.bucket,
        "provider": provider,
        "region": key.region,
        "object_key_prefix": key.prefix.rstrip("/"),
        "credentials": {
            "access_key_id": key.access_key,
            "access_key_secret": key.secret,
            "security_token": key.token,
            "expire": int(live),
        },
    }


def lent_key(lent: Elsewhere, prefix: str, now: float) -> tuple[GrantedKey, str]:
    """A key of another storage, and that storage's address."""
    ends = now + lent.live
    key = GrantedKey(
        lent.access_key, lent.secret, lent.token, lent.bucket, prefix, lent.region, ends
    )
    return key, lent.url


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode(), ours.encode())
