"""FlightHub 2 as the practice cloud plays it: sign-in, storage grants and upload callbacks."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path

from app.practice.calls import Call
from app.practice.checks import Members, is_uuid
from app.practice.core import Core
from app.practice.envelopes import (
    BAD_PARAMETER,
    NO_PROJECT,
    NO_RIGHT,
    NO_TOKEN,
    NO_WAYLINE,
    envelope,
    refused,
    settle,
)
from app.practice.keys import GrantedKey, KeyRing, lent_key, sts_answer, tell_life
from app.practice.message import Reply, Request, Route, Row, look_up
from app.practice.modelling import Modelling
from app.practice.shelf import Shelf, Stored

SERVICE = "flighthub2"
BUCKET = "practice-flighthub2"
REGION = "cn-practice-1"
_BASE = "/openapi/v0.1"
_MODEL = f"{_BASE}/open_model"
_MOST_FILES = 100  # a callback (contracts: flighthub2 3.4)


@dataclass(slots=True)
class Group:
    """What one obtain_token handed out: everything the callback must fit to."""

    resource: str
    prefix: str
    memo: str = field(repr=False)


_NO_GROUP = Group("", "", "")


class FlightHub2:
    """`/openapi/v0.1` (contracts: flighthub2).

    One organisation with projects of which the user joined all but the last."""

    def __init__(self, core: Core, keys: KeyRing, shelf: Shelf, storage_url: str) -> None:
        self._core = core
        self._keys = keys
        self._shelf = shelf
        self._storage_url = storage_url
        self.token = ".".join((core.text(12), core.text(180), core.text(32)))
        self.organisation = core.uuid()
        self.project = core.uuid()
        self._others = [core.uuid() for _ in range(200)]
        self._not_joined = core.uuid()
        self._groups: dict[str, Group] = {}
        self._request_ids = set[str]()
        self.waylines: dict[str, Stored] = {}
        self._wayline_names: dict[str, str] = {}  # as they are shown, by the object's last name
        self._wayline_prefix = f"{self.organisation}/{self.project}/wayline/"
        self.modelling = Modelling(core)
        self._rows = self._table()

    def _table(self) -> tuple[Row, ...]:
        model, one = self.modelling, r"([0-9a-zA-Z-]+)"
        return (
            Row("GET", f"{_BASE}/system_status", Call.FH_STATUS, _alive),
            Row("GET", f"{_BASE}/project", Call.FH_PROJECTS, self._projects),
            Row("GET", f"{_BASE}/project/sts-token", Call.FH_STS, self._sts),
            Row("POST", f"{_BASE}/wayline/finish-upload", Call.FH_FINISH, self._finish_upload),
            Row("GET", f"{_BASE}/wayline", Call.FH_WAYLINES, self._list_waylines),
            Row("POST", f"{_MODEL}/stores/obtain_token", Call.FH_TOKEN, self._obtain_token),
            Row(
                "POST",
                f"{_MODEL}/stores/upload_callback",
                Call.FH_CALLBACK,
                self._callback,
                alone=_resource_of,
            ),
            Row("GET", f"{_MODEL}/resource/{one}", Call.FH_RESOURCE, model.show),
            Row("DELETE", f"{_MODEL}/resource/{one}", Call.FH_DELETE_RESOURCE, model.delete),
            Row("POST", f"{_MODEL}/models/reconstruction/start", Call.FH_START, model.start),
            Row("POST", f"{_MODEL}/models/{one}/reconstruction/stop", Call.FH_STOP, model.stop),
            Row("GET", f"{_MODEL}/models/running", Call.FH_RUNNING, model.running),
            Row("GET", f"{_MODEL}/models/{one}", Call.FH_MODEL, model.show_model),
            Row("DELETE", f"{_MODEL}/models/{one}", Call.FH_DELETE_MODEL, model.delete_model),
        )

    def delivered(self) -> list[tuple[str, Stored]]:
        """Waylines, and the files of all resources that were not deleted, with their names."""
        found = list(self.waylines.items())
        for resource in self.modelling.resources:
            if not resource.deleted:
                # Without what lies in a storage of somebody else's.
                found += [(n, s) for n, s in resource.files.items() if s.path.name]
        return found

    def route(self, request: Request) -> Route | None:
        found = look_up(self._rows, request)
        if found is None:
            return None
        return Route(found.call, lambda r: self._judged(r, found), alone=found.alone)

    def problem(self, request: Request, code: str) -> Reply:
        number = int(code) if code.lstrip("-").isdigit() else 200500
        return envelope(code=number, message="As the fault asked for.")

    def _judged(self, request: Request, route: Route) -> Reply:
        with self._core.lock:
            if request.header("x-user-token") != self.token:
                breach = "" if request.header("x-user-token") else "no X-User-Token"
                raise refused(NO_TOKEN, "X-User-Token not found or empty", breach)
            self._check_headers(request)
            if route.call not in (Call.FH_STATUS, Call.FH_PROJECTS):
                self._check_project(request.header("x-project-uuid"))
            return route.act(request)

    def _check_headers(self, request: Request) -> None:
        problems = list[str]()
        request_id = request.header("x-request-id")
        if not is_uuid(request_id):
            problems.append("X-Request-Id is no UUID")
        elif request_id in self._request_ids:
            problems.append("X-Request-Id was used before")
        self._request_ids.add(request_id)
        if request.header("x-language") not in ("", "zh", "en"):
            problems.append("X-Language is neither zh nor en")
        if request.load() and not request.header("content-type").startswith("application/json"):
            problems.append("the body's Content-Type is not application/json")
        if request.method in ("GET", "DELETE") and request.load():
            problems.append(f"a {request.method} with a body")
        if problems:
            words = "; ".join(problems)
            raise refused(BAD_PARAMETER, words, words)

    def _check_project(self, project: str) -> None:
        if not project:
            raise refused(NO_RIGHT, "no project", "no X-Project-Uuid on a project's call")
        if project == self._not_joined:
            raise refused(NO_RIGHT, "The user is no member of the project.")
        if project not in self._joined():
            raise refused(NO_PROJECT, "The project does not exist.")

    def _joined(self) -> list[str]:
        return [self.project, *self._others][: self._core.settings.projects]

    def _projects(self, request: Request) -> Reply:
        page, size, simple = _paging(request.params)
        shown = self._joined()
        if shown and request.params.get("prj_authorized_status") != "project-status-authorized":
            shown.append(self._not_joined)
        listed = [self._project(number, uuid) for number, uuid in enumerate(shown, 1)]
        listed = [p for p in listed if request.params.get("q", "").lower() in p["name"].lower()]
        if not simple:
            listed = listed[(page - 1) * size : page * size]
        return envelope({"list": listed or None})

    def _project(self, number: int, uuid: str) -> dict[str, str]:
        return {
            "name": f"Practice project {number}",
            "introduction": "",
            "uuid": uuid,
            "org_uuid": self.organisation,
        }

    def _obtain_token(self, request: Request) -> Reply:
        if request.load():
            raise refused(BAD_PARAMETER, "a body", "obtain_token takes no body")
        core = self._core
        group = next(reversed(self._groups.values()), None)
        if group is None or core.settings.renewal == "new":
            group = self._new_group()
        key, address = self._keys_for(group)
        told: dict[str, object] = {
            "cloud_name": "ali",
            "access_key_id": key.access_key,
            "secret_access_key": key.secret,
            "session_token": key.token,
            "region": key.region,
            "cloud_bucket_name": key.bucket,
            "end_point": address,
            "store_path": group.prefix + "{fileName}",
            "callback_param": group.memo,
            "expire_time": int(key.expires_at),
        }
        tell_life(core.settings, told, "expire_time")
        return envelope(told)

    def _keys_for(self, group: Group) -> tuple[GrantedKey, str]:
        """And the address of the storage that they are for."""
        elsewhere = self._core.settings.elsewhere
        if elsewhere is None:
            key = self._keys.grant(BUCKET, group.prefix, REGION, "ali", multipart=False)
            return key, self._storage_url
        return lent_key(elsewhere(), group.prefix, self._core.now())

    def _new_group(self) -> Group:
        resource = self._core.uuid()
        place = f"fh/organizations/{self.organisation}/open_reconstruction/tmp/{resource}/"
        memo = base64.b64encode(self._core.text(132).encode()).decode()
        group = self._groups[memo] = Group(resource, place, memo)
        self.modelling.open(resource)
        return group

    def _callback(self, request: Request) -> Reply:
        body = Members(request.json())
        resource = body.uuid("resource_uuid")
        body.text("resource_name", 0, 255, required=False)
        memo = body.text("callback_param", 1)
        files = dict[str, str]()
        for file in body.parts("files", 1, _MOST_FILES):
            name, etag = file.text("name", 1, 1024, form=r"[^/\\]+"), file.text("etag", 1)
            file.nothing_else()
            if name in files:
                body.complain(f"names {name} twice")
            files[name] = etag
        body.nothing_else()
        group = self._groups.get(memo, _NO_GROUP)
        if memo and group is _NO_GROUP:
            body.complain("has a callback_param that was never handed out")
        elif group.resource != resource:
            body.complain("has the resource_uuid of another callback_param")
        settle(body)
        self._register(group, files)
        told = {"upload_count": len(files), "file_name_list": list(files)}
        return envelope({"resource_uuid": resource, **told})

    def _register(self, group: Group, files: dict[str, str]) -> None:
        found = {name: self._stored(group, name, etag) for name, etag in files.items()}
        resource = self.modelling.resource(group.resource)
        for name, stored in found.items():
            resource.add(name, stored if stored.pinned else self._shelf.pin(stored))
            self._core.register(SERVICE, f"{group.resource}/{name}", name, stored.etag)

    def _stored(self, group: Group, name: str, etag: str) -> Stored:
        stored = self._shelf.find(BUCKET, group.prefix + name)
        words = ""
        if stored is None and not self._core.settings.callback_looks:
            # In a storage of somebody else's, which is not looked into.
            return Stored(BUCKET, group.prefix + name, Path(), 0, etag, etag, pinned=True)
        if stored is None:
            words = f"{name} is not in the bucket where this callback_param belongs"
        elif stored.etag != etag:
            words = f"{name} has another etag in the bucket"
        if stored is None or words:
            raise refused(BAD_PARAMETER, words, words)
        return stored

    def _sts(self, request: Request) -> Reply:
        settings = self._core.settings
        key = self._keys.grant(BUCKET, self._wayline_prefix, REGION, settings.provider)
        return envelope(sts_answer(key, self._storage_url, settings.provider, settings.keys_live))

    def _finish_upload(self, request: Request) -> Reply:
        body = Members(request.json())
        name, key = body.text("name", 1), body.text("object_key", 1)
        body.nothing_else()
        if key and not (key.startswith(self._wayline_prefix) and key.lower().endswith(".kmz")):
            body.complain("names an object that is no .kmz under the project's prefix")
        settle(body)
        stored = self._shelf.find(BUCKET, key)
        if stored is None:
            words = "the wayline is not in the bucket"
            raise refused(NO_WAYLINE, words, words)
        last = key.rpartition("/")[2]
        self.waylines[last] = self._shelf.pin(stored)
        self._wayline_names[last] = name
        self._core.register(SERVICE, key, last, stored.etag)
        return envelope({"uuid": self._core.uuid(), "name": name})

    def _list_waylines(self, request: Request) -> Reply:
        listed = [
            {"id": self._core.uuid(), "name": self._wayline_names[last], "size": stored.size}
            for last, stored in self.waylines.items()
        ]
        return envelope({"list": listed or None})


def _alive(request: Request) -> Reply:
    return envelope()


def _resource_of(request: Request) -> str:
    body = Members(request.json())
    return f"resource {body.text('resource_uuid')}"


def _paging(params: dict[str, str]) -> tuple[int, int, bool]:
    page, size = params.get("page", "1"), params.get("page_size", "10")
    fine = page.isdigit() and size.isdigit() and int(page) > 0 and 0 < int(size) <= 1000
    among = {
        "usage": ("simple", "complete"),
        "sort_column": ("created_at", "name"),
        "sort_type": ("ASC", "DESC"),
        "prj_authorized_status": ("project-status-authorized",),
    }
    bad = [k for k, words in among.items() if k in params and params[k] not in words]
    bad += sorted(set(params) - set(among) - {"page", "page_size", "q"})
    if bad or not fine:
        words = f"a bad query: {', '.join(bad) or 'page, page_size'}"
        raise refused(BAD_PARAMETER, words, words)
    return int(page), int(size), params.get("usage") == "simple"
