"""The Cloud API's media interface as the practice cloud plays it: the demo server, made strict."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.practice.calls import Call
from app.practice.checks import Members, is_uuid
from app.practice.core import Core
from app.practice.keys import KeyRing, lent_key, sts_answer, tell_life
from app.practice.message import Refused, Reply, Request, Route, Row, json_reply, look_up
from app.practice.shelf import Shelf, Stored

SERVICE = "cloud-api"
BUCKET = "practice-cloud-api"
USERNAME = "pilot"

# contracts: cloud-api 5.2; those the demo server does not know yet included
_DRONES = frozenset(
    {
        "0-60-0", "0-67-0", "0-67-1", "0-77-0", "0-77-1", "0-77-2", "0-77-3", "0-89-0", "0-91-0",
        "0-91-1", "0-99-0", "0-99-1", "0-100-0", "0-100-1", "0-103-0",
    }
)  # fmt: skip
_CAMERAS = frozenset(
    {
        "1-42-0", "1-43-0", "1-52-0", "1-53-0", "1-61-0", "1-66-0", "1-67-0", "1-68-0", "1-80-0",
        "1-81-0", "1-82-0", "1-83-0", "1-88-0", "1-89-0", "1-98-0", "1-99-0", "1-129-0",
        "1-50-65535", "1-90742-0",
    }
)  # fmt: skip
_CREATED = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)"  # contracts: cloud-api 5.1


@dataclass(slots=True)
class Media:
    """One row of the server's media table; nothing keeps two rows from being alike."""

    fingerprint: str
    tiny: str
    object_key: str
    stored: Stored | None


@dataclass(slots=True)
class _Tokens:
    live: set[str] = field(default_factory=set[str])
    ended: set[str] = field(default_factory=set[str])


def envelope(data: object = None, code: int = 0, message: str = "success") -> Reply:
    """`data` is left out when it is None (contracts: cloud-api section 1)."""
    told = {"code": code, "message": message}
    return json_reply(told if data is None else {**told, "data": data})


def refused(message: str, breach: str = "", code: int = -1) -> Refused:
    return Refused(envelope(code=code, message=message), breach)


def _settle(members: Members) -> None:
    if members.problems:
        words = "; ".join(members.problems)
        raise refused(words, words)


