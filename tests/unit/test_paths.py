"""Where Postflight keeps things."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.domain.errors import UsageError
from app.paths import HOME, Paths


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    paths = Paths.find({HOME: str(tmp_path / "mine")})
    assert (paths.data, paths.logs) == (tmp_path / "mine", tmp_path / "mine" / "logs")
    assert not paths.data.exists()


def test_a_home_may_be_relative_or_begin_with_a_tilde() -> None:
    assert Paths.find({HOME: "here"}).data == Path.cwd() / "here"
    assert Paths.find({HOME: "~/here"}).data == Path.home() / "here"


def test_without_it_the_system_says_where() -> None:
    paths = Paths.find({})
    assert paths.data.is_absolute() and paths.logs.is_absolute()
    assert "ostflight" in str(paths.data) and "ostflight" in str(paths.logs)
    assert Paths.find({HOME: ""}) == paths


def test_resources_lie_beside_the_program() -> None:
    assert Paths.find({}).resources == Path(__file__).parents[2] / "resources"


def test_folders_are_made_for_this_user_only_and_twice_is_fine(tmp_path: Path) -> None:
    paths = Paths.find({HOME: str(tmp_path / "a" / "b")})
    paths.create()
    paths.create()
    assert paths.data.is_dir() and paths.logs.is_dir()
    if os.name != "nt":
        assert stat.S_IMODE(paths.data.stat().st_mode) == 0o700
        assert stat.S_IMODE(paths.logs.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="cannot keep its records") as raised:
            Paths.find({HOME: str(home)}).create()
        assert HOME in raised.value.hint


def test_a_user_that_does_not_exist_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="cannot keep its records"):
        Paths.find({HOME: "~nobody-of-that-name/x"})
