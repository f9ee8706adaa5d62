"""The command line in Chinese: when it is spoken, its help, its complaints, a whole delivery."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polib
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from app import bootstrap
from app.cli import speech
from app.cli.help import folded
from app.cli.main import postflight
from app.domain.preferences import Language, Preferences
from app.paths import HOME, Paths
from app.speech.catalogue import CATALOGUE, CLICK
from app.store.glimpse import language_of
from app.store.store import FILE_NAME
from tests.helpers.commands import all_commands
from tests.helpers.program import Program
from tests.ui.test_catalogue import KEPT

CHINESE = {"LANG": "zh_CN.UTF-8"}
# What stays as it is typed.
TYPED = {"text", "yes", "no", "flighthub", "dgs", "lidar", "metastudio", "cloud", "api", "path",
         "csv", "html", "json", "upload", "resume", "title", "off", "on"}  # fmt: skip
_TYPED = re.compile(r"--?[\w-]+|\b[A-Z]{2,}\b|\[[^\]]*\||\([^()]*\)|https?://\S+|'[^']*'|\[.*?\]")


@pytest.fixture
def chinese() -> Iterator[None]:
    speech.use(Language.CHINESE)
    yield
    speech.use(Language.ENGLISH)


def utf8() -> list[io.TextIOWrapper]:
    return [io.TextIOWrapper(io.BytesIO(), encoding="utf-8")]


def english_in(text: str) -> set[str]:
    plain = _TYPED.sub(" ", text)
    return {word for word in re.findall(r"[A-Za-z]{2,}", plain) if word not in KEPT}


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"LANG": "zh_CN.UTF-8"}, ["zh_CN.UTF-8"]),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN"}, ["zh_CN"]),
        ({"LANG": "zh_CN", "LC_ALL": "en_US.UTF-8"}, ["en_US.UTF-8"]),
        ({"LANG": "en_US", "LANGUAGE": "zh_CN:en"}, ["zh_CN", "en", "en_US"]),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, []),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, []),
    ],
)
def test_languages_are_read_as_all_programs_read_them(
    environment: dict[str, str], names: list[str]
) -> None:
    assert speech.wanted(environment) == names


def test_what_was_set_in_the_window_comes_before_the_system(tmp_path: Path) -> None:
    environment = {**CHINESE, HOME: str(tmp_path)}
    assert speech.chosen(environment, utf8()) is Language.CHINESE
    for kept in (Language.ENGLISH, Language.CHINESE, Language.SYSTEM):
        app = bootstrap.build(Paths.find(environment), exclusive=False)
        app.store.preferences.save(replace(Preferences(), language=kept))
        app.close()
        assert language_of(tmp_path) is kept
        wanted = Language.CHINESE if kept is Language.SYSTEM else kept
        assert speech.chosen(environment, utf8()) is wanted
    assert speech.chosen({HOME: str(tmp_path), "LANG": "de_DE"}, utf8()) is Language.ENGLISH


def test_a_terminal_without_chinese_characters_gets_english(tmp_path: Path) -> None:
    narrow = [io.TextIOWrapper(io.BytesIO(), encoding="cp1252")]
    assert speech.chosen({**CHINESE, HOME: str(tmp_path)}, narrow) is Language.ENGLISH
    assert speech.chosen({**CHINESE, HOME: str(tmp_path)}, [None]) is Language.CHINESE


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 600])
def test_a_database_that_does_not_open_costs_nobody_the_help(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert language_of(tmp_path) is Language.SYSTEM
    assert (tmp_path / FILE_NAME).read_bytes() == content
    assert speech.chosen({**CHINESE, HOME: "~nobody-of-this-name/x"}, utf8()) is Language.CHINESE


@pytest.mark.parametrize("path", [path for path, _ in all_commands()], ids=" ".join)
def test_help_is_chinese_and_keeps_to_its_width(chinese: None, path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(postflight, [*path, "--help"], prog_name="postflight").output
    assert "用法：" in shown and "选项：" in shown
    lines = shown.splitlines()[1:]
    left = {word for line in lines for word in english_in(line)}
    names = {line.split()[0] for line in lines if line.strip()}
    assert left <= names | TYPED, shown
    assert max(map(cell_len, lines)) <= 80


def test_help_stays_english_where_nobody_asked_for_chinese() -> None:
    for path, _ in all_commands():
        assert CliRunner().invoke(postflight, [*path, "--help"]).output.isascii()


# What is typed, and the sentences of click that it is answered with.
COMPLAINTS = {
    "frob": ("No such command {1}.",),
    "upload": ("Usage:", "Error:", "Try '{1}' for help.", "Missing argument {1}."),
    "upload x": ("Missing option {1}.",),
    "upload --tp x": ("No such option {1}.", "(Did you mean one of: {1}?)"),
    "batches --jso": ("Did you mean {1}?",),
    "connection add a": ("Choose from:\n\t{1}",),
    "connection add a --service b --url c": (
        "Invalid value for {1}: {2}",
        "{1} is not one of {2}.",
    ),
    "connection add a --url": ("Option {1} requires an argument.",),
    "batches --json=1": ("Option {1} does not take a value.",),
    "resume a b c": ("Got unexpected extra argument ({1})",),
    "resume a b c d": ("Got unexpected extra arguments ({1})",),
}
# Said in help, or when Ctrl-C answers a question.
OTHERS = {
    "Options:", "Commands:", "required", "Show this message and exit.",
    "Show the version and exit.", "Aborted!",
}  # fmt: skip


@pytest.mark.parametrize("line", COMPLAINTS)
def test_wrong_use_is_said_in_chinese(chinese: None, line: str) -> None:
    ran = CliRunner().invoke(postflight, line.split(), prog_name="postflight")
    assert ran.exit_code == 2 and "错误：" in ran.output
    told = ran.output.partition("错误：")[2]
    assert english_in(told) <= TYPED, told


@pytest.mark.parametrize("line", COMPLAINTS)
def test_what_the_catalogue_knows_of_click_is_what_click_says(line: str) -> None:
    said = CliRunner().invoke(postflight, line.split(), prog_name="postflight").output
    for template in COMPLAINTS[line]:
        pattern = re.sub(r"\\\{\d\\\}", ".+", re.escape(template))
        assert re.search(pattern, said, re.DOTALL), (template, said)


def test_no_entry_for_click_is_missing_or_needless() -> None:
    catalogue = polib.pofile(str(Paths.find({}).resources / CATALOGUE), encoding="utf-8")
    kept = {entry.msgid for entry in catalogue if entry.msgctxt == CLICK}
    assert kept == OTHERS.union(*COMPLAINTS.values())


@pytest.mark.parametrize("width", range(6, 40))
def test_a_line_is_broken_between_characters_and_never_before_a_full_stop(width: int) -> None:
    lines = folded("将无人机飞行的影像上传到云端，并证明 postflight 已送达。", width)
    longest = max(width, len("postflight"), len("端，") * 2)
    assert max(map(cell_len, lines)) <= longest and "postflight" in " ".join(lines)
    assert not [line for line in lines if line[0] in "，。 "]


def test_nothing_takes_no_line() -> None:
    assert folded("", 10) == [] and folded("a b", 10) == ["a b"]


def test_a_whole_delivery_is_told_in_chinese(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.environment["LC_ALL"] = "zh_CN.UTF-8"
    ended = program.run("demo", "--terminal")
    assert ended.code == 0 and not ended.err.strip()
    names = {"DJI", "Practice", "FlightHub", "Cloud", "Huawei", "resource", "uuid", "group", "id"}
    for line in ended.out.splitlines():
        if not re.search(r"_uuid:|group_id:", line):
            assert re.search(r"[\u4e00-\u9fff]", line), line
            plain = re.sub(r"DJI_\S+?_Sample", "", line)
            assert not english_in(plain) - names - {"kB"}, line


def test_programs_are_answered_in_english_in_any_language(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.environment["LC_ALL"] = "zh_CN.UTF-8"
    ended = program.run("upload", "/nowhere", "--to", "nobody", "--json")
    assert ended.error["title"].isascii() and ended.err == ""
    told = program.run("upload", "/nowhere", "--to", "nobody")
    assert "没有名为 nobody 的连接" in told.err


def test_english_commands_do_not_wait_for_the_catalogue() -> None:
    code = "import sys, app.cli.main; from app.cli import speech; speech.use(speech.chosen());"
    code += "print(speech.catalogue())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         env={"LC_ALL": "C.UTF-8", "PATH": ""})  # fmt: skip
    assert ran.stdout == "None\n"
