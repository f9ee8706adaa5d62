"""What a test or the demo may change about the practice cloud while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

MiB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Keys for a storage that is not ours, and what is said of it and of their life."""

    url: str
    bucket: str
    region: str
    access_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    live: float


@dataclass(slots=True)
class Settings:
    """Each call reads a setting once, so that a single assignment takes effect at once and whole.

    Times are in seconds, sizes in bytes. Where the contracts name several behaviours of real
    servers, the default is the strictest one that all of them understand.
    """

    # all interfaces
    offset: float = 0.0  # how far the server's clock is ahead of `clock`
    control_delay: float = 0.0  # how long each control call takes
    upload_rate: float | None = None  # bytes per second and connection; None: as fast as it goes

    # storage
    keys_live: float = 3600.0
    expire_answer: int | Literal["as is"] | None = "as is"  # told of their life; None: missing
    expired_answer: Literal["403 ExpiredToken", "400 ExpiredToken", "403 AccessDenied"] = (
        "403 ExpiredToken"
    )
    reads: bool = False  # whether granted keys may HEAD, GET and list
    etag_style: Literal["lower", "upper", "opaque"] = "lower"
    smallest_part: int = 5 * MiB  # all but the last part
    empty_complete_etag: bool = False  # as Ceph's gateway answers
    aws_checksums: bool = False  # whether x-amz-checksum-* headers are taken

    # flighthub2
    projects: int = 3  # how many the user has joined
    renewal: Literal["new", "same"] = "new"  # the group that a further obtain_token answers
    import_polls: int = 2  # the resource is complete at this many looks
    job_polls: int = 3  # a reconstruction ends at this many looks
    job_end: Literal["success", "failed", "no compute"] = "success"

    # cloud-api
    provider: Literal["minio", "aws", "ali"] = "minio"
    sts_credentials: bool = True  # False: as the demo server answers when the vendor refused
    prefix_slash: bool = False  # whether object_key_prefix ends in a slash
    login_flag: Literal[0, 1, 2] = 0  # the kind of account; 0 passes as both
    data_shape: Literal["text", "object", "null"] = "text"  # `data` of callback and hit
    callback_looks: bool = True  # whether the callback needs the object in the bucket
    elsewhere: Callable[[], Elsewhere] | None = None  # lends keys of another storage than ours
    group_callback: Literal["ok", "absent", "empty"] = "ok"

    # metastudio
    strict_confirm: bool = True  # CREATED needs the stored object
    address_live: float = 86400.0
    throttle: float | None = None  # calls per second before 429
    review_states: tuple[str, ...] = ()  # what ShowAsset says of a confirmed file before CREATED
    unique_asset_names: bool = False
    main_after_cancel: bool = True  # whether a cancelled MAIN makes room for a new one
    part_headers: Literal["any", "none"] = "any"  # none: part addresses are signed without headers