class CloudApi:
    """`/manage`, `/media` and `/storage` for one workspace (contracts: cloud-api)."""

    def __init__(self, core: Core, keys: KeyRing, shelf: Shelf, storage_url: str) -> None:
        self._core = core
        self._keys = keys
        self._shelf = shelf
        self._storage_url = storage_url
        self.workspace = core.uuid()
        self.password = core.text(9)
        self.token = core.text(60)
        self._tokens = _Tokens({self.token})
        self.prefix = f"practice/{self.workspace}/"
        self.media: list[Media] = []
        # The same rows by what the calls look for, so that the ten-thousandth costs no more.
        self._by_fingerprint: dict[str, list[Media]] = {}
        self._by_key: dict[str, list[Media]] = {}
        self._tinies = set[str]()
        self._rows = self._table()

    def _table(self) -> tuple[Row, ...]:
        media = "/media/api/v1/workspaces/([^/]+)"

        def row(path: str, call: Call, act: Callable[[Request], Reply]) -> Row:
            def inside(request: Request, workspace: str) -> Reply:
                return self._inside(request, workspace, act)

            return Row("POST", path, call, inside)

        return (
            Row("POST", "/manage/api/v1/login", Call.CA_LOGIN, self._login),
            Row("POST", "/manage/api/v1/token/refresh", Call.CA_REFRESH, self._refresh),
            row("/storage/api/v1/workspaces/([^/]+)/sts", Call.CA_STS, self._sts),
            row(f"{media}/files/tiny-fingerprints", Call.CA_TINY, self._tiny),
            row(f"{media}/fast-upload", Call.CA_FAST, self._fast_upload),
            row(f"{media}/upload-callback", Call.CA_CALLBACK, self._callback),
            row(f"{media}/group-upload-callback", Call.CA_GROUP, self._group_callback),
        )

    def delivered(self) -> list[tuple[str, Stored]]:
        """Registered objects with their keys without the prefix; a second row changes nothing."""
        rows = {row.object_key: row.stored for row in self.media if row.stored is not None}
        return [(key.removeprefix(self.prefix), stored) for key, stored in rows.items()]

    def route(self, request: Request) -> Route | None:
        found = look_up(self._rows, request)
        return None if found is None else Route(found.call, lambda r: self._locked(r, found))

    def problem(self, request: Request, code: str) -> Reply:
        number = int(code) if code.lstrip("-").isdigit() else -1
        return envelope(code=number, message="As the fault asked for.")

    def expire_tokens(self) -> None:
        """All tokens end; a refresh still takes them (contracts: cloud-api 1.1)."""
        with self._core.lock:
            self._tokens.ended |= self._tokens.live
            self._tokens.live.clear()

    def replace_token(self, token: str) -> None:
        """All others are refused, also for a refresh."""
        self.token = token
        self._tokens = _Tokens({token})

    def _locked(self, request: Request, route: Route) -> Reply:
        with self._core.lock:
            request_id = request.header("x-request-id")
            if request_id and not is_uuid(request_id):
                raise refused("x-request-id", "X-Request-ID is no UUID")
            plain = request.header("content-type").startswith("application/json")
            if request.load() and not plain:
                words = "the body's Content-Type is not application/json"
                raise refused(words, words)
            return route.act(request)

    def _inside(self, request: Request, workspace: str, act: Callable[[Request], Reply]) -> Reply:
        given = request.header("x-auth-token")
        if given not in self._tokens.live:
            raise Refused(Reply(401), "" if given else "no X-Auth-Token")
        if workspace != self.workspace:
            raise Refused(json_reply({"detail": "not your workspace"}, 403))
        return act(request)

    def _login(self, request: Request) -> Reply:
        body = Members(request.json())
        name, password = body.text("username", 1), body.text("password", 1)
        flag = body.whole("flag", 1, 2)
        _settle(body)
        if (name, password) != (USERNAME, self.password):
            raise refused("invalid username or password", code=401)
        if self._core.settings.login_flag not in (0, flag):
            raise refused("The account type does not match.")
        return self._signed_in(flag)

    def _refresh(self, request: Request) -> Reply:
        given = request.header("x-auth-token")
        if given not in self._tokens.live | self._tokens.ended:
            reply = json_reply({"code": 401, "message": "token"}, 401)
            raise Refused(reply, "" if given else "no X-Auth-Token")
        return self._signed_in(2)

    def _signed_in(self, kind: int) -> Reply:
        token = self._core.text(60)
        self._tokens.live.add(token)
        return envelope(
            {
                "user_id": self.workspace,
                "username": USERNAME,
                "workspace_id": self.workspace,
                "user_type": kind,
                "mqtt_username": "",
                "mqtt_password": "",
                "mqtt_addr": "",
                "access_token": token,
            }
        )

    def _sts(self, request: Request) -> Reply:
        if request.load() and request.json() != {}:
            raise refused("a body", "sts takes no body")
        settings = self._core.settings
        provider = settings.provider
        if settings.elsewhere is not None:
            lent = settings.elsewhere()
            key, address = lent_key(lent, self.prefix, self._core.now())
            answer = sts_answer(key, address, provider, lent.live)
        else:
            region = "us-east-1" if provider == "minio" else "eu-practice-1"
            key = self._keys.grant(BUCKET, self.prefix, region, provider)
            answer = sts_answer(key, self._storage_url, provider, settings.keys_live)
        credentials: dict[str, Any] = answer["credentials"]
        tell_life(settings, credentials, "expire")
        if not settings.sts_credentials:
            del answer["credentials"]
        if settings.prefix_slash:
            answer["object_key_prefix"] = self.prefix
        return envelope(answer)

    def _tiny(self, request: Request) -> Reply:
        body = Members(request.json())
        asked = body.texts("tiny_fingerprints", 0, 1000, 256)
        _settle(body)
        return envelope({"tiny_fingerprints": [tiny for tiny in asked if tiny in self._tinies]})

    def _fast_upload(self, request: Request) -> Reply:
        body = Members(request.json())
        fingerprint = body.text("fingerprint", 1, 64)
        body.text("name", 1, 100)
        body.text("path", 0, 1000, required=False)
        _check_ext(body)
        _settle(body)
        rows = self._by_fingerprint.get(fingerprint, [])
        if not rows:
            raise refused("not there yet")
        if len(rows) > 1:
            raise refused(f"TooManyResults: expected one row, found {len(rows)}")
        return envelope(self._data(rows[0].object_key, text=""))

    def _callback(self, request: Request) -> Reply:
        body = Members(request.json())
        body.whole("result", 0, 0)
        body.text("name", 1, 100)
        body.text("path", 0, 1000)
        body.whole("sub_file_type", 0, 1)
        fingerprint, key = body.text("fingerprint", 1, 64), body.text("object_key", 1, 1000)
        tiny = _check_ext(body, with_group=True)
        _check_metadata(body.part("metadata"))
        if key and not key.startswith(self.prefix):
            body.complain("has an object_key outside the prefix")
        stored = self._shelf.find(BUCKET, key)
        if key and stored is None and self._core.settings.callback_looks:
            body.complain(f"names {key}, which is not in the bucket")
        _settle(body)
        self._add(Media(fingerprint, tiny, key, stored))
        return envelope(self._data(key, text=key))

    def _add(self, row: Media) -> None:
        others = {old.fingerprint for old in self._by_key.get(row.object_key, [])}
        if row.stored is not None:
            row.stored = self._shelf.pin(row.stored)
        self.media.append(row)
        self._by_fingerprint.setdefault(row.fingerprint, []).append(row)
        self._by_key.setdefault(row.object_key, []).append(row)
        self._tinies.add(row.tiny)
        name = row.object_key.removeprefix(self.prefix)
        etag = row.stored.etag if row.stored else ""
        if self._core.register(SERVICE, row.object_key, name, etag) > 1:
            lost = "" if row.fingerprint in others else ", and the first file's bytes are lost"
            self._core.breach(Call.CA_CALLBACK, f"{name} was registered twice{lost}")

    def _data(self, key: str, text: str) -> object:
        match self._core.settings.data_shape:
            case "text":
                return text
            case "object":
                return {"object_key": key}
            case "null":
                return None

    def _group_callback(self, request: Request) -> Reply:
        answer = self._core.settings.group_callback
        if answer == "absent":
            raise Refused(json_reply({"code": 404, "message": "Not Found"}, 404))
        body = Members(request.json())
        group = body.uuid("file_group_id")
        count = body.whole("file_count", 0)
        uploaded = body.whole("file_uploaded_count", 0)
        if group != group.lower():
            body.complain("has a file_group_id that is not in lower case")
        if uploaded > count:
            body.complain("counts more files as uploaded than there are")
        _settle(body)
        self._core.register(Call.CA_GROUP, f"{group} {uploaded}/{count}", f"{uploaded}/{count}", "")
        return Reply() if answer == "empty" else envelope({})


def _check_ext(body: Members, with_group: bool = False) -> str:
    """The `ext` member of both calls; answers the tiny fingerprint."""
    ext = body.part("ext")
    if ext is None:
        return ""
    ext.text("drone_model_key", among=_DRONES)
    ext.text("payload_model_key", among=_CAMERAS)
    ext.flag("is_original")
    ext.text("sn", 0, 32)
    if with_group:
        group = ext.text("file_group_id")
        ext.check("file_group_id", lambda _: not group or is_uuid(group), "is no UUID")
    return ext.text("tinny_fingerprint", 1, 100)


def _check_metadata(metadata: Members | None) -> None:
    if metadata is None:
        return
    metadata.number("absolute_altitude", -1000, 20_000)
    metadata.number("relative_altitude", -5000, 20_000)
    metadata.number("gimbal_yaw_degree", -360, 360)
    created = metadata.text("created_time")
    if created and not re.fullmatch(_CREATED, created):
        metadata.complain(f"has a created_time of another form: {created}")
    place = metadata.part("shoot_position")
    if place is not None:
        place.number("lat", -90, 90)
        place.number("lng", -180, 180)
