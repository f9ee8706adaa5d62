"""The services Postflight knows, and what each declares.

What speaks to a service is imported when the first connection is made: no window and no list
waits for an HTTP library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from app.domain.errors import UsageError
from app.domain.model import Connection
from app.domain.ports import Clock
from app.services.base import Field, Service, ServiceSpec
from app.services.flighthub2_kinds import JOBS, KINDS
from app.services.metastudio_fields import FIELDS
from app.services.storage import STORAGE_FIELDS

if TYPE_CHECKING:
    from app.net.http import Http

_RAW = "a JSON object for the service's algorithm, sent as it is; empty leaves it to the service"


def _flighthub2(
    connection: Connection, secret: Callable[[], str], http: Http, clock: Clock
) -> Service:
    from app.services.flighthub2 import FlightHub2

    return FlightHub2(connection, secret, http, clock)


def _cloud_api(
    connection: Connection, secret: Callable[[], str], http: Http, clock: Clock
) -> Service:
    from app.services.cloud_api import CloudApi

    return CloudApi(connection, secret, http, clock)


def _metastudio(
    connection: Connection, secret: Callable[[], str], http: Http, clock: Clock
) -> Service:
    from app.services.metastudio import MetaStudio

    return MetaStudio(connection, secret, http, clock)


FLIGHTHUB2: Final = ServiceSpec(
    id="flighthub2",
    title="FlightHub 2",
    secret="organisation token",  # noqa: S106
    group_name="resource_uuid",
    fields=(
        Field("project", "Project", "UUID of the project the files go to", required=True),
        Field(
            "reconstruct",
            "Reconstruct",
            "what the service makes of the batch once it is delivered",
            choices=JOBS,
            many=True,
        ),
        *(
            Field(kind.option, f"Parameters {kind.name.upper()}", _RAW, advanced=True)
            for kind in KINDS
        ),
        Field(
            "delete-resource-after",
            "Delete the files afterwards",
            "whether the service deletes the uploaded files when all reconstructions have ended",
            choices=("yes", "no"),
            advanced=True,
        ),
        *STORAGE_FIELDS,
    ),
    build=_flighthub2,
    words="DJI's platform for drone fleets: photos, videos and flight routes of a project.",
    address_hint="https://es-flight-api-us.djigate.com",
    destination="project",
    jobs=JOBS,
)

CLOUD_API: Final = ServiceSpec(
    id="cloud-api",
    title="DJI Cloud API",
    group_name="file_group_id",
    secret="token, or password when a user name is given",  # noqa: S106 - a label
    fields=(
        Field("workspace", "Workspace", "the workspace's UUID", required=True),
        Field("username", "User name", "signs in with a password; without it, paste a token"),
        Field(
            "drone-model",
            "Aircraft model key",
            "like 0-77-0, for aircraft unknown to Postflight or newer than the server",
            advanced=True,
        ),
        Field(
            "payload-model",
            "Camera model key",
            "like 1-66-0, for cameras unknown to Postflight or newer than the server",
            advanced=True,
        ),
        *STORAGE_FIELDS,
    ),
    build=_cloud_api,
    words="Your own or your company's server that speaks DJI's Cloud API.",
    address_hint="https://server.example.com",
    destination="workspace",
)

METASTUDIO: Final = ServiceSpec(
    id="metastudio",
    title="Huawei MetaStudio",
    secret="secret key, password or token",  # noqa: S106
    fields=FIELDS,
    build=_metastudio,
    words="Huawei Cloud's library of digital assets: every photo and video becomes an asset.",
    address_hint="https://metastudio.cn-north-4.myhuaweicloud.com",
)

SPECS: tuple[ServiceSpec, ...] = (FLIGHTHUB2, CLOUD_API, METASTUDIO)


def spec_of(service: str) -> ServiceSpec:
    """The spec with this id; UsageError names the known ones."""
    for spec in SPECS:
        if spec.id == service:
            return spec
    known = ", ".join(spec.id for spec in SPECS)
    raise UsageError(f"There is no service {service!r}.", f"Postflight knows: {known}.")
