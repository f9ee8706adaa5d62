"""What the suite asks of a store, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import boto3.session
from botocore.config import Config

from app.domain.placement import Addressing, Grant, Keys, Storage
from tests.helpers.stores.daemons import Daemons

BUCKET = "media"
REGION = "us-east-1"


class Store(ABC):
    """A running store with one bucket. `front` is the process that answers S3."""

    name: str
    front: str
    has_sessions = False  # whether it checks session tokens

    def __init__(self, daemons: Daemons, port: int) -> None:
        self.daemons = daemons
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._clients: dict[Keys, Any] = {}

    @property
    @abstractmethod
    def owner(self) -> Keys:
        """Keys that may do everything."""

    @property
    @abstractmethod
    def stranger(self) -> Keys:
        """Valid keys that may not write to the bucket."""

    @abstractmethod
    def lend(self) -> Keys:
        """Keys as a service hands them out: temporary ones where the store has such."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the front serves requests."""

    def version(self) -> str:
        return ""

    def grant(self, keys: Keys, *, bucket: str = BUCKET, url: str = "") -> Grant:
        """`url` is of a relay in front of it. No end is told: the store's own words count."""
        storage = Storage(url or self.url, REGION, bucket, Addressing.PATH)
        return Grant(batch="b1", lane="media", group="g1", storage=storage, keys=keys)

    def client(self, keys: Keys | None = None) -> Any:
        """A plain boto3 client, as anybody would use it; nothing of ours is in it."""
        keys = keys or self.owner
        if keys not in self._clients:
            self._clients[keys] = self._client(keys)
        return self._clients[keys]

    def _client(self, keys: Keys) -> Any:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.session_token or None,
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def freeze(self) -> None:
        """It keeps its connections and says nothing any more."""
        self.daemons.freeze(self.front)

    def thaw(self) -> None:
        self.daemons.thaw(self.front)

    def kill(self) -> None:
        self.daemons.kill(self.front)

    def start_again(self) -> None:
        """After `kill`; it takes some seconds until it answers."""
        self.daemons.again(self.front)

    def revive(self) -> None:
        self.start_again()
        self.daemons.wait(self.answers)

    def stop(self) -> None:
        self.daemons.stop()
