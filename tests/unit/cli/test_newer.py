"""The command line tells of a newer Postflight in one line, once a day, to people only."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import bootstrap
from app.cli.main import postflight
from app.cli.newer import tell_of_newer
from app.cli.updates import switched
from app.domain.release import Feed
from app.paths import HOME, Paths
from app.store.store import Store
from tests.helpers.clock import HandClock
from tests.helpers.scripted import Reply, ScriptedServer

DAY = 24 * 3600
PAGE = "https://code.example/r/9.8.7"
LINE = "Postflight 9.8.7 is out; this is "


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Desk:
    def __init__(self, home: Path, url: str) -> None:
        self.clock = HandClock()
        feed = Feed(url, "code.example") if url else Feed()
        self.app = bootstrap.build(
            Paths.find({HOME: str(home)}), exclusive=False, clock=self.clock, releases=feed
        )

    def tell(self, as_json: bool = False) -> None:
        tell_of_newer(self.app, as_json, Screen())


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _: Reply({"tag_name": "9.8.7", "html_url": PAGE})) as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, server: ScriptedServer) -> Iterator[Desk]:
    made = Desk(tmp_path, server.url + "/latest")
    yield made
    made.app.close()


def test_one_line_beside_the_output_at_most_once_a_day(
    desk: Desk, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.tell()
    heard = capsys.readouterr()
    assert heard.out == "" and heard.err.startswith(LINE) and heard.err.count("\n") == 1
    assert heard.err.endswith(f". {PAGE}\n")
    desk.tell()
    desk.clock.move(DAY - 1)
    desk.tell()
    assert capsys.readouterr() == ("", "") and len(server.seen) == 1
    desk.clock.move(1)
    desk.tell()
    assert capsys.readouterr().err.startswith(LINE) and len(server.seen) == 2


def test_programs_neither_ask_nor_hear(
    desk: Desk, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.tell(as_json=True)
    tell_of_newer(desk.app, False, io.StringIO())
    assert capsys.readouterr() == ("", "") and not server.seen


def test_the_switch_is_the_windows_and_holds_here_too(
    desk: Desk, server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert switched(desk.app, None) and not switched(desk.app, "off")
    assert desk.app.store.preferences.load() == bootstrap.Preferences(updates=False)
    desk.tell()
    assert capsys.readouterr() == ("", "") and not server.seen
    assert switched(desk.app, "on")
    desk.tell()
    assert capsys.readouterr().err.startswith(LINE)


@pytest.mark.parametrize("reply", [Reply(status=404), Reply(b"<html>"), Reply(cut=True)])
def test_trouble_is_silent_and_is_not_tried_again_today(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reply: Reply
) -> None:
    with ScriptedServer(lambda _: reply) as server:
        desk = Desk(tmp_path, server.url + "/latest")
        desk.tell()
        asked = len(server.seen)
        desk.tell()
        assert capsys.readouterr() == ("", "") and 1 <= len(server.seen) == asked
        desk.app.close()


def test_an_answer_that_takes_its_time_is_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def slow(_: object) -> Reply:
        time.sleep(6)
        return Reply({"tag_name": "9.8.7", "html_url": PAGE})

    with ScriptedServer(slow) as server:
        desk = Desk(tmp_path, server.url)
        began = time.monotonic()
        desk.tell()
        assert time.monotonic() - began < 5
        assert capsys.readouterr() == ("", "")
        desk.app.close()


def test_records_that_cannot_be_written_do_not_undo_what_was_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: ScriptedServer
) -> None:
    """A full disk or a folder of somebody else's: the command before it has succeeded."""
    desk = Desk(tmp_path, server.url)
    desk.app.store.close()
    desk.app.store = Store(tmp_path, desk.clock)
    desk.app.store.preferences._database._connection.execute("PRAGMA query_only = on")
    desk.tell()
    assert capsys.readouterr() == ("", "")
    desk.app.close()


def test_the_command_says_that_nobody_is_asked_where_no_address_is_set(tmp_path: Path) -> None:
    ran = CliRunner().invoke(postflight, ["updates", "off"], env={HOME: str(tmp_path)})
    assert ran.exit_code == 0 and "no address to ask" in ran.output
    told = CliRunner().invoke(postflight, ["updates", "--json"], env={HOME: str(tmp_path)})
    assert json.loads(told.output) == {"event": "result", "updates": False, "newer": None}
    assert "updates" not in CliRunner().invoke(postflight, ["--help"]).output
