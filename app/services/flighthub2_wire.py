"""FlightHub 2's messages as they come in, lenient where a server may surprise."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, Field

from app.net.wire import Listed, Text, Wire

D = TypeVar("D", bound=BaseModel)


def nfc(name: str) -> str:
    """The form in which names are compared; a server may give back another one than it got."""
    return unicodedata.normalize("NFC", name)


def _number_or_nothing(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 2**63 else None


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _object_or_nothing(value: Any) -> Any:
    return {} if value is None else value


# Numbers whose meaning is uncertain must never make a whole message unreadable.
Number = Annotated[int | None, BeforeValidator(_number_or_nothing)]
Hidden = Annotated[str, Field(repr=False)]
Key = Annotated[str, Field(repr=False, min_length=1)]


class Head(Wire):
    """The envelope of every answer; `code` 0 is success, most failures are HTTP 200 all the same.

    (contracts: flighthub2 section 2)
    """

    code: int | None = None
    message: Annotated[str, BeforeValidator(_said)] = ""


class Envelope(Head, Generic[D]):
    data: Annotated[D, BeforeValidator(_object_or_nothing)]


class StoreToken(Wire):
    """(contracts: flighthub2 3.2)"""

    cloud_name: Text = ""
    region: Text = ""
    end_point: Text = ""
    cloud_bucket_name: Text = ""
    access_key_id: Key
    secret_access_key: Key
    session_token: Text = Field("", repr=False)
    store_path: Text = ""
    callback_param: Key
    expire_time: Number = None


class StsKeys(Wire):
    access_key_id: Key
    access_key_secret: Key
    security_token: Text = Field("", repr=False)
    expire: Number = None


class StsToken(Wire):
    """(contracts: flighthub2 section 4); the member names differ from those of `StoreToken`."""

    provider: Text = ""
    region: Text = ""
    endpoint: Text = ""
    bucket: Text = ""
    object_key_prefix: Text = ""
    credentials: StsKeys


class Memo(Wire):
    """What `Grant.memo` holds of an open modelling grant, as JSON of our own."""

    callback_param: Hidden
    title: str = ""


class Uploaded(Wire):
    """(contracts: flighthub2 3.4); None: the server did not say."""

    resource_uuid: Text = ""
    upload_count: Number = None
    file_name_list: list[str] | None = None


class Resource(Wire):
    """(contracts: flighthub2 3.5)"""

    status: Number = None
    file_names: Listed[str] = Field(default_factory=list[str])

    @cached_property
    def names(self) -> frozenset[str]:
        """Asked for once a name, and there may be twenty thousand."""
        return frozenset(nfc(name) for name in self.file_names)


class ProjectItem(Wire):
    uuid: Text = ""
    name: Text = ""


class ProjectList(Wire):
    items: Listed[ProjectItem] = Field(default_factory=list[ProjectItem], alias="list")


class Wayline(Wire):
    name: Text = ""
    size: Number = None


class WaylineList(Wire):
    items: Listed[Wayline] = Field(default_factory=list[Wayline], alias="list")


class StartedModel(Wire):
    uuid: Text = ""
    status: Number = None
    sub_error_code: Number = None


class Started(Wire):
    """(contracts: flighthub2 3.6); only the kinds that were asked for are present."""

    model_2d: StartedModel | None = None
    model_3d: StartedModel | None = None
    model_3dgs: StartedModel | None = None
    model_lidar: StartedModel | None = None


class Model(Wire):
    """(contracts: flighthub2 3.7)"""

    resource_uuid: Text = ""
    model_uuid: Text = ""
    model_type: Number = None
    model_status: Number = None
    reconstruction_progress: Number = None
    error_code: Number = None
    zip_status: Number = None
    zip_progress: Number = None


class ModelList(Wire):
    items: Listed[Model] = Field(default_factory=list[Model], alias="list")


class TokenClaims(Wire):
    """Members of the organisation token that are shown; all uncertain (flighthub2 section 2)."""

    account: Text = ""
    exp: Number = None
