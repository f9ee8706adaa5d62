"""Ceph with its S3 gateway: one monitor, one disk (bluestore, on a sparse file), temporary keys."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3.session

from app.domain.placement import Keys
from tests.helpers.stores.daemons import Daemons, NotStarted, free_ports, missing
from tests.helpers.stores.store import BUCKET, REGION, Store

PACKAGES = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
_PROGRAMS = (
    "radosgw",
    "radosgw-admin",
    "ceph-mon",
    "ceph-osd",
    "ceph",
    "ceph-authtool",
    "monmaptool",
    "setpriv",
)
_ALL_CAPS = ("--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *")
SHORTEST = 900  # seconds; AssumeRole lends keys for no less


def lacks() -> list[str]:
    return missing(*_PROGRAMS)


class Ceph(Store):
    """Its user `test` owns the bucket and may take the roles `uploader`, `writer` and `reader`."""

    name = "ceph"
    front = "rgw"
    has_sessions = True

    def __init__(self, folder: Path, room: int = 12 * 1024**3) -> None:
        """`room`: bytes of its disk, which is as large as what was written to it."""
        ports = free_ports(3)
        super().__init__(Daemons(folder / "log", folder), ports[0])
        self._folder = folder
        self._room = room
        self._settings = folder / "ceph.conf"
        for part in ("mon", "osd", "run"):
            (folder / part).mkdir()
        try:
            self._start(f"[v2:127.0.0.1:{ports[1]},v1:127.0.0.1:{ports[2]}]")
            self._people()
        except BaseException:
            self.stop()
            raise

    @property
    def owner(self) -> Keys:
        return Keys("owners-access-key", "owners-secret")

    @property
    def stranger(self) -> Keys:
        return self.assume("reader")

    def lend(self) -> Keys:
        return self.assume("uploader")

    def assume(self, role: str, name: str = "postflight") -> Keys:
        """Temporary keys for a role, as a service would ask for them."""
        session = boto3.session.Session()
        sts = session.client(
            "sts",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.owner.access_key,
            aws_secret_access_key=self.owner.secret_key,
        )
        lent = sts.assume_role(
            RoleArn=f"arn:aws:iam:::role/{role}", RoleSessionName=name, DurationSeconds=SHORTEST
        )["Credentials"]
        return Keys(lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"])

    def version(self) -> str:
        return self.daemons.run("dpkg-query", "-W", "-f", "${Version}", "radosgw")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=5):  # noqa: S310
                return True
        except urllib.error.HTTPError:
            return True
        except (urllib.error.URLError, OSError):
            return False

    def shift(self, seconds: int, library: str) -> None:
        """Starts the gateway anew with a clock that is ahead, by libfaketime."""
        self.kill()
        moved = {
            "LD_PRELOAD": library,
            "FAKETIME": f"{seconds:+d}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.daemons.again(self.front, moved)
        self.daemons.wait(self.answers)

    def _start(self, address: str) -> None:
        folder, cluster = self._folder, str(uuid.uuid4())
        self._settings.write_text(self._text(cluster, address), encoding="utf-8")
        keyring, monmap = str(folder / "keyring"), str(folder / "monmap")
        make = ("monmaptool", "--create", "--clobber", "--fsid", cluster)
        self.daemons.run(*make, "--addv", "a", address, monmap)
        owners: Mapping[str, Sequence[str]] = {
            "mon.": ("--cap", "mon", "allow *"),
            "client.admin": (*_ALL_CAPS, "--cap", "mds", "allow *"),
            "osd.0": _ALL_CAPS,
        }
        for number, (owner, caps) in enumerate(owners.items()):
            new = () if number else ("--create-keyring",)
            self.daemons.run("ceph-authtool", *new, keyring, "--gen-key", "-n", owner, *caps)
        ours = ("-c", str(self._settings))
        first = ("--mkfs", "-i", "a", "--keyring", keyring, "--monmap", monmap)
        self.daemons.run("ceph-mon", *ours, *first)
        self.daemons.start("mon", "ceph-mon", *ours, "-i", "a", "-f")
        self.daemons.wait(lambda: self._asked("mon", "stat") is not None)
        self.daemons.run("ceph", *ours, "auth", "import", "-i", keyring)
        disk = str(uuid.uuid4())
        self.daemons.run("ceph", *ours, "osd", "new", disk)
        self.daemons.run("ceph-osd", *ours, "-i", "0", "--mkfs", "--osd-uuid", disk)
        self.daemons.start("osd", "ceph-osd", *ours, "-i", "0", "-f")
        self.daemons.wait(lambda: "1 up" in (self._asked("osd", "stat") or ""))
        self.daemons.start(self.front, "radosgw", *ours, "-f", "-n", "client.admin")
        self.daemons.wait(self.answers)

    def _asked(self, *words: str) -> str | None:
        try:
            return self.daemons.run(
                "ceph", "-c", str(self._settings), "--connect-timeout", "2", *words
            )
        except NotStarted:  # not up yet
            return None

    def _people(self) -> None:
        keys = (f"--access-key={self.owner.access_key}", f"--secret-key={self.owner.secret_key}")
        self._admin("user", "create", "--uid=test", "--display-name=test", *keys)
        self.client().create_bucket(Bucket=BUCKET)
        objects = f"arn:aws:s3:::{BUCKET}/*"
        self._role("uploader", "s3:*", "arn:aws:s3:::*")
        self._role("writer", ["s3:PutObject", "s3:AbortMultipartUpload"], objects)
        self._role("reader", "s3:GetObject", objects)

    def _role(self, name: str, actions: str | list[str], resource: str) -> None:
        may = {"Effect": "Allow", "Action": actions, "Resource": resource}
        who = {"Effect": "Allow", "Action": ["sts:AssumeRole"]}
        trusted = who | {"Principal": {"AWS": ["arn:aws:iam:::user/test"]}}
        named = f"--role-name={name}"
        self._admin("role", "create", named, f"--assume-role-policy-doc={_policy(trusted)}")
        self._admin(
            "role-policy", "put", named, "--policy-name=may", f"--policy-doc={_policy(may)}"
        )

    def _admin(self, *words: str) -> None:
        self.daemons.run("radosgw-admin", "-c", str(self._settings), *words)

    def _text(self, cluster: str, address: str) -> str:
        folder = self._folder
        return f"""[global]
fsid = {cluster}
mon_initial_members = a
mon_host = {address}
public_network = 127.0.0.0/8
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = {folder}/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
osd_crush_chooseleaf_type = 0
mon_max_pg_per_osd = 1000
run_dir = {folder}/run
admin_socket = {folder}/run/$name.asok
log_file = {folder}/log/$name.log
pid_file = {folder}/run/$name.pid
crash_dir = {folder}/run
ms_bind_ipv6 = false
setuser_match_path =
[mon]
mon_data = {folder}/mon
mon_data_avail_crit = 1
auth_allow_insecure_global_id_reclaim = false
[osd]
osd_data = {folder}/osd
osd_objectstore = bluestore
bluestore_block_size = {self._room}
bluestore_block_create = true
osd_memory_target = 1073741824
bluestore_fsck_on_mount = false
[client]
rgw_frontends = beast endpoint=127.0.0.1:{self.port}
rgw_dns_name = s3.localhost
rgw_thread_pool_size = 32
rgw_enable_usage_log = false
rgw_s3_auth_use_sts = true
rgw_sts_key = abcdefghijklmnop
rgw_s3_auth_use_rados = true
"""


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
