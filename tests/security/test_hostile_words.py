"""What servers and names say is shown as words: in the terminal, in JSON, in the window."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.cli import objects, screen
from app.domain.errors import BadAnswer, Fault, Refused
from app.domain.model import Batch, Connection, Counts, FileStatus, Job, MediaFile
from app.domain.naming import printable
from app.domain.states import BatchState, FileState, JobState
from app.engine.doctor import Leg
from app.engine.engine import Snapshot
from app.engine.meter import Pulse
from app.ui.batches.reason import Reason
from app.ui.batches.wishes import Wish
from app.ui.look.labels import ElidedLabel, as_it_is
from app.ui.look.parts import Role, name
from tests.helpers.workbench import Workbench, workbench
from tests.ui.window_kit import opened

UI = Path(__file__).resolve().parents[2] / "app" / "ui"
# Moves the cursor, wipes the screen, sets a window's title, turns words around, hides a line.
COMMANDS = "\x1b[2J\x1b]0;owned\x07\x9b31m\x08\x7f\x00\u202egpj.exe\u2066\u2028"
MARKUP = "[bold red]boo[/] [/nope] [link=http://evil.invalid]x[/link] :warning: 100%"
HTML = "<b>safe</b> <img src='file://evil.invalid/x.png'> &lt;"
EVIL = f"{MARKUP} {HTML} {COMMANDS} end"
HARMFUL = set(COMMANDS) - set("[2J]0;owned31mgpj.exe")

BATCH = Batch("3f2a91", EVIL, EVIL, "flighthub2", (Path("card"),), BatchState.PAUSED)
FAULT = Fault("refused", EVIL, EVIL, EVIL)
FILE = MediaFile(1, BATCH.id, EVIL, Path("card/x"), "x", 1000, 0)
SHOWN = Snapshot(
    replace(BATCH, reason=FAULT),
    Counts(total=1, failed=1, bytes_total=1000),
    Pulse(0, 0, 0.0, 0.0),
    (Job(BATCH.id, "3d", "m", JobState.FAILED, 0, EVIL),),
    (EVIL,),
)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "4000")


def test_every_error_is_one_line_without_commands() -> None:
    error = Refused(f"{EVIL}\r\nsecond", EVIL, details=EVIL)
    assert not HARMFUL & set(f"{error} {error.title} {error.hint} {error.details}")
    assert error.title.isprintable() and MARKUP in error.title and HTML in error.title
    assert error.fault().title == error.title == str(error)


@given(st.text(st.characters(categories=None), max_size=60))
def test_nothing_printable_turns_or_moves(text: str) -> None:
    said = printable(text)
    said.encode()
    assert len(said) == len(text) and len(said.splitlines()) <= 1
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\x1b\x9b\x07") & set(said)


# -- the terminal


def say_everything() -> None:
    status = FileStatus(FILE, FileState.FAILED, None, "", 1, FAULT, EVIL)
    screen.summary(SHOWN, [EVIL], 10.0)
    screen.show(SHOWN, [status], [EVIL])
    screen.trouble([status], BATCH.id)
    screen.batches([SHOWN])
    screen.connections([Connection(EVIL, "flighthub2", EVIL, {"project": EVIL})])
    screen.legs([Leg("project", EVIL), Leg("sign-in", EVIL, FAULT)])
    screen.fault(FAULT)
    screen.aside(FAULT)
    screen.error(BadAnswer(EVIL, EVIL, details=EVIL))
    screen.console().print(EVIL)


def test_the_terminal_shows_words_and_obeys_none(capsys: pytest.CaptureFixture[str]) -> None:
    say_everything()
    heard = capsys.readouterr()
    said = heard.out + heard.err
    assert not HARMFUL & set(said), sorted(HARMFUL & set(said))
    assert said.count(MARKUP) >= 15, "brackets are no markup, and :warning: no picture"
    assert "⚠" not in said


def test_a_terminal_with_colours_hears_only_our_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    say_everything()
    heard = capsys.readouterr()
    said = heard.out + heard.err
    assert "\x1b[1m" in said, "no colours, so this shows nothing"
    for command in ("\x1b[2J", "\x1b]", "\x07", "\x9b", "\x08", "\u202e", "\x1b]8"):
        assert command not in said
    with screen.Bars(True) as bars:
        bars.draw(SHOWN)
    said = capsys.readouterr().err
    assert "[bold red]" in said and "\x1b]0;" not in said and "\u202e" not in said


def test_json_for_programs_is_harmless_when_a_person_looks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    evil = f"{EVIL} 航线 \U000e0041"
    objects.say({"event": "error", "title": evil})
    said = capsys.readouterr().out
    assert said.endswith("\n") and said[:-1].isprintable() and "航线" in said
    assert json.loads(said)["title"] == evil


# -- the window


def plain(widget: QWidget) -> str:
    """What the pointer shows of a tooltip, as Qt reads it."""
    return read(widget.toolTip())


def read(text: str) -> str:
    if not text.startswith("<qt>"):
        assert "<" not in text
        return text
    document = QTextDocument()
    document.setHtml(text)
    return document.toPlainText()


@pytest.mark.parametrize("text", [HTML, f"first\n{HTML}\nlast", "5 < 6", "a & b", "", "<qt>x"])
def test_a_tooltip_is_its_text(qtbot: QtBot, text: str) -> None:
    assert read(as_it_is(text)) == text


def test_widgets_show_the_words_of_servers_as_words(qtbot: QtBot) -> None:
    label = ElidedLabel(Role.BODY)
    named = QWidget()
    reason = Reason()
    for widget in (label, named, reason):
        qtbot.addWidget(widget)
    label.setText(HTML)
    label.resize(20, 20)
    label.show()
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert plain(label) == HTML
    name(named, HTML)
    assert plain(named) == HTML and named.accessibleName() == HTML
    paused = replace(BATCH, reason=Fault("refused", HTML, HTML, HTML))
    reason.show_snapshot(replace(SHOWN, batch=paused), Wish.RESUME, frozenset())
    assert plain(reason) == HTML
    texts = [made.text() for made in reason.findChildren(QLabel)]
    assert any(HTML in text for text in texts)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


async def test_no_label_of_the_window_reads_html(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        labels = window.findChildren(QLabel)
        assert len(labels) > 20
        for made in labels:
            assert made.textFormat() is Qt.TextFormat.PlainText, made.text()


def unguarded(source: str) -> Iterator[str]:
    """Tooltips that may hold somebody else's words, and labels that guess what they hold."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="setToolTip"), args=[words]):
                if not _ours(words):
                    yield ast.unparse(node)
            case ast.Call(func=ast.Name(id="QLabel" | "QMessageBox" as kind)):
                yield kind
            case ast.match_case(pattern=pattern, body=[ast.Return(value=value)]):
                if "ToolTipRole" in ast.unparse(pattern) and not _ours(value):
                    yield ast.unparse(value) if value else "None"
            case _:
                continue


