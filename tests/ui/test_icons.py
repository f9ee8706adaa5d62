"""The drawings: all there, crisp, tinted as they are painted; and the program's own picture."""

from __future__ import annotations

import gc
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app.domain.preferences import Theme
from app.ui.look import icons, theme
from app.ui.look.icons import FOLDER, Icon, Tint, app_icon, icon, pixmap


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, Theme.LIGHT, strong=False)
    yield
    theme.apply(qapp, Theme.LIGHT, strong=False)


def _inks(image: QImage) -> set[str]:
    """The colours of what is fully covered."""
    found: set[str] = set()
    for x in range(image.width()):
        for y in range(image.height()):
            colour = image.pixelColor(x, y)
            if colour.alpha() > 250:
                found.add(colour.name())
    return found


def test_every_drawing_has_its_name_and_every_name_its_drawing() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {which.value for which in Icon}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.svg")), ids=lambda path: path.stem)
def test_a_drawing_stands_on_the_common_grid_and_takes_any_colour(path: Path) -> None:
    root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314
    assert root.get("viewBox") == "0 0 24 24"
    assert root.get("stroke") == "currentColor"
    assert root.get("stroke-width") == "1.75"
    assert "#" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("which", Icon)
def test_a_drawing_is_not_empty_and_not_cut_off(which: Icon) -> None:
    image = pixmap(which, 48, QColor("black")).toImage()
    assert _inks(image) == {"#000000"}
    rim = [(x, y) for x in range(48) for y in (0, 47)] + [
        (x, y) for y in range(48) for x in (0, 47)
    ]
    assert all(image.pixelColor(x, y).alpha() < 40 for x, y in rim)


@pytest.mark.parametrize("tint", Tint)
def test_an_icon_takes_the_colour_of_its_tint(tint: Tint) -> None:
    image = icon(Icon.STORAGE, tint).pixmap(QSize(64, 64), 1.0).toImage()
    assert _inks(image) == {icons.colour(tint).name()}


def test_an_icon_made_before_follows_the_new_theme(qapp: QApplication) -> None:
    made = icon(Icon.PAUSE)
    theme.apply(qapp, Theme.DARK, strong=False)
    assert _inks(made.pixmap(QSize(32, 32), 1.0).toImage()) == {theme.DARK.text.name()}


def test_what_is_disabled_is_dimmed() -> None:
    image = icon(Icon.PAUSE, Tint.BAD).pixmap(QSize(32, 32), 1.0, QIcon.Mode.Disabled).toImage()
    assert _inks(image) == {theme.LIGHT.faint.name()}


@pytest.mark.parametrize("ratio", (1.0, 1.5, 2.0, 3.0))
def test_an_icon_is_drawn_in_the_screens_own_pixels(ratio: float) -> None:
    drawn = icon(Icon.GEAR).pixmap(QSize(20, 20), ratio)
    assert drawn.size() == QSize(round(20 * ratio), round(20 * ratio))
    assert drawn.devicePixelRatio() == ratio
    assert pixmap(Icon.GEAR, 20, QColor("red"), ratio).deviceIndependentSize().toSize() == QSize(
        20, 20
    )


def test_painting_puts_it_in_the_middle_and_uses_the_devices_pixels() -> None:
    sheet = QPixmap(120, 80)
    sheet.setDevicePixelRatio(2.0)
    sheet.fill(Qt.GlobalColor.transparent)
    painter = QPainter(sheet)
    icon(Icon.SKIP).paint(painter, 0, 0, 60, 40)
    painter.end()
    image = sheet.toImage()
    row = [x for x in range(120) if image.pixelColor(x, 40).alpha() > 200]
    assert (row[0] + row[-1]) / 2 == pytest.approx(59.5, abs=1)


def test_the_same_drawing_is_made_once() -> None:
    first = pixmap(Icon.TICK, 16, QColor("#123456"))
    assert pixmap(Icon.TICK, 16, QColor("#123456")).cacheKey() == first.cacheKey()
    assert pixmap(Icon.TICK, 16, QColor("#123457")).cacheKey() != first.cacheKey()


def test_a_see_through_colour_stays_see_through() -> None:
    image = pixmap(Icon.STORAGE, 64, QColor(0, 0, 0, 100)).toImage()
    deepest = max(image.pixelColor(x, y).alpha() for x in range(64) for y in range(64))
    assert deepest == pytest.approx(100, abs=3)


def test_a_copy_that_goes_its_own_way_lives_on() -> None:
    copy = QIcon(icon(Icon.TICK))
    other = QIcon(copy)
    other.setIsMask(True)  # makes Qt ask for a clone
    del copy
    gc.collect()
    assert _inks(other.pixmap(QSize(32, 32), 1.0).toImage()) == {theme.LIGHT.text.name()}


def test_the_programs_picture_comes_in_every_size() -> None:
    widths = {size.width() for size in app_icon().availableSizes()}
    assert widths == {16, 20, 24, 32, 40, 48, 64, 128, 256}


def test_the_programs_picture_is_a_sound_drawing() -> None:
    assert QSvgRenderer(str(FOLDER.parent / "app.svg")).isValid()
    image = app_icon().pixmap(QSize(16, 16), 1.0).toImage()
    assert "#ffffff" in _inks(image)  # the arrow is still there at the smallest size


def _white_at_the_foot(progress: float) -> int:
    image = app_icon(progress).pixmap(QSize(64, 64), 1.0).toImage()
    return sum(image.pixelColor(x, 58).name() == "#ffffff" for x in range(64))


def test_the_bar_on_the_programs_picture_grows() -> None:
    widths = [_white_at_the_foot(share) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert widths == sorted(set(widths))
    assert _white_at_the_foot(7) == _white_at_the_foot(1)
    assert _white_at_the_foot(-1) == _white_at_the_foot(0)


@pytest.mark.parametrize("size", (16, 32, 256))
def test_a_dot_asks_for_attention(size: int) -> None:
    usual = app_icon().pixmap(QSize(size, size), 1.0).toImage()
    asking = app_icon(attention=True).pixmap(QSize(size, size), 1.0).toImage()
    where = (round(size * 0.82), round(size * 0.18))
    assert asking.pixelColor(*where).name() == "#ffb020"
    assert usual.pixelColor(*where) != asking.pixelColor(*where)


def test_asking_again_for_the_programs_picture_costs_nothing() -> None:
    assert app_icon(0.501).cacheKey() == app_icon(0.502).cacheKey()
