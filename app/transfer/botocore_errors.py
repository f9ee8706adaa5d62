"""botocore's own errors, as against a storage's refusals (s3_errors.py), in our words."""

from __future__ import annotations

from typing import Final

from app.domain.errors import BadAnswer, Leg, PostflightError, UsageError

# botocore's errors that a call of ours can meet, as nothing but its set-up, its checks of
# parameters and its reading of answers is used. The tests walk botocore's tree.
SETTINGS_ERRORS: Final = (
    "ParamValidationError",
    "ValidationError",
    "BaseEndpointResolverError",
    "EndpointProviderError",
    "InvalidHostLabelError",
    "InvalidDNSNameError",
    "InvalidS3AddressingStyleError",
    "InvalidEndpointConfigurationError",
    "UnknownRegionError",
    "UnsupportedS3ArnError",
    "UnsupportedS3ControlArnError",
    "UnsupportedOutpostResourceError",
    "UnsupportedS3ConfigurationError",
    "UnknownSignatureVersionError",
    "UnsupportedSignatureVersionError",
    "ValueError",
)
ANSWER_ERRORS: Final = (
    "ClientError",
    "ResponseParserError",
    "ChecksumError",
    "FlexibleChecksumError",
    "IncompleteReadError",
)


def botocore_error(error: Exception) -> PostflightError:
    """An error of botocore's own, in our words; what is in neither list is a bug and stays one."""
    names = [kind.__name__ for kind in type(error).__mro__]
    details = f"{type(error).__name__}"
    if any(name in SETTINGS_ERRORS for name in names):
        return UsageError(
            "The storage's address, region or bucket cannot be used.",
            "Ask the service's administrator to check its storage settings.",
            leg=Leg.SERVICE,
            details=f"{details}: {error}",
        )
    if any(name in ANSWER_ERRORS for name in names):
        return BadAnswer(
            "The storage gave an answer that Postflight does not understand.",
            "A page of this Wi-Fi may have answered in its place; or check the storage's address.",
            leg=Leg.STORAGE,
            details=details,
        )
    raise error
