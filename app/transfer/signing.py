"""Signs botocore's requests with the storage's time instead of this computer's."""

# pyright: reportMissingTypeStubs=false
# boto3 and botocore come without types; nothing of theirs leaves this layer.

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from typing import Any, cast

import botocore.auth
import botocore.credentials

from app.domain.placement import Keys, Signature

Now = Callable[[], float]


class _Version4(botocore.auth.S3SigV4Auth):
    now: Now

    def _modify_request_before_signing(self, request: Any) -> None:
        # botocore has put its own idea of the time there, and reads it from now on.
        request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.now()))
        cast(Any, super())._modify_request_before_signing(request)


class _Version2(botocore.auth.HmacV1Auth):
    now: Now

    def _get_date(self) -> str:
        return email.utils.formatdate(self.now(), usegmt=True)


def sign(request: Any, keys: Keys, signature: Signature, region: str, now: Now) -> None:
    """Adds the headers that prove who asks."""
    known: Any = botocore.credentials.Credentials(
        keys.access_key, keys.secret_key, keys.session_token or None
    )
    if signature is Signature.V2:
        auth: Any = cast(Any, _Version2)(known)
    else:
        auth = cast(Any, _Version4)(known, "s3", region)
    auth.now = now
    auth.add_auth(request)
