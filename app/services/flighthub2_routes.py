"""Flight routes for FlightHub 2: project storage keys and the notice that a route is there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from app.domain.errors import PostflightError, Refused
from app.domain.model import Batch, Connection, Prepared, Sent
from app.domain.placement import Grant, Keys, ObjectTarget
from app.domain.ports import Clock
from app.net.wire import Wire
from app.services.base import Confirmed
from app.services.flighthub2_api import Api, for_the_batch
from app.services.flighthub2_media import content_type
from app.services.flighthub2_wire import StsToken, WaylineList, nfc
from app.services.storage import storage_of

ROUTE = "route"
_EXTENSION = ".kmz"
_SHORTEST_LIFE, _LONGEST_LIFE = 60, 7 * 86_400  # seconds; anything else is no lifetime
_SPACE = uuid.UUID("6c7e8f3a-52f4-4c0b-9d5e-0f4b1a7c2d90")


def is_route(path: str) -> bool:
    return path.lower().endswith(_EXTENSION)


def shown_name(name: str) -> str:
    """What the service lists: the file's name without its extension."""
    return name[: -len(_EXTENSION)] if is_route(name) else name


class Routes:
    """One connection's flight routes; thread-safe."""

    def __init__(self, api: Api, connection: Connection, clock: Clock) -> None:
        self._api = api
        self._connection = connection
        self._clock = clock

    def open(self, batch: Batch, lane: str) -> Grant:
        # From the moment of asking, so that a slow answer makes the keys older, never younger.
        asked_at = self._clock.now()
        with for_the_batch():
            token = self._api.read(StsToken, "GET", "/project/sts-token")
        keys = token.credentials
        storage = storage_of(
            token.provider, token.endpoint, token.region, token.bucket, self._connection
        )
        life = keys.expire or 0
        known = _SHORTEST_LIFE < life <= _LONGEST_LIFE
        return Grant(
            batch=batch.id,
            lane=lane,
            group="",
            prefix=token.object_key_prefix.rstrip("/"),
            storage=storage,
            expires_at=asked_at + life if known else None,
            keys=Keys(keys.access_key_id, keys.access_key_secret, keys.security_token),
        )

    def place(self, grant: Grant, item: Prepared) -> ObjectTarget:
        """A key that stays the same when the file is sent again (contracts: flighthub2 6)."""
        name = item.file.name
        own = uuid.uuid5(_SPACE, f"{grant.batch}/{nfc(name)}")
        key = "/".join(part for part in (grant.prefix, str(own), name) if part)
        return ObjectTarget(key, content_type(name), single_put=True)

    def confirm(self, sent: Sequence[Sent]) -> Confirmed:
        known = self._known([item for item in sent if item.asked])
        refused: dict[int, PostflightError] = {}
        for item in sent:
            if item.file.id in known:
                continue
            body = {"name": shown_name(item.file.name), "object_key": item.receipt.key}
            try:
                self._api.once(Wire, "/wayline/finish-upload", body, one_file=True)
            except Refused as no:
                refused[item.file.id] = no
        return Confirmed(frozenset(s.file.id for s in sent) - refused.keys(), refused)

    def _known(self, asked: Sequence[Sent]) -> frozenset[int]:
        """Which of these the project lists; an older route of the same name has another size."""
        if not asked:
            return frozenset()
        sizes: dict[str, set[int]] = {}
        with for_the_batch():  # a no to the question is none to the files
            listed = self._api.read(WaylineList, "GET", "/wayline").items
        for route in listed:
            sizes.setdefault(shown_name(nfc(route.name)), set()).add(route.size or 0)
        return frozenset(
            item.file.id
            for item in asked
            if sizes.get(shown_name(nfc(item.file.name)), set()) & {0, item.file.size}
        )