def _ours(words: ast.expr | None) -> bool:
    match words:
        case ast.IfExp(body=first, orelse=second):
            return _ours(first) and _ours(second)
        case ast.Constant():
            return True
        case ast.Call(func=ast.Name(id="as_it_is")):
            return True
        case ast.Call(func=ast.Name(id="t"), keywords=[]):
            return True
        case _:
            return False


# File: what of it is allowed, and why.
ALLOWED = {
    "look/labels.py": {"QLabel"},  # made plain in the next line
    "look/parts.py": {"super().setToolTip(text)"},  # hands on what was made safe
    "main.py": {"QMessageBox"},  # its words go through as_it_is
    "system/tray.py": {"self._tray.setToolTip(_bare(words) or 'Postflight')"},  # the desktop's own
}


def test_no_line_of_the_window_hands_words_to_html() -> None:
    for path in sorted(UI.rglob("*.py")):
        found = set(unguarded(path.read_text(encoding="utf-8")))
        assert found <= ALLOWED.get(path.relative_to(UI).as_posix(), set()), path.name


@pytest.mark.parametrize(
    "line",
    [
        "self.setToolTip(reason.details)", "x.setToolTip(t('a {b}', b=c))", "QLabel(words)",
        "QMessageBox(words)", "match role:\n case Q.ToolTipRole:\n  return self._tip(row)",
        "x.setToolTip('' if a else b)", "x.setToolTip(f'{a}')",
    ],
)  # fmt: skip
def test_the_walk_sees_what_is_not_guarded(line: str) -> None:
    assert list(unguarded(line))
