"""FlightHub 2's open modelling after the callback: resources fill, reconstructions run."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

from app.practice.calls import Call
from app.practice.checks import Members
from app.practice.core import Core
from app.practice.envelopes import BAD_PARAMETER, NOT_THERE, envelope, refused, settle
from app.practice.message import Reply, Request
from app.practice.shelf import Stored

IMPORTED, DELETED = 1, 3  # of a resource (contracts: flighthub2 3.5)
FAILED, ASKING, NO_COMPUTER, WORKING, DONE, STOPPED = 8, 12, 13, 14, 15, 16  # 3.7
_FINAL = frozenset({FAILED, NO_COMPUTER, DONE, STOPPED})
_TOO_FEW_OR_MANY = 310002

# kind: (model_type, fewest and most files) (contracts: flighthub2 3.6, 3.7)
_KINDS = {
    "2d": (1, 5, 20_000),
    "3d": (2, 5, 20_000),
    "3dgs": (3, 10, 4_000),
    "lidar": (4, 5, 20_000),
}


@dataclass(slots=True)
class Resource:
    """One remote group. Names become visible from look to look, as a real import goes on."""

    uuid: str
    files: dict[str, Stored] = field(default_factory=dict[str, Stored])
    visible: set[str] = field(default_factory=set[str])
    looks: int = 0
    deleted: bool = False

    @property
    def complete(self) -> bool:
        return bool(self.files) and self.visible == set(self.files)

    def look(self, polls: int) -> None:
        """One look further; complete at look number `polls` after the newest file."""
        hidden = [name for name in self.files if name not in self.visible]
        if not hidden:
            return
        self.looks += 1
        count = math.ceil(len(hidden) / max(1, polls - self.looks + 1))
        self.visible.update(hidden[:count])

    def add(self, name: str, stored: Stored) -> None:
        """A registered file. The import begins anew for names it did not have."""
        if name not in self.files:
            self.looks = 0
        self.files[name] = stored


@dataclass(slots=True)
class Model:
    uuid: str
    resource: str
    kind: str
    status: int = ASKING
    looks: int = 0

    def shown(self) -> dict[str, object]:
        done = self.status == DONE
        return {
            "resource_uuid": self.resource,
            "model_uuid": self.uuid,
            "model_type": _KINDS[self.kind][0],
            "model_status": self.status,
            "model_size": 123_456 if done else 0,
            "reconstruction_progress": 100 if done else min(99, 20 * self.looks),
            "error_code": 310001 if self.status == FAILED else 0,
            "zip_status": 2 if done else 0,
            "zip_progress": 100 if done else 0,
            "zip_file_key": f"practice/{self.uuid}.zip" if done else "",
        }


class Modelling:
    """Called with the core's lock held."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._resources: dict[str, Resource] = {}
        self._models: dict[str, Model] = {}

    def open(self, uuid: str) -> None:
        self._resources[uuid] = Resource(uuid)

    def resource(self, uuid: str) -> Resource:
        found = self._resources.get(uuid)
        if found is None:
            raise refused(NOT_THERE, "The resource does not exist.")
        return found

    @property
    def resources(self) -> list[Resource]:
        return list(self._resources.values())

    def show(self, request: Request, uuid: str) -> Reply:
        found = self.resource(uuid)
        if not found.files and not found.deleted:
            raise refused(NOT_THERE, "The resource does not exist.")
        found.look(self._core.settings.import_polls)
        names = [] if found.deleted else [name for name in found.files if name in found.visible]
        status = DELETED if found.deleted else IMPORTED if found.complete else 0
        size = sum(found.files[name].size for name in names)
        told = {"resource_uuid": uuid, "status": status, "resource_size": size}
        return envelope({**told, "file_names": names or None})

    def delete(self, request: Request, uuid: str) -> Reply:
        self.resource(uuid).deleted = True
        return envelope()

    def start(self, request: Request) -> Reply:
        body = Members(request.json())
        uuid = body.uuid("resource_uuid")
        wanted = [kind for kind in _KINDS if body.has(f"parameter_{kind}")]
        for kind in _KINDS:
            body.text(f"parameter_{kind}", required=False)
            body.check(f"parameter_{kind}", _is_object_text, "is no string with a JSON object")
        body.flag("delete_resource_if_finish", required=False)
        body.nothing_else()
        if not wanted:
            body.complain("asks for no kind of reconstruction")
        settle(body)
        found = self.resource(uuid)
        if found.deleted or not found.complete:
            words = "a reconstruction was started before the import was complete"
            raise refused(BAD_PARAMETER, words, words)
        return envelope({f"model_{kind}": self._started(found, kind) for kind in wanted})

    def _started(self, resource: Resource, kind: str) -> dict[str, object]:
        _, fewest, most = _KINDS[kind]
        if not fewest <= len(resource.files) <= most:
            return {"uuid": "", "status": FAILED, "sub_error_code": _TOO_FEW_OR_MANY}
        model = Model(self._core.uuid(), resource.uuid, kind)
        self._models[model.uuid] = model
        self._core.register(Call.FH_START, f"{resource.uuid}/{kind}", kind, "")
        return {"uuid": model.uuid, "status": model.status, "sub_error_code": 0}

    def running(self, request: Request) -> Reply:
        listed = [m.shown() for m in self._models.values() if m.status not in _FINAL]
        return envelope({"list": listed or None})

    def show_model(self, request: Request, uuid: str) -> Reply:
        model = self._model(uuid)
        settings = self._core.settings
        model.looks += 1
        if model.status not in _FINAL:
            ends = {"success": DONE, "failed": FAILED, "no compute": NO_COMPUTER}
            ended = model.looks >= settings.job_polls
            model.status = ends[settings.job_end] if ended else WORKING
        return envelope(model.shown())

    def stop(self, request: Request, uuid: str) -> Reply:
        model = self._model(uuid)
        if model.status not in _FINAL:
            model.status = STOPPED
        return envelope()

    def delete_model(self, request: Request, uuid: str) -> Reply:
        self._model(uuid)
        del self._models[uuid]
        return envelope()

    def _model(self, uuid: str) -> Model:
        found = self._models.get(uuid)
        if found is None:
            raise refused(NOT_THERE, "The model does not exist.")
        return found


def _is_object_text(value: object) -> bool:
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except ValueError:
        return False
