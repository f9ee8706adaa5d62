"""The names of all calls the practice cloud understands, for faults, the journal and violations."""

from __future__ import annotations

from enum import StrEnum


class Call(StrEnum):
    """One name per call; the part before the dot is the interface."""

    FH_STATUS = "flighthub2.system_status"
    FH_PROJECTS = "flighthub2.projects"
    FH_TOKEN = "flighthub2.obtain_token"  # noqa: S105
    FH_CALLBACK = "flighthub2.upload_callback"
    FH_RESOURCE = "flighthub2.resource"
    FH_DELETE_RESOURCE = "flighthub2.delete_resource"
    FH_START = "flighthub2.start"
    FH_STOP = "flighthub2.stop"
    FH_RUNNING = "flighthub2.running"
    FH_MODEL = "flighthub2.model"
    FH_DELETE_MODEL = "flighthub2.delete_model"
    FH_STS = "flighthub2.sts_token"
    FH_FINISH = "flighthub2.finish_upload"
    FH_WAYLINES = "flighthub2.waylines"

    CA_LOGIN = "cloud-api.login"
    CA_REFRESH = "cloud-api.refresh"
    CA_STS = "cloud-api.sts"
    CA_TINY = "cloud-api.tiny-fingerprints"
    CA_FAST = "cloud-api.fast-upload"
    CA_CALLBACK = "cloud-api.upload-callback"
    CA_GROUP = "cloud-api.group-upload-callback"

    MS_TOKEN = "metastudio.token"  # noqa: S105
    MS_PROJECTS = "metastudio.projects"
    MS_CREATE_ASSET = "metastudio.create-asset"
    MS_SHOW_ASSET = "metastudio.show-asset"
    MS_LIST_ASSETS = "metastudio.list-assets"
    MS_DELETE_ASSET = "metastudio.delete-asset"
    MS_CREATE_FILE = "metastudio.create-file"
    MS_CREATE_LARGE = "metastudio.create-large-file"
    MS_COMPLETE = "metastudio.complete"
    MS_DELETE_FILE = "metastudio.delete-file"
    MS_PUT = "metastudio.put"
    MS_PUT_PART = "metastudio.put-part"

    S3_PUT = "storage.put"
    S3_INITIATE = "storage.initiate"
    S3_PART = "storage.part"
    S3_COMPLETE = "storage.complete"
    S3_ABORT = "storage.abort"
    S3_PARTS = "storage.parts"
    S3_UPLOADS = "storage.uploads"
    S3_HEAD = "storage.head"
    S3_GET = "storage.get"
    S3_LIST = "storage.list"
    S3_DELETE = "storage.delete"

    UNKNOWN = "unknown"  # no interface knows the address


class Moment(StrEnum):
    """How far a call is when a witness hears of it."""

    ARRIVED = "arrived"  # its head was read and nothing is carried out
    DONE = "done"  # carried out and not answered
    ANSWERED = "answered"


# Calls that carry a file's bytes: only these can be damaged or answer an etag.
BYTES = frozenset({Call.S3_PUT, Call.S3_PART, Call.MS_PUT, Call.MS_PUT_PART})
