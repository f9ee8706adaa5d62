"""OpenStack Swift with its S3 interface: one replica, five processes, everything in one folder."""

from __future__ import annotations

import getpass
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from app.domain.placement import Keys
from tests.helpers.stores.daemons import Daemons, free_ports, missing
from tests.helpers.stores.store import BUCKET, REGION, Store

PACKAGES = ("swift-proxy", "swift-account", "swift-container", "swift-object", "memcached")
_PROGRAMS = (
    "swift-proxy-server",
    "swift-account-server",
    "swift-container-server",
    "swift-object-server",
    "memcached",
    "setpriv",
)
_PIPELINE = (
    "catch_errors gatekeeper healthcheck cache s3api tempauth bulk copy slo dlo symlink "
    "versioned_writes proxy-server"
)

# Swift's own builder, once for all rings: its command would start Python nine times.
_RINGS = """
import sys
from swift.common.ring import RingBuilder
for told in sys.argv[2:]:
    name, port = told.split(":")
    ring = RingBuilder(6, 1, 1)
    device = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1"}
    ring.add_dev({**device, "weight": 1.0, "meta": ""})
    ring.rebalance()
    ring.get_ring().save(f"{sys.argv[1]}/{name}.ring.gz")
"""


def lacks() -> list[str]:
    return missing(*_PROGRAMS)


class Swift(Store):
    """The account `test`: its administrator `tester`, and `reader`, who has no rights in it."""

    name = "swift"
    front = "proxy"

    def __init__(self, folder: Path) -> None:
        ports = free_ports(5)
        super().__init__(Daemons(folder / "log", folder), ports[0])
        self._folder = folder
        self._rings = dict(zip(("account", "container", "object"), ports[1:4], strict=True))
        self._memory = ports[4]
        for part in ("etc", "cache", "dev/d1"):
            (folder / part).mkdir(parents=True)
        self._write_settings()
        try:
            self._start()
            self.client().create_bucket(Bucket=BUCKET)
        except BaseException:
            self.stop()
            raise

    @property
    def owner(self) -> Keys:
        return Keys("test:tester", "testers-secret")

    @property
    def stranger(self) -> Keys:
        return Keys("test:reader", "readers-secret")

    def lend(self) -> Keys:
        return self.owner

    def version(self) -> str:
        return self.daemons.run("dpkg-query", "-W", "-f", "${Version}", "swift-proxy")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthcheck", timeout=5) as answer:  # noqa: S310
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _start(self) -> None:
        etc = self._folder / "etc"
        user = getpass.getuser()
        memory = ["-u", user, "-l", "127.0.0.1", "-p", str(self._memory), "-m", "16"]
        self.daemons.start("memcached", "memcached", *memory)
        for name in self._rings:
            self.daemons.start(name, f"swift-{name}-server", str(etc / f"{name}-server.conf"))
        self.daemons.start(self.front, "swift-proxy-server", str(etc / "proxy-server.conf"))
        self.daemons.wait(self.answers)
        # The proxy is up before the others are: a first write tells.
        self.daemons.wait(self._lists)

    def _lists(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.client().list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True

    def _write_settings(self) -> None:
        etc = self._folder / "etc"
        hashes = {"swift_hash_path_suffix": "test", "swift_hash_path_prefix": "test"}
        _write(
            etc / "swift.conf",
            {"swift-hash": hashes, "swift-constraints": {"max_file_size": "5368709122"}},
        )
        for name, port in self._rings.items():
            _write(etc / f"{name}-server.conf", self._part_server(name, port))
        _write(etc / "proxy-server.conf", self._proxy())
        rings = [f"{name}:{port}" for name, port in self._rings.items()]
        self.daemons.run("python3", "-c", _RINGS, str(etc), *rings)

    def _common(self, port: int) -> dict[str, str]:
        return {
            "bind_ip": "127.0.0.1",
            "bind_port": str(port),
            "user": getpass.getuser(),
            "swift_dir": str(self._folder / "etc"),
            "workers": "0",  # one process each, so that a signal reaches all of it
            "log_level": "WARNING",
        }

    def _part_server(self, name: str, port: int) -> dict[str, dict[str, str]]:
        own = {
            "devices": str(self._folder / "dev"),
            "mount_check": "false",
            "fallocate_reserve": "0",
            "disable_fallocate": "true",
        }
        app = {"use": f"egg:swift#{name}", "recon_cache_path": str(self._folder / "cache")}
        return {
            "DEFAULT": self._common(port) | own,
            "pipeline:main": {"pipeline": f"{name}-server"},
            f"app:{name}-server": app,
        }

    def _proxy(self) -> dict[str, dict[str, str]]:
        filters = _PIPELINE.split()[:-1]
        sections = {f"filter:{name}": {"use": f"egg:swift#{name}"} for name in filters}
        sections["filter:cache"] = {
            "use": "egg:swift#memcache",
            "memcache_servers": f"127.0.0.1:{self._memory}",
        }
        sections["filter:s3api"] |= {
            "location": REGION,
            "storage_domain": "s3.localhost",
            "s3_acl": "false",
            "min_segment_size": "5242880",
        }
        sections["filter:tempauth"] |= {
            "user_test_tester": f"{self.owner.secret_key} .admin",
            "user_test_reader": self.stranger.secret_key,
        }
        sections["filter:versioned_writes"]["allow_object_versioning"] = "true"
        return {
            "DEFAULT": self._common(self.port),
            "pipeline:main": {"pipeline": _PIPELINE},
            "app:proxy-server": {"use": "egg:swift#proxy", "account_autocreate": "true"},
            **sections,
        }


def _write(path: Path, sections: Mapping[str, Mapping[str, str]]) -> None:
    text = ""
    for name, entries in sections.items():
        text += f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
    path.write_text(text, encoding="utf-8")
