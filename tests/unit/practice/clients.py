"""Plain clients that know nothing of Postflight's own code, to ask the practice cloud things."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from app.practice.cloud import PracticeCloud

PLAIN = {"request_checksum_calculation": "when_required"}


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]  # lower-case names
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> Any:
        return self.json["code"]

    @property
    def data(self) -> Any:
        return self.json["data"]


def ask(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None):
    """One request on a connection of its own; the address goes out byte for byte."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Got(answer.status, named, answer.read())
    finally:
        connection.close()


class FlightHub:
    """Asks FlightHub 2 as its contract wants it; headers can be replaced, None drops one."""

    def __init__(self, cloud: PracticeCloud) -> None:
        self.cloud = cloud
        self.account = cloud.account("flighthub2")

    def ask(self, method: str, path: str, value: Any = None, **headers: str | None) -> Got:
        sent: dict[str, str | None] = {
            "X-User-Token": self.account.secret,
            "X-Project-Uuid": self.account.options["project"],
            "X-Request-Id": str(uuid.uuid4()),
            "X-Language": "en",
        }
        if value is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        body = None if value is None else json.dumps(value).encode()
        kept = {name: text for name, text in sent.items() if text is not None}
        return ask(method, f"{self.account.url}/openapi/v0.1{path}", body, kept)

    def open(self) -> dict[str, Any]:
        return self.ask("POST", "/open_model/stores/obtain_token").data

    def put(self, grant: dict[str, Any], name: str, data: bytes) -> str:
        """The object's etag without quotes."""
        keys = (grant["access_key_id"], grant["secret_access_key"], grant["session_token"])
        path = f"{grant['cloud_bucket_name']}/{grant['store_path'].replace('{fileName}', name)}"
        got = put_object(self.cloud, path, data, keys, grant["region"])
        return got.headers["etag"].strip('"')

    def body(self, grant: dict[str, Any], files: list[tuple[str, str]]) -> dict[str, Any]:
        return {
            "resource_uuid": resource_of(grant),
            "callback_param": grant["callback_param"],
            "files": [{"name": name, "etag": etag} for name, etag in files],
        }

    def callback(self, value: Any) -> Got:
        return self.ask("POST", "/open_model/stores/upload_callback", value)

    def deliver(self, *names: str) -> dict[str, Any]:
        """A group with these files, registered; answers the grant."""
        grant = self.open()
        files = [(name, self.put(grant, name, name.encode())) for name in names]
        assert self.callback(self.body(grant, files)).code == 0
        return grant


def resource_of(grant: dict[str, Any]) -> str:
    return grant["store_path"].split("/")[-2]


def s3(cloud: PracticeCloud, key: str, secret: str, token: str | None, region: str, **config: Any):
    """boto3 with the settings the contracts recommend, unless `config` says otherwise."""
    settings: dict[str, Any] = {
        "signature_version": "s3v4",
        "s3": {"addressing_style": "path"},
        "retries": {"total_max_attempts": 1},
        **PLAIN,
        **config,
    }
    return boto3.client(
        "s3",
        endpoint_url=cloud.storage_url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        region_name=region,
        config=Config(**settings),
    )


def put_object(
    cloud: PracticeCloud, path: str, data: bytes, keys: tuple[str, str, str], region: str
) -> Got:
    """A plain PUT signed by botocore's signer, without the weight of a client."""
    request = AWSRequest("PUT", f"{cloud.storage_url}/{path}", data=data)
    S3SigV4Auth(Credentials(*keys), "s3", region).add_auth(request)
    got = ask("PUT", str(request.url), data, dict(request.headers.items()))
    assert got.status == 200, got.body
    return got


