"""Huawei MetaStudio: every file becomes an asset of its own, sent to one signed address."""

from __future__ import annotations

import base64
import math
import uuid
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from pydantic import Field as WireField

from app.domain.errors import (
    AnswerLost,
    FileRefused,
    Leg,
    NetworkError,
    PostflightError,
    Refused,
)
from app.domain.model import MEDIA, Batch, Connection, Found, MediaFile, Prepared, Sent, Tally
from app.domain.placement import Grant, SignedPart, SignedPut, Why
from app.domain.ports import Clock
from app.net.http import Answer, Http
from app.net.pace import Pace
from app.net.wire import Listed, Text, Wire
from app.services.base import (
    Confirmed,
    Finished,
    Limits,
    NoJobs,
    Project,
)
from app.services.huawei_signing import signed_date
from app.services.metastudio_calls import PER_SECOND, Calls
from app.services.metastudio_errors import BAD_PARAMETER, NAME_TAKEN, Said, lost
from app.services.metastudio_rules import (
    ONE_PUT,
    PLAIN_TYPE,
    asset_name,
    clean,
    content_type,
    extension,
    kind_of,
    plain_name,
    refuse,
    unique_name,
)

# Review may take its time: a file in it has arrived (contracts: metastudio 3.6).
_ARRIVED: Final = frozenset({"CREATED", "UPLOADED", "REVIEW"})
_ASSET_ARRIVED: Final = frozenset({"ACTIVED", "UNACTIVED"})  # spelt so
_LOST: Final = frozenset({"FAILED", "CANCELLED", "DELETING", "DELETED", "BLOCK"})


class _NewAsset(Wire):
    asset_id: str


class _NewFile(Wire):
    file_id: str
    upload_url: str


class _NewLargeFile(Wire):
    file_id: str
    upload_urls: list[str]


class _FileInfo(Wire):
    file_id: Text = ""
    state: Text = ""


class _AssetInfo(Wire):
    asset_id: Text = ""
    asset_name: Text = ""
    asset_description: Text = ""
    asset_state: Text = ""
    files: Listed[_FileInfo] = WireField(default_factory=list[_FileInfo])


class _Assets(Wire):
    assets: Listed[_AssetInfo] = WireField(default_factory=list[_AssetInfo])


