"""Cards are found by what cameras write, and the watch never waits for a volume that hangs."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.media.volumes import Volume
from app.ui.system.cards import Card, CardWatch, cards_among, find_cards

CARD = Card("DJI_M3E", Path("/media/ana/DJI_M3E"), 64_000_000_000, 3_000_000_000, None)


def volume(tmp_path: Path, name: str, *folders: str) -> Volume:
    root = tmp_path / name
    for folder in folders or (".",):
        (root / folder).mkdir(parents=True, exist_ok=True)
    return Volume(name, root)


def test_a_card_has_a_cameras_folders(tmp_path: Path) -> None:
    volumes = [
        volume(tmp_path, "M3E", "DCIM/DJI_202405_001", "MISC"),
        volume(tmp_path, "lower", "dcim"),
        volume(tmp_path, "L2", "DJI_202405_L2"),
        volume(tmp_path, "music", "Songs"),
        volume(tmp_path, "empty"),
    ]
    found = cards_among(volumes)
    assert [(card.name, card.photos_folder) for card in found] == [
        ("L2", None),
        ("lower", tmp_path / "lower" / "dcim"),
        ("M3E", tmp_path / "M3E" / "DCIM"),
    ]
    usage = shutil.disk_usage(tmp_path)
    assert found[0].root == tmp_path / "L2"
    assert found[0].size == usage.total
    assert 0 < found[0].free <= usage.total


def test_files_and_links_with_such_names_are_no_cards(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    linked = volume(tmp_path, "linked")
    (linked.root / "DCIM").symlink_to(tmp_path / "elsewhere")
    file = volume(tmp_path, "file")
    (file.root / "DCIM").write_bytes(b"")
    (file.root / "DJI_0001.JPG").write_bytes(b"")
    assert cards_among([linked, file]) == []


def test_a_card_that_was_pulled_meanwhile_is_left_out(tmp_path: Path) -> None:
    there = volume(tmp_path, "there", "DCIM")
    assert [card.name for card in cards_among([Volume("gone", tmp_path / "gone"), there])] == [
        "there"
    ]


def test_this_machine_can_be_asked_for_cards() -> None:
    assert all(isinstance(card, Card) for card in find_cards())


def test_cards_that_come_and_go_are_told_once(qtbot: QtBot) -> None:
    inserted: list[Card] = []
    watch = CardWatch(lambda: list(inserted), interval_ms=10)
    told: list[list[Card]] = []
    watch.changed.connect(told.append)
    watch.start()
    qtbot.wait(50)
    assert told == []
    inserted.append(CARD)
    qtbot.waitUntil(lambda: len(told) == 1, timeout=10_000)
    assert watch.cards == [CARD]
    inserted.clear()
    qtbot.waitUntil(lambda: len(told) == 2, timeout=10_000)
    watch.stop()
    assert told == [[CARD], []]
    assert watch.cards == []


class Hanging:
    """A finder that hangs until it is let go, and counts who came in."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls = 0

    def __call__(self) -> list[Card]:
        self.calls += 1
        assert self.go.wait(60)
        return [CARD]


def test_a_volume_that_hangs_costs_one_thread_and_no_time(qtbot: QtBot) -> None:
    finder = Hanging()
    watch = CardWatch(finder, interval_ms=5)
    start = time.monotonic()
    watch.start()
    watch.look()
    qtbot.wait(100)
    assert time.monotonic() - start < 5
    assert finder.calls == 1
    assert sum(t.name == "pf-cards" for t in threading.enumerate()) == 1
    with qtbot.waitSignal(watch.changed, timeout=10_000):
        finder.go.set()
    qtbot.waitUntil(lambda: finder.calls > 2, timeout=10_000)
    watch.stop()


def test_what_changed_during_a_look_is_looked_at_after_it(qtbot: QtBot) -> None:
    finder = Hanging()
    watch = CardWatch(finder, interval_ms=60_000)
    watch.start()
    watch.look()
    watch.look()
    finder.go.set()
    qtbot.waitUntil(lambda: finder.calls == 2, timeout=10_000)
    qtbot.wait(50)
    assert finder.calls == 2
    watch.stop()


def test_a_stopped_watch_tells_nothing_and_can_start_again(qtbot: QtBot) -> None:
    finder = Hanging()
    watch = CardWatch(finder, interval_ms=5)
    watch.start()
    watch.stop()
    with qtbot.assertNotEmitted(watch.changed, wait=100):
        finder.go.set()
    with qtbot.waitSignal(watch.changed, timeout=10_000):
        watch.start()
    watch.stop()


def test_a_system_that_cannot_be_asked_is_asked_again(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []

    def finder() -> list[Card]:
        calls.append(1)
        if len(calls) < 4:
            raise OSError("mount does not answer")
        return [CARD]

    watch = CardWatch(finder, interval_ms=5)
    with qtbot.waitSignal(watch.changed, timeout=10_000):
        watch.start()
    watch.stop()
    assert caplog.text.count("mount does not answer") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="mounts for the test as Linux' root")
def test_a_mount_is_looked_at_at_once(qtbot: QtBot, tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root mounts")
    finder = Hanging()
    finder.go.set()
    watch = CardWatch(finder, interval_ms=60_000)
    with qtbot.waitSignal(watch.changed, timeout=10_000):
        watch.start()
    before = finder.calls
    if os.system(f"mount -t tmpfs none '{tmp_path}' 2>/dev/null") != 0:  # noqa: S605
        watch.stop()
        pytest.skip("nothing may be mounted here")
    try:
        qtbot.waitUntil(lambda: finder.calls > before, timeout=10_000)
    finally:
        watch.stop()
        os.system(f"umount '{tmp_path}'")  # noqa: S605
