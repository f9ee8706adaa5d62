"""The thin bar and the line of speeds: as full as they say, to eyes and to screen readers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Theme
from app.ui.look import theme
from app.ui.look.icons import Tint
from app.ui.look.parts import Bar, Sparkline
from app.ui.look.stylesheet import track


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, Theme.LIGHT, strong=False)
    yield
    theme.apply(qapp, Theme.LIGHT, strong=False)


def _show(qtbot: QtBot, widget: QWidget, width: int, height: int) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()


def _bar(qtbot: QtBot) -> Bar:
    bar = Bar()
    _show(qtbot, bar, 200, 8)
    return bar


def _sparkline(qtbot: QtBot, keep: int = 60) -> Sparkline:
    spark = Sparkline(keep)
    _show(qtbot, spark, 120, 28)
    return spark


def _image(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def _row_of(bar: Bar) -> list[QColor]:
    image = _image(bar)
    return [image.pixelColor(x, bar.height() // 2) for x in range(bar.width())]


def _filled(bar: Bar) -> int:
    ground = track(theme.tokens())
    return sum(colour != ground for colour in _row_of(bar))


@pytest.mark.parametrize(("done", "width"), ((0.0, 0), (0.001, 8), (0.5, 100), (1.0, 200)))
def test_a_bar_is_as_full_as_it_says(qtbot: QtBot, done: float, width: int) -> None:
    bar = _bar(qtbot)
    bar.show_progress(done)
    assert _filled(bar) == pytest.approx(width, abs=4)


@pytest.mark.parametrize(("done", "value"), ((-1.0, 0), (0.62, 620), (1.4, 1000)))
def test_a_bar_tells_how_far_it_is(qtbot: QtBot, done: float, value: int) -> None:
    bar = _bar(qtbot)
    bar.show_progress(done)
    told = QAccessible.queryAccessibleInterface(bar)
    assert told is not None
    assert told.role() is QAccessible.Role.ProgressBar
    assert bar.value() == value


def test_what_is_confirmed_is_drawn_full_and_the_rest_lighter(qtbot: QtBot) -> None:
    bar = _bar(qtbot)
    bar.show_progress(0.8, 0.3)
    row = _row_of(bar)
    assert row[30] == theme.LIGHT.accent
    assert row[120] not in (theme.LIGHT.accent, track(theme.LIGHT))
    assert row[190] == track(theme.LIGHT)


def test_more_cannot_be_confirmed_than_is_done(qtbot: QtBot) -> None:
    bar = _bar(qtbot)
    bar.show_progress(0.5, 0.9)
    assert _row_of(bar)[150] == track(theme.LIGHT)


def test_a_bar_takes_the_tint_it_is_given(qtbot: QtBot) -> None:
    bar = _bar(qtbot)
    bar.show_progress(0.9)
    bar.set_tint(Tint.WARN)
    assert _row_of(bar)[50] == theme.LIGHT.warn


def test_a_bar_that_cannot_say_shows_stripes(qtbot: QtBot) -> None:
    bar = _bar(qtbot)
    bar.show_progress(None)
    assert 40 < _filled(bar) < 180
    assert bar.maximum() == 0
    bar.show_progress(0.5)
    assert bar.value() == 500


def test_stripes_move_only_while_seen_and_only_where_motion_is_wanted(qtbot: QtBot) -> None:
    bar = _bar(qtbot)
    bar.show_progress(None)
    before = _image(bar)
    if theme.moves():
        qtbot.waitUntil(lambda: _image(bar) != before)
    bar.hide()
    still = _image(bar)
    qtbot.wait(120)
    assert _image(bar) == still


def test_in_high_contrast_a_bar_has_an_outline(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK, strong=True)
    bar = _bar(qtbot)
    bar.show_progress(0.2)
    assert _image(bar).pixelColor(150, 0) == theme.tokens().line


def test_a_bar_fills_from_the_right_where_people_read_so(qtbot: QtBot) -> None:
    bar = Bar()
    bar.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    _show(qtbot, bar, 200, 8)
    bar.show_progress(0.25)
    row = _row_of(bar)
    assert (row[180], row[20]) == (theme.LIGHT.accent, track(theme.LIGHT))


def test_a_sparkline_draws_nothing_before_there_is_a_speed(qtbot: QtBot) -> None:
    spark = _sparkline(qtbot)
    empty = _image(spark)
    spark.add(0)
    spark.add(-3)
    assert _image(spark) == empty
    spark.add(5)
    assert _image(spark) != empty


def test_a_sparkline_keeps_the_last_ones(qtbot: QtBot) -> None:
    long, short = _sparkline(qtbot, 4), _sparkline(qtbot, 4)
    long.show_speeds([9, 9, 9, 1, 2, 3, 4])
    short.show_speeds([1, 2, 3])
    short.add(4)
    assert _image(long) == _image(short)
