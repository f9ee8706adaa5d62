"""Open modelling uploads in FlightHub 2: keys, object names, the callback and the import."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from app.domain.errors import AnswerLost, BadAnswer, Leg, PostflightError, Refused
from app.domain.model import Batch, Connection, Prepared, Sent, Tally
from app.domain.placement import Grant, Keys, ObjectTarget
from app.domain.ports import Clock
from app.services.base import Confirmed, Finished, NotYet
from app.services.flighthub2_api import Api, BatchRefused, for_the_batch, is_uuid
from app.services.flighthub2_models import resource_path
from app.services.flighthub2_wire import Memo, Resource, StoreToken, Uploaded, nfc
from app.services.storage import storage_of

_NAME = "{fileName}"
_LONGEST_TITLE = 255  # characters of `resource_name` (contracts: flighthub2 3.4)
_LAST_SECOND = 10**11  # the year 5138
_SHORTEST_LIFE = 60  # seconds
# 0 is in no list of states; it was seen where nothing was imported (contracts: flighthub2 3.5).
_UNDER_WAY, _IMPORTED, _DELETED = 0, 1, frozenset({2, 3})

_CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "dng": "image/x-adobe-dng",
    "heic": "image/heic",
    "heif": "image/heif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "kmz": "application/vnd.google-earth.kmz",
}


def content_type(name: str) -> str:
    """By the extension and the same on every computer, unlike what the system would say."""
    extension = name.rpartition(".")[2].lower()
    return _CONTENT_TYPES.get(extension, "application/octet-stream")


class Media:
    """One connection's open modelling uploads; thread-safe."""

    def __init__(self, api: Api, connection: Connection, clock: Clock) -> None:
        self._api = api
        self._connection = connection
        self._clock = clock

    def open(self, batch: Batch, lane: str) -> Grant:
        """New keys. Each call probably makes a new group as well (contracts: flighthub2 3.2)."""
        with for_the_batch():
            token = self._api.read(StoreToken, "POST", "/open_model/stores/obtain_token")
        storage = storage_of(
            token.cloud_name,
            token.end_point,
            token.region,
            token.cloud_bucket_name,
            self._connection,
        )
        # A path with undecodable bytes may have lent the batch its title.
        title = batch.title.encode(errors="replace").decode()[:_LONGEST_TITLE]
        memo = Memo(callback_param=token.callback_param, title=title)
        return Grant(
            batch=batch.id,
            lane=lane,
            group=self._group(token.store_path),
            prefix=token.store_path,
            memo=memo.model_dump_json(),
            storage=storage,
            expires_at=self._end(token.expire_time),
            keys=Keys(token.access_key_id, token.secret_access_key, token.session_token),
        )

    def _group(self, template: str) -> str:
        """The resource's uuid: the path segment just before the file name (flighthub2 3.1)."""
        before, found, _ = template.partition(_NAME)
        segment = before[:-1].rpartition("/")[2] if before.endswith("/") else ""
        if not found or not is_uuid(segment):
            raise BadAnswer(
                f"{self._api.who} named a place for the files that Postflight does not understand.",
                "Nothing was sent. Look for a newer Postflight, or report this message.",
                leg=Leg.SERVICE,
                details=f"store_path {template[:300]!r} has no UUID before {_NAME}",
            )
        return segment

    def _end(self, expire_time: int | None) -> float | None:
        """On this computer's clock. A time that has passed is no time: a broken clock, or a 0.

        Nor is one that is nearly over: keys are not asked for twice a minute (reliability 3.6).
        """
        if expire_time is None:
            return None
        # Seconds by all accounts, but read as seconds a count of milliseconds would never end.
        seconds = expire_time / 1000 if expire_time > _LAST_SECOND else float(expire_time)
        end = seconds - (self._api.http.clock_offset or 0.0)
        return end if end - self._clock.now() > _SHORTEST_LIFE else None

    def place(self, grant: Grant, item: Prepared) -> ObjectTarget:
        name = item.file.name
        # The callback wants the tag of a plain PUT (contracts: flighthub2 8.3).
        return ObjectTarget(grant.prefix.replace(_NAME, name), content_type(name), single_put=True)

    def confirm(self, grant: Grant, sent: Sequence[Sent]) -> Confirmed:
        known = frozenset[int]()
        if any(item.asked for item in sent):
            known = self._taken(grant, [item for item in sent if item.asked])
        rest = [item for item in sent if item.file.id not in known]
        if not rest:
            return Confirmed(known)
        answer = self._call_back(grant, rest)
        ids, refused = self._judged(grant, rest, answer)
        return Confirmed(known | ids, refused)

    def _taken(self, grant: Grant, doubtful: Sequence[Sent]) -> frozenset[int]:
        """All of a callback's files when the group shows one of them, else none.

        Whether a repeated callback is harmless is not known (contracts: flighthub2 9.4). One call
        is out at a time and is taken whole, but its files are imported little by little, so a
        name that is not there yet says nothing; `finish` looks at every one in the end.
        """
        resource, no = self._look(grant.group)
        if any(nfc(item.file.name) in resource.names for item in doubtful):
            return frozenset(item.file.id for item in doubtful)
        if not no and resource.status == _UNDER_WAY:
            raise AnswerLost(
                f"{self._api.who} is still importing, so the fate of the last call is not clear.",
                "Postflight looks again before it repeats anything.",
                leg=Leg.SERVICE,
                details=f"resource {grant.group}",
            )
        return frozenset()

    def _call_back(self, grant: Grant, sent: Sequence[Sent]) -> Uploaded:
        memo = self._memo(grant)
        body: dict[str, object] = {
            "resource_uuid": grant.group,
            "callback_param": memo.callback_param,
            "files": [{"name": item.file.name, "etag": item.receipt.etag} for item in sent],
        }
        if memo.title:
            body["resource_name"] = memo.title
        answer = self._api.once(
            Uploaded, "/open_model/stores/upload_callback", body, hide=(memo.callback_param,)
        )
        if answer.resource_uuid and answer.resource_uuid.lower() != grant.group.lower():
            raise BadAnswer(
                f"{self._api.who} put the files somewhere else than Postflight asked.",
                "Postflight stops here. Nothing is lost; report this message.",
                leg=Leg.SERVICE,
                details=f"asked for {grant.group}, answered {answer.resource_uuid[:64]!r}",
            )
        return answer

    def _memo(self, grant: Grant) -> Memo:
        try:
            return Memo.model_validate_json(grant.memo)
        except ValidationError:
            raise BadAnswer(
                f"Postflight's own record of the upload to {self._api.who} cannot be read.",
                "Upload the folder again as a new batch.",
                leg=Leg.COMPUTER,
            ) from None

    def _judged(
        self, grant: Grant, sent: Sequence[Sent], answer: Uploaded
    ) -> tuple[frozenset[int], dict[int, PostflightError]]:
        """Whom the answer acknowledges.

        Whether `upload_count` counts this call or all calls is not known (flighthub2 3.4), so
        only a count below ours says that something is missing.
        """
        count = answer.upload_count
        if count is None or count >= len(sent):
            return frozenset(item.file.id for item in sent), {}
        if answer.file_name_list:
            taken = frozenset(nfc(name) for name in answer.file_name_list)
        else:
            taken = self._look(grant.group)[0].names
        ids = frozenset(item.file.id for item in sent if nfc(item.file.name) in taken)
        missing = [item for item in sent if item.file.id not in ids]
        return ids, {item.file.id: self._not_taken(item, count, len(sent)) for item in missing}

    def _not_taken(self, item: Sent, count: int, of: int) -> Refused:
        return Refused(
            f"{self._api.who} did not take the file into its upload group.",
            "Retry it; Postflight asks the service again.",
            leg=Leg.SERVICE,
            details=f"{item.file.name}: upload_count {count} for {of} files",
        )

    def _look(self, group: str) -> tuple[Resource, str]:
        """What the group has, or nothing and the service's words.

        Before the first import the service answers that it does not know the resource.
        """
        try:
            resource = self._api.read(Resource, "GET", resource_path(group))
        except Refused as no:
            return Resource(), no.title.rstrip(".")
        if resource.status in _DELETED:
            raise BatchRefused(
                f"The files of this batch were deleted in {self._api.who}.",
                "Upload the folder again as a new batch.",
                leg=Leg.SERVICE,
                details=f"resource {group} status {resource.status}",
            )
        return resource, ""

    def finish(self, tally: Tally) -> Finished | NotYet:
        """Whether every group has imported all that was delivered into it."""
        have = of = 0
        words = ""
        missing: dict[str, frozenset[str]] = {}
        for group, names in tally.names.items():
            if not group or not names:
                continue
            there, why = self._imported(group, names)
            have, of, words = have + len(there), of + len(names), words or why
            if len(there) < len(names):
                missing[group] = names - there
        if not of:
            return Finished()
        if words:
            told = f"{self._api.who} has imported {have} of {of} files{words}"
            return NotYet(told, have, missing)
        if of == 1:
            return Finished(f"{self._api.who} has imported the file.")
        return Finished(f"{self._api.who} has imported all {of} files.")

    def _imported(self, group: str, wanted: frozenset[str]) -> tuple[frozenset[str], str]:
        """Which are imported, and what is still open: empty when nothing is."""
        resource, no = self._look(group)
        if no:
            return frozenset(), f" ({no})"
        there = frozenset(name for name in wanted if nfc(name) in resource.names)
        if resource.status not in (None, _UNDER_WAY, _IMPORTED):
            return there, f" (state {resource.status})"
        done = there == wanted and resource.status != _UNDER_WAY
        return there, "" if done else " so far"

    def delete(self, group: str) -> None:
        """A group that the service does not know any more counts as deleted."""
        try:
            self._api.tell("DELETE", resource_path(group))
        except Refused:
            if not self._gone(group):
                raise

    def _gone(self, group: str) -> bool:
        try:
            resource = self._api.read(Resource, "GET", resource_path(group))
        except Refused:
            return True
        return resource.status in _DELETED
