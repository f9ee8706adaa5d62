"""The error tree as it is drawn, coded and shown."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from app.domain import errors
from app.domain.errors import (
    DiskFull,
    Fault,
    FileGone,
    FileUnreadable,
    Leg,
    LocalError,
    PostflightError,
    Retry,
    Scope,
    ServerBusy,
)
from app.domain.os_errors import translate_os_error


def tree(error: type[PostflightError]) -> list[type[PostflightError]]:
    return [error, *(below for child in error.__subclasses__() for below in tree(child))]


def own_tree() -> list[type[PostflightError]]:
    return [error for error in tree(PostflightError) if error.__module__ == errors.__name__]


def drawn() -> dict[str, str]:
    """Each drawn name with the one it hangs on."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"([│ ├└─]*)(\w+)(?:  |$)", line):
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            if depth:
                parents[match[2]] = path[depth - 1]
    return parents


def test_the_tree_is_the_one_that_is_drawn() -> None:
    real = {error.__name__: error.__bases__[0].__name__ for error in own_tree()[1:]}
    assert drawn() == real


def test_codes_are_unique() -> None:
    codes = [error.code for error in own_tree()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("error", own_tree(), ids=lambda error: error.__name__)
def test_the_exit_code_is_the_one_that_is_drawn_for_its_branch(
    error: type[PostflightError],
) -> None:
    lines = (errors.__doc__ or "").splitlines()
    codes = {m[1]: int(m[2]) for line in lines if (m := re.search(r"(\w+) .*\(exit (\d+)\)", line))}
    branch = next(base.__name__ for base in error.__mro__ if base.__name__ in (*codes, "object"))
    # Two leave their branch: another Postflight is wrong use, a lost answer is the network.
    special = {"StoreLocked": 2, "AnswerLost": 4}
    assert error.exit_code == special.get(error.__name__, codes.get(branch, 1))


def test_a_fault_keeps_what_is_shown() -> None:
    error = FileGone("Gone.", "Look.", leg=Leg.CARD, details="ENOENT")
    assert error.fault() == Fault("file-gone", "Gone.", "Look.", "ENOENT")
    assert str(error) == "Gone."


def test_a_busy_server_may_name_its_wait() -> None:
    assert ServerBusy("Busy.", wait=3.0).wait == 3.0
    assert ServerBusy("Busy.").wait is None


def test_trouble_with_one_file_stays_with_it_but_not_a_full_disk() -> None:
    assert FileUnreadable.scope is Scope.FILE
    assert DiskFull.scope is Scope.BATCH


CASES = [
    (errno.ENOENT, FileGone),
    (errno.ENOTDIR, FileGone),
    (errno.ENODEV, FileGone),
    (errno.ENXIO, FileGone),
    (errno.EACCES, FileUnreadable),
    (errno.EPERM, FileUnreadable),
    (errno.EIO, FileUnreadable),
    (errno.EBUSY, FileUnreadable),
    (errno.EMFILE, FileUnreadable),
    (errno.ENAMETOOLONG, FileUnreadable),
    (errno.ENOSPC, DiskFull),
]


@pytest.mark.parametrize(("code", "wanted"), CASES, ids=lambda value: str(value))
def test_system_errors_become_ours(code: int, wanted: type[LocalError]) -> None:
    known = translate_os_error(OSError(code, "words", "x"), Path("/card/DJI_0001.JPG"))
    assert type(known) is wanted
    assert known.retry is Retry.PERSON
    assert known.hint and known.leg
    assert errno.errorcode[code] in known.details
    assert wanted is DiskFull or "DJI_0001.JPG" in known.title


def windows_error(number: int, code: int = errno.EINVAL) -> OSError:
    error = OSError(code, "words")
    error.winerror = number  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("number", "code", "wanted"),
    [
        (2, errno.ENOENT, FileGone),
        (21, errno.EACCES, FileGone),
        (1167, errno.EINVAL, FileGone),
        (32, errno.EACCES, FileUnreadable),
        (23, errno.EACCES, FileUnreadable),
        (5, errno.EACCES, FileUnreadable),
        (112, errno.ENOSPC, DiskFull),
    ],
)
def test_the_number_of_windows_decides(number: int, code: int, wanted: type[LocalError]) -> None:
    known = translate_os_error(windows_error(number, code), "E:/DJI_0001.JPG")
    assert type(known) is wanted
    assert f"WinError {number}" in known.details


def test_a_bad_sector_is_the_cards_and_a_refused_right_the_computers() -> None:
    assert translate_os_error(windows_error(23, errno.EACCES), "x").leg is Leg.CARD
    assert translate_os_error(windows_error(5, errno.EACCES), "x").leg is Leg.COMPUTER


def test_a_path_too_long_for_windows_is_not_called_gone() -> None:
    known = translate_os_error(windows_error(206, errno.ENOENT), "E:/DJI_0001.JPG")
    assert isinstance(known, FileUnreadable) and "longer" in known.title


def test_names_with_stray_bytes_make_printable_sentences() -> None:
    known = translate_os_error(OSError(errno.EIO, "words"), Path("/card/caf\udce9.jpg"))
    known.title.encode()
    known.details.encode()


def test_an_error_without_a_number_is_translated_too() -> None:
    assert isinstance(translate_os_error(OSError("strange"), "x"), FileUnreadable)
