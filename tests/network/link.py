"""A link of its own for a process: slow, lossy, cut, without an address. Linux and root only.

Everything here acts on `lo` of the namespace that `unshare --net` made for this process; the
machine's own network is not touched, and nothing is left behind when the process ends.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys

_TOOLS = ("ip", "tc", "unshare")
_LOSS_CLASS, _GOOD_CLASS = "1:20", "1:10"


def why_not() -> str:
    """Why there can be no such link here, "" when there can be one."""
    if sys.platform != "linux":
        return "needs Linux's network namespaces"
    if os.geteuid() != 0:
        return "needs root to make a network namespace"
    if missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
        return f"needs {', '.join(missing)} (Debian: iproute2, util-linux)"
    return _kernel_says_no()


@functools.cache
def _kernel_says_no() -> str:
    tried = subprocess.run(
        inside("-c", "from tests.network import link; link.prepare(); link.spoil(64_000, 0.2)"),
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said = tried.stderr.strip().splitlines()
    return "" if tried.returncode == 0 else f"this kernel makes no bad link: {said[-1:]}"


def inside(*words: str) -> list[str]:
    """The command that runs Python with `words` in a network namespace of its own."""
    return ["unshare", "--net", sys.executable, "-P", *words]


def prepare() -> None:
    """A loopback whose packets are as small as those of a real link."""
    _ip("link", "set", "lo", "mtu", "1500", "gso_max_segs", "1", "gso_max_size", "1500", "up")


def spoil(rate: int, loss: float) -> None:
    """At most `rate` bytes a second, and this share of the packets, both ways, never arrives."""
    heal()
    try:
        _tc("qdisc", "add", "dev", "lo", "root", "netem",
            "rate", f"{rate * 8}bit", "loss", f"{loss:.0%}", "limit", "50")  # fmt: skip
    except subprocess.CalledProcessError:
        _spoil_without_netem(rate, loss)


def _spoil_without_netem(rate: int, loss: float) -> None:
    """Small kernels lack netem: a coin in BPF leads packets to a queue that holds none."""
    speed = f"{rate * 8}bit"
    tails = round((1 - loss) * (2**32 - 1))
    coin = f"4,32 0 0 4294963256,53 0 1 {tails},6 0 0 4294967295,6 0 0 0"
    _tc("qdisc", "add", "dev", "lo", "root", "handle", "1:", "htb", "default", "10")
    for which in (_GOOD_CLASS, _LOSS_CLASS):
        _tc("class", "add", "dev", "lo", "parent", "1:", "classid", which,
            "htb", "rate", speed, "burst", "4k")  # fmt: skip
    _tc("qdisc", "add", "dev", "lo", "parent", _GOOD_CLASS, "bfifo", "limit", "64000")
    _tc("qdisc", "add", "dev", "lo", "parent", _LOSS_CLASS, "bfifo", "limit", "1")
    _tc("filter", "add", "dev", "lo", "parent", "1:", "protocol", "all",
        "bpf", "bytecode", coin, "classid", _LOSS_CLASS)  # fmt: skip


def heal() -> None:
    """As fast and as good as loopback is."""
    subprocess.run(("tc", "qdisc", "del", "dev", "lo", "root"), capture_output=True)


def cut() -> None:
    """As a closed lid: packets go nowhere, and nobody is told."""
    _ip("link", "set", "lo", "down")


def mend() -> None:
    _ip("link", "set", "lo", "up")


def take_address() -> None:
    """As when a laptop leaves the range of its Wi-Fi."""
    _ip("address", "del", "127.0.0.1/8", "dev", "lo")


def give_address() -> None:
    _ip("address", "add", "127.0.0.1/8", "dev", "lo")


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)


def _tc(*words: str) -> None:
    subprocess.run(("tc", *words), check=True, capture_output=True)