class CloudApi:
    """Asks the Cloud API as its contract wants it."""

    def __init__(self, cloud: PracticeCloud) -> None:
        self.cloud = cloud
        self.account = cloud.account("cloud-api")
        self.token = self.account.secret

    def ask(self, path: str, value: Any = None, **headers: str | None) -> Got:
        sent: dict[str, str | None] = {"X-Auth-Token": self.token}
        if value is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        body = None if value is None else json.dumps(value).encode()
        kept = {name: text for name, text in sent.items() if text is not None}
        return ask("POST", self.account.url + path, body, kept)

    def media(self, call: str, value: Any) -> Got:
        return self.ask(
            f"/media/api/v1/workspaces/{self.account.options['workspace']}/{call}", value
        )

    def sts(self, value: Any = None) -> Got:
        return self.ask(
            f"/storage/api/v1/workspaces/{self.account.options['workspace']}/sts", value
        )

    def s3(self, grant: dict[str, Any], **config: Any):
        return s3(self.cloud, *keys_of(grant), grant["region"], **config)

    def put(self, name: str, data: bytes) -> str:
        """Stores an object; answers its key."""
        grant = self.sts().data
        key = f"{grant['object_key_prefix'].rstrip('/')}/{name}"
        put_object(self.cloud, f"{grant['bucket']}/{key}", data, keys_of(grant), grant["region"])
        return key


def keys_of(grant: dict[str, Any]) -> tuple[str, str, str]:
    """Of an sts answer."""
    told = grant["credentials"]
    return told["access_key_id"], told["access_key_secret"], told["security_token"]


def md5_text(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


class Studio:
    """Asks MetaStudio with an IAM token, so that a test can send anything."""

    def __init__(self, cloud: PracticeCloud) -> None:
        self.cloud = cloud
        self.account = cloud.account("metastudio")
        self.token = self.sign_in().headers["x-subject-token"]

    def sign_in(self, project: str | None = None, **changes: Any) -> Got:
        login = self.cloud.iam_login
        user = {
            "name": login.username,
            "password": login.password,
            "domain": {"name": login.domain},
        }
        identity = {"methods": ["password"], "password": {"user": {**user, **changes}}}
        scope = {"project": {"name": project or self.cloud.iam_region}}
        return self.sign_in_with({"auth": {"identity": identity, "scope": scope}})

    def sign_in_with(self, value: Any) -> Got:
        headers = {"Content-Type": "application/json;charset=utf8"}
        url = f"{self.cloud.iam_login.url}/v3/auth/tokens"
        return ask("POST", url, json.dumps(value).encode(), headers)

    def ask(self, method: str, path: str, value: Any = None, **headers: str | None) -> Got:
        sent: dict[str, str | None] = {"X-Auth-Token": self.token}
        if value is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        body = None if value is None else json.dumps(value).encode()
        kept = {name: text for name, text in sent.items() if text is not None}
        project = self.account.options["project-id"]
        return ask(method, f"{self.account.url}/v1/{project}{path}", body, kept)

    def asset(self, kind: str = "IMAGE") -> str:
        value = {"asset_name": "Flight", "asset_type": kind}
        return self.ask("POST", "/digital-assets", value).json["asset_id"]

    def wanted(
        self, asset: str, data: bytes, name: str = "a.jpg", **changes: Any
    ) -> dict[str, Any]:
        told = {
            "file_name": name,
            "file_md5": md5_text(data),
            "file_size": len(data),
            "file_type": name.rpartition(".")[2],
            "asset_id": asset,
            "asset_file_category": "MAIN",
        }
        return {**told, **changes}

    def file(self, data: bytes, kind: str = "IMAGE", name: str = "a.jpg") -> dict[str, Any]:
        """A new asset with one file; answers file_id and upload_url."""
        return self.ask("POST", "/files", self.wanted(self.asset(kind), data, name)).json

    def put(self, url: str, data: bytes, **headers: str | None) -> Got:
        sent = {"Content-MD5": md5_text(data), "Content-Type": "image/jpeg"}
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        kept = {name: text for name, text in {**sent, **named}.items() if text is not None}
        return ask("PUT", url, data, kept)

    def complete(self, file_id: str, **value: Any) -> Got:
        return self.ask("POST", f"/files/{file_id}/complete", {"state": "CREATED", **value})
