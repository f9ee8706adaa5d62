"""Huawei's MetaStudio as the practice cloud plays it: assets, files and their confirmation."""

from __future__ import annotations

import base64
import re
from typing import Any

from app.practice.assets import (
    MAIN_RULES,
    NOT_FOR_USERS,
    Asset,
    CloudFile,
    Wanted,
    read_asset,
    read_file,
    unfit,
)
from app.practice.calls import Call
from app.practice.checks import Members
from app.practice.core import Core
from app.practice.gate import OPEN_CALLS, Gate, iso, problem, refused
from app.practice.message import Reply, Request, Route, Row, json_reply, look_up
from app.practice.shelf import Shelf, Stored
from app.practice.signed import BUCKET, SignedPuts

SERVICE = "metastudio"
_STATES = frozenset({"CREATED", "FAILED", "CANCELLED"})  # of a confirmation
_SORTS = frozenset({"create_time", "update_time", "asset_order"})


def _bad(words: str) -> Exception:
    return refused(400, "MSS.10000003", words, words)


class MetaStudio:
    """`/v1/{project}` and IAM's `/v3` (contracts: metastudio)."""

    def __init__(self, core: Core, shelf: Shelf, signed: SignedPuts) -> None:
        self._core = core
        self._shelf = shelf
        self._signed = signed
        self.gate = Gate(core)
        self._assets: dict[str, Asset] = {}
        self._files: dict[str, CloudFile] = {}
        self._rows = self._table()

    def _table(self) -> tuple[Row, ...]:
        assets, one = "/v1/([^/]+)/digital-assets", "([^/]+)"
        files, gate = "/v1/([^/]+)/files", self.gate
        return (
            Row("POST", "/v3/auth/tokens", Call.MS_TOKEN, gate.sign_in),
            Row("GET", "/v3/projects", Call.MS_PROJECTS, gate.projects),
            Row("POST", assets, Call.MS_CREATE_ASSET, self._create_asset),
            Row("GET", assets, Call.MS_LIST_ASSETS, self._list_assets),
            Row("GET", f"{assets}/{one}", Call.MS_SHOW_ASSET, self._show_asset),
            Row("DELETE", f"{assets}/{one}", Call.MS_DELETE_ASSET, self._delete_asset),
            Row("POST", files, Call.MS_CREATE_FILE, self._create_file),
            Row("POST", "/v1/([^/]+)/large-files", Call.MS_CREATE_LARGE, self._create_large),
            Row("POST", f"{files}/{one}/complete", Call.MS_COMPLETE, self._complete),
            Row("DELETE", f"{files}/{one}", Call.MS_DELETE_FILE, self._delete_file),
        )

    def delivered(self) -> list[tuple[str, Stored]]:
        """Confirmed files with their names; files and assets that were deleted are left out."""
        return [
            (file.name, file.stored)
            for file in self._files.values()
            if file.state == "CREATED" and file.stored is not None and not file.asset.deleted
        ]

    def route(self, request: Request) -> Route | None:
        found = look_up(self._rows, request)
        return None if found is None else Route(found.call, lambda r: self._judged(r, found))

    def problem(self, request: Request, code: str) -> Reply:
        known = {"APIGW.0308": 429, "MSS.00000004": 500, "MSS.00000001": 401, "APIGW.0301": 401}
        return problem(known.get(code, 400), code, "As the fault asked for.")

    def _judged(self, request: Request, route: Route) -> Reply:
        with self._core.lock:
            if route.call not in OPEN_CALLS:
                self.gate.check(request)
            project = re.match("/v1/([^/]+)/", request.path)
            if project and project[1] != self.gate.project:
                raise refused(400, "MSS.00010009", "The project is not the token's.")
            body = request.load()
            if body and not request.header("content-type").startswith("application/json"):
                words = "the body's Content-Type is not application/json"
                raise refused(400, "MSS.10000002", words, words)
            if body and request.json() is None:
                raise refused(400, "MSS.10000002", "no JSON", "the body is no JSON")
            return route.act(request)

    def _create_asset(self, request: Request, project: str) -> Reply:
        body = Members(request.json())
        name, kind, description = read_asset(body)
        self._settle(body)
        if kind in NOT_FOR_USERS:
            raise _bad(f"users cannot upload {kind}")
        unique = self._core.settings.unique_asset_names
        if unique and any(a.name == name and not a.deleted for a in self._assets.values()):
            raise refused(400, "MSS.10001005", "The asset name is already taken.")
        asset = Asset(self._core.uuid(), name, kind, description, iso(self._core.now()))
        self._assets[asset.id] = asset
        return json_reply({"asset_id": asset.id, "produce_id": self._core.text(6)})

    def _create_file(self, request: Request, project: str) -> Reply:
        file = self._new_file(request, large=False)
        told = {"file_id": file.id, "upload_url": self._signed.addresses(file)[0]}
        return json_reply(told, 201)

    def _create_large(self, request: Request, project: str) -> Reply:
        file = self._new_file(request, large=True)
        file.upload = self._shelf.begin(BUCKET, file.key).id
        return json_reply({"file_id": file.id, "upload_urls": self._signed.addresses(file)}, 201)

    def _new_file(self, request: Request, large: bool) -> CloudFile:
        body = Members(request.json())
        wanted = read_file(body, large)
        self._settle(body)
        asset = self._asset(wanted.asset)
        self._check_fit(asset, wanted)
        file_id = self._core.uuid()
        # A blank and a plus make the address hard to guess its encoding of, as real names do.
        key = f"{self.gate.project}/{asset.id}/{file_id}/a +b.{wanted.kind}"
        file = CloudFile(
            file_id,
            asset,
            wanted.name,
            wanted.kind,
            wanted.category,
            wanted.size,
            wanted.md5,
            key,
            wanted.count,
            reviews=list(self._core.settings.review_states),
        )
        asset.files.append(file)
        self._files[file.id] = file
        return file

    def _check_fit(self, asset: Asset, wanted: Wanted) -> None:
        if words := unfit(asset, wanted):
            raise _bad(words)
        if wanted.category == "MAIN" and wanted.size > MAIN_RULES[asset.kind][1]:
            words = f"{wanted.size} bytes are too many for {asset.kind}"
            raise refused(400, "MSS.10001007", words, words)
        cancelled_counts = not self._core.settings.main_after_cancel
        for category, code in (("MAIN", "MSS.10001008"), ("COVER", "MSS.10001009")):
            if wanted.category == category and asset.has(category, cancelled_counts):
                words = f"a second {category} file for one asset"
                raise refused(400, code, words, words)

    def _complete(self, request: Request, project: str, file_id: str) -> Reply:
        body = Members(request.json())
        state = body.text("state", 1, among=_STATES)
        body.flag("auto_meta_analysis", required=False)
        body.nothing_else()
        self._settle(body)
        file = self._file(file_id)
        if state == "CREATED":
            self._confirm(file)
        elif file.state == "CREATED":
            raise _bad(f"{state} for a file that was confirmed before")
        else:
            file.state = state
            self._drop_bytes(file)
        return Reply(200)

    def _confirm(self, file: CloudFile) -> None:
        if file.state not in ("CREATING", "CREATED"):
            raise _bad(f"CREATED for a file that is {file.state}")
        if file.state == "CREATING":
            file.stored = self._arrived(file)
            file.state = "CREATED"
        self._core.register(SERVICE, file.id, file.name, "")

    def _arrived(self, file: CloudFile) -> Stored | None:
        stored = self._joined(file) if file.upload else self._shelf.find(BUCKET, file.key)
        if not self._core.settings.strict_confirm:
            return stored
        if stored is None:
            raise _bad("CREATED for a file whose bytes are not in the storage")
        if file.size and stored.size != file.size:
            raise _bad(f"CREATED for {stored.size} bytes instead of {file.size}")
        if file.md5 and base64.b64decode(file.md5).hex() != stored.md5:
            raise refused(400, "MSS.10000003", "The stored bytes have another MD5.")
        return self._shelf.pin(stored)

    def _joined(self, file: CloudFile) -> Stored | None:
        upload = self._shelf.upload(BUCKET, file.key, file.upload)
        wanted = range(1, file.count + 1)
        if upload is None or set(upload.parts) != set(wanted):
            return None
        return self._shelf.assemble(upload, [upload.parts[number] for number in wanted])

    def _drop_bytes(self, file: CloudFile) -> None:
        upload = self._shelf.upload(BUCKET, file.key, file.upload)
        if upload is not None:
            self._shelf.abort(upload)
        self._shelf.remove(BUCKET, file.key)
        file.stored = None

    def _show_asset(self, request: Request, project: str, asset_id: str) -> Reply:
        return json_reply(self._asset(asset_id).shown(project))

    def _list_assets(self, request: Request, project: str) -> Reply:
        params = request.params
        limit, offset = params.get("limit", "10"), params.get("offset", "0")
        fine = limit.isdigit() and offset.isdigit() and 1 <= int(limit) <= 100
        if not fine or params.get("sort_key", "create_time") not in _SORTS:
            raise refused(400, "MSS.10001002", "Bad query parameter.", "a bad query parameter")
        wanted = [value for name, value in request.pairs if name == "asset_id"]
        found = [a for a in self._assets.values() if not wanted or a.id in wanted]
        if "name" in params:
            found = [a for a in found if params["name"].lower() in a.name.lower()]
        for name, read in (("asset_state", _state_of), ("asset_type", _kind_of)):
            if params.get(name):
                found = [a for a in found if read(a) in params[name].split(",")]
        if "asset_state" not in params:
            found = [a for a in found if not a.deleted]
        if params.get("sort_dir") == "desc":
            found.reverse()
        page: list[Any] = [a.shown(project) for a in found[int(offset) :][: int(limit)]]
        return json_reply({"count": len(found), "assets": page})

    def _delete_asset(self, request: Request, project: str, asset_id: str) -> Reply:
        mode = request.params.get("mode")
        if mode not in (None, "force"):
            raise refused(400, "MSS.10001002", "Bad query parameter.", f"mode={mode}")
        asset = self._asset(asset_id)
        for file in asset.files:
            self._drop_bytes(file)
        asset.deleted = True
        if mode == "force":
            del self._assets[asset.id]
        return Reply(200)

    def _delete_file(self, request: Request, project: str, file_id: str) -> Reply:
        file = self._file(file_id)
        self._drop_bytes(file)
        file.state = "DELETED"
        del self._files[file.id]
        return Reply(204)

    def _asset(self, asset_id: str) -> Asset:
        found = self._assets.get(asset_id)
        if found is None or found.deleted:
            raise refused(400, "MSS.10001001", "The asset was not found.")
        return found

    def _file(self, file_id: str) -> CloudFile:
        found = self._files.get(file_id)
        if found is None or found.asset.deleted:
            raise refused(400, "MSS.10001004", "The file was not found.")
        return found

    def _settle(self, body: Members) -> None:
        if body.problems:
            raise _bad("; ".join(body.problems))


def _state_of(asset: Asset) -> str:
    return asset.state


def _kind_of(asset: Asset) -> str:
    return asset.kind