class MetaStudio(NoJobs):
    """See `Service`. `remote_id` is "<asset id>/<file id>"; grants have no keys and no storage."""

    # Flat names: asset names may have to be unique (contracts: metastudio 5, MSS.10001005).
    limits = Limits(flat_names=True, digests_first=True, confirm=1, confirm_parallel=4)

    def __init__(
        self,
        connection: Connection,
        secret: Callable[[], str],
        http: Http,
        clock: Clock,
        pace: Pace | None = None,
    ) -> None:
        self._calls = Calls(connection, secret, http, clock, pace or Pace(PER_SECOND))
        self._analyse = connection.option("auto-meta-analysis").strip().lower() == "yes"
        self._clock = clock

    @property
    def clock_offset(self) -> float | None:
        return self._calls.clock_offset

    def sign_in(self) -> str:
        self._calls.get("/digital-assets", {"limit": "1"}).read(_Assets)
        return f"Signed in to {self._calls.words}."

    def projects(self) -> Sequence[Project]:
        return ()

    def lane(self, path: str) -> str:
        return MEDIA

    def refuse(self, found: Found) -> FileRefused | None:
        return refuse(found)

    def open(self, batch: Batch, lane: str, old: Grant | None) -> Grant:
        return Grant(batch=batch.id, lane=lane, group="")

    def survey(self, grant: Grant, files: Sequence[Prepared]) -> frozenset[int]:
        return frozenset()

    def place(self, grant: Grant, item: Prepared) -> SignedPut:
        """Always a new asset: an address cannot be renewed, and names may repeat."""
        asset = self._new_asset(item.file)
        try:
            if item.file.size > ONE_PUT:
                return self._large_file(asset, item.file)
            return self._one_file(asset, item)
        except PostflightError:
            self._delete_asset(asset)
            raise

    def confirm(self, grant: Grant, sent: Sequence[Sent]) -> Confirmed:
        done: set[int] = set()
        refused: dict[int, PostflightError] = {}
        for one in sent:
            try:
                self._confirm(one)
                done.add(one.file.id)
            except Refused as no:
                refused[one.file.id] = no
        return Confirmed(frozenset(done), refused)

    def forget(self, grant: Grant, remote_id: str, why: Why) -> None:
        asset, _, file = remote_id.partition("/")
        if not asset or not file:
            return
        try:
            self._complete(file, "FAILED" if why is Why.FAILED else "CANCELLED")
        except NetworkError:
            return  # without a network the second call would only cost another half minute
        except PostflightError:
            pass  # the asset can be deleted all the same
        if why is not Why.FAILED:
            self._delete_asset(asset)

    def finish(self, batch: Batch, grants: Sequence[Grant], tally: Tally) -> Finished:
        return Finished()

    def _new_asset(self, file: MediaFile) -> str:
        # Whether dashes, dots or a name twice pass is unclear (contracts: metastudio 10), so the
        # real name goes first and poorer ones follow only when the service minds it.
        name = asset_name(file.name)
        mark = f"Sent by Postflight, {uuid.uuid4().hex}."
        for _ in range(2):
            try:
                return self._asset(name, mark, file)
            except Said as no:
                other = self._other_name(name, file, no)
                if other is None or other == name:
                    raise
                name = other
        return self._asset(name, mark, file)

    def _other_name(self, name: str, file: MediaFile, no: Said) -> str | None:
        if no.word == NAME_TAKEN:
            return unique_name(name, f"{signed_date(self._clock.now())}{file.id}")
        if no.word in BAD_PARAMETER and "name" in no.text.lower():
            return plain_name(name)
        return None

    def _asset(self, name: str, mark: str, file: MediaFile) -> str:
        body = {
            "asset_name": name,
            "asset_type": kind_of(file.name).type,
            "asset_description": mark,
        }
        try:
            answer = self._calls.post("/digital-assets", body)
        except AnswerLost:
            self._sweep(name, mark)
            raise
        return answer.read(_NewAsset).asset_id

    def _sweep(self, name: str, mark: str) -> None:
        """Deletes the empty asset whose id was lost with the answer; best effort.

        The mark makes sure that it is ours: somebody else's card has a DJI_0001 as well.
        """
        newest = {"asset_state": "CREATING", "sort_key": "create_time", "sort_dir": "desc"}
        try:
            answer = self._calls.get("/digital-assets", {"name": name, "limit": "100", **newest})
            found = answer.read(_Assets).assets
        except PostflightError:
            return
        for asset in found:
            if asset.asset_description == mark and asset.asset_id:
                self._delete_asset(asset.asset_id)

    def _one_file(self, asset: str, item: Prepared) -> SignedPut:
        if item.digests is None:
            raise ValueError("MetaStudio places files by their MD5")
        md5 = base64.b64encode(bytes.fromhex(item.digests.md5)).decode("ascii")
        body = self._file_body(asset, item.file) | {"file_md5": md5}
        answer = self._calls.post("/files", body)
        made = answer.read(_NewFile)
        # Both are part of the address's signature (contracts: metastudio 4).
        kind = content_type(item.file.name)
        headers = (("Content-MD5", md5), ("Content-Type", kind))
        part = SignedPart(_address(answer, made.upload_url), headers, 0, item.file.size)
        return SignedPut((part,), f"{asset}/{made.file_id}")

    def _large_file(self, asset: str, file: MediaFile) -> SignedPut:
        count = math.ceil(file.size / ONE_PUT)
        body = self._file_body(asset, file) | {"file_multipart_count": count}
        answer = self._calls.post("/large-files", body)
        made = answer.read(_NewLargeFile)
        if len(made.upload_urls) != count:
            raise answer.nonsense(f"{len(made.upload_urls)} addresses for {count} parts")
        # Signed before anybody knew a part's MD5: no Content-MD5 (contracts: metastudio 8.1).
        parts = tuple(
            SignedPart(
                _address(answer, url),
                (("Content-Type", PLAIN_TYPE),),
                number * ONE_PUT,
                min(ONE_PUT, file.size - number * ONE_PUT),
            )
            for number, url in enumerate(made.upload_urls)
        )
        return SignedPut(parts, f"{asset}/{made.file_id}")

    def _file_body(self, asset: str, file: MediaFile) -> dict[str, object]:
        return {
            "file_name": clean(PurePosixPath(file.name).name) or "file",
            "file_size": file.size,
            "file_type": extension(file.name) or "bin",
            "asset_id": asset,
            "asset_file_category": "MAIN",
        }

    def _confirm(self, sent: Sent) -> None:
        asset, _, file = sent.receipt.remote_id.partition("/")
        if not asset or not file:
            raise Refused("Postflight lost track of this file.", "Retry it.", leg=Leg.COMPUTER)
        if sent.asked and self._arrived(asset, file):
            return
        analyse = self._analyse and kind_of(sent.file.name).analysed
        try:
            self._complete(file, "CREATED", analyse)
        except Said as no:
            # The flag vanished from the service's pages (contracts: metastudio 3.4).
            if not analyse or no.word not in BAD_PARAMETER:
                raise
            self._complete(file, "CREATED")

    def _arrived(self, asset: str, file: str) -> bool:
        info = self._calls.get(f"/digital-assets/{_safe(asset)}").read(_AssetInfo)
        state = next((one.state for one in info.files if one.file_id == file), "")
        if state not in _LOST:
            if state in _ARRIVED or info.asset_state in _ASSET_ARRIVED:
                return True
            state = info.asset_state
        if state not in _LOST:
            return False
        raise Refused(
            f"Huawei MetaStudio no longer holds this file ({state.lower()}).",
            "Retry it to send it anew.",
            leg=Leg.SERVICE,
            details=f"asset {asset} file {file}",
        )

    def _complete(self, file: str, state: str, analyse: bool = False) -> None:
        body: dict[str, object] = {"state": state}
        if analyse:
            body["auto_meta_analysis"] = True
        answer = self._calls.post(f"/files/{_safe(file)}/complete", body)
        # The service's own yes has its id and no body (contracts: metastudio 3.4); whoever else
        # answers 200, as a hotel's Wi-Fi does, knows nothing of the file.
        if answer.body.strip():
            answer.read(Wire)
        elif "x-request-id" not in answer.headers:
            raise lost(answer)

    def _delete_asset(self, asset: str) -> None:
        try:
            self._calls.delete(f"/digital-assets/{_safe(asset)}", {"mode": "force"})
        except PostflightError:
            return  # an empty asset stays behind; whoever called has the error that matters


def _address(answer: Answer, url: str) -> str:
    """The signed address byte for byte; BadAnswer when it is none."""
    if not url.startswith(("https://", "http://")):
        raise answer.nonsense("no address to send to")
    return url


def _safe(remote: str) -> str:
    return quote(remote, safe="")
