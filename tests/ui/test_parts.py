"""The small pieces: what they say to people who look, who listen and who use the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Theme
from app.ui.look import icons, parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.parts import Chip, ElidedLabel, EmptyNote, Kind, Picture, Role

Shown = TypeVar("Shown", bound=QWidget)
NAME = "DJI_20260614091201_0001_W.JPG"


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    before = QFont(qapp.font())  # QFont() would be the one of the moment
    qapp.setFont(QFont("Inter", 10))
    theme.apply(qapp, Theme.LIGHT, strong=False)
    yield
    qapp.setFont(before)
    theme.apply(qapp, Theme.LIGHT, strong=False)


def _shown(qtbot: QtBot, widget: Shown, width: int = 0, height: int = 0) -> Shown:
    qtbot.addWidget(widget)
    if width:
        widget.resize(width, height)
    widget.show()
    return widget


def _active(qtbot: QtBot, widget: Shown) -> Shown:
    """Shown and in front: only then can anything in it have the focus."""
    _shown(qtbot, widget)
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def _image(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def _heard(widget: QWidget) -> str:
    told = QAccessible.queryAccessibleInterface(widget)
    assert told is not None
    return told.text(QAccessible.Text.Name)


class Page(parts.Translated, QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.times = 0
        self.retranslate()

    def retranslate(self) -> None:
        self.times += 1


def test_a_new_language_reaches_a_page(qtbot: QtBot) -> None:
    page = _shown(qtbot, Page())
    assert page.times == 1
    QCoreApplication.sendEvent(page, QEvent(QEvent.Type.LanguageChange))
    assert page.times == 2


def test_other_changes_leave_the_words_alone(qtbot: QtBot, qapp: QApplication) -> None:
    page = _shown(qtbot, Page())
    theme.apply(qapp, Theme.DARK, strong=False)
    assert page.times == 1


def test_a_translated_widget_without_words_is_a_mistake(qtbot: QtBot) -> None:
    class Forgetful(parts.Translated, QWidget):
        pass

    widget = _shown(qtbot, Forgetful())
    with pytest.raises(NotImplementedError):
        widget.retranslate()


@pytest.mark.parametrize("kind", Kind)
def test_a_button_says_its_words(qtbot: QtBot, kind: Kind) -> None:
    button = _shown(qtbot, parts.button(kind, Icon.ARROW_UP))
    button.setText("Send")
    assert _heard(button) == "Send"
    assert not button.icon().isNull()


def test_a_tool_says_its_name(qtbot: QtBot) -> None:
    tool = _shown(qtbot, parts.tool(Icon.GEAR))
    parts.name(tool, "Settings")
    assert _heard(tool) == tool.toolTip() == "Settings"


@pytest.mark.parametrize("made", (lambda: parts.tool(Icon.GEAR), lambda: parts.button(Kind.QUIET)))
def test_without_words_the_tooltip_is_the_name(qtbot: QtBot, made: Callable[[], QWidget]) -> None:
    widget = _shown(qtbot, made())
    widget.setToolTip("Settings")
    assert _heard(widget) == "Settings"


def test_a_tooltip_does_not_replace_the_words(qtbot: QtBot) -> None:
    button = _shown(qtbot, parts.button())
    button.setText("Send")
    button.setToolTip("Sends 12 files to Harbour East.")
    assert _heard(button) == "Send"


def test_the_keyboard_reaches_every_button_and_shows_where_it_is(qtbot: QtBot) -> None:
    page = QWidget()
    made = [parts.button(kind) for kind in Kind] + [Chip("All", 3)]
    for button in made:
        button.setText("Send")
    page.setLayout(parts.column(*made, parts.tool(Icon.GEAR)))
    _active(qtbot, page)
    page.setFocus()
    for button in made:
        before = _image(button)
        button.setFocus(Qt.FocusReason.TabFocusReason)
        assert button.hasFocus()
        assert _image(button) != before


def test_a_click_leaves_no_ring(qtbot: QtBot) -> None:
    button = _shown(qtbot, parts.button())
    assert not button.focusPolicy() & Qt.FocusPolicy.ClickFocus
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_ring_takes_no_room(qtbot: QtBot) -> None:
    field = _active(qtbot, QLineEdit())
    before = field.sizeHint()
    field.setFocus()
    assert field.sizeHint() == before


def test_all_that_stands_in_one_row_is_as_high(qtbot: QtBot) -> None:
    page = QWidget()
    combo, spin, field, button = QComboBox(), parts.spin(), QLineEdit(), parts.button()
    combo.addItem("Harbour East")
    button.setText("Send")
    page.setLayout(parts.row(combo, spin, field, button))
    _shown(qtbot, page)
    assert {one.height() for one in (combo, spin, field, button)} == {32}


def _scrolled(over: QWidget) -> None:
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QCoreApplication.sendEvent(over, event)


def test_scrolling_past_a_number_leaves_it_alone(qtbot: QtBot) -> None:
    page = QWidget()
    other, spin = QLineEdit(), parts.spin()
    page.setLayout(parts.row(other, spin))
    _active(qtbot, page)
    other.setFocus()
    _scrolled(spin)
    assert spin.value() == 0
    spin.setFocus()
    _scrolled(spin)
    assert spin.value() == 1


def test_a_label_shows_a_name_as_it_is(qtbot: QtBot) -> None:
    label = _shown(qtbot, parts.label())
    label.setText("<b>.JPG")
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_layouts_hold_widgets_layouts_and_gaps(qtbot: QtBot) -> None:
    first, second, third = QLabel("a"), QLabel("b"), QLabel("c")
    page = QWidget()
    inner = parts.row(second, third, spacing=0)
    box = parts.column(first, None, inner, spacing=theme.M, margins=(1, 2, 3, 4))
    page.setLayout(box)
    _shown(qtbot, page, 200, 300)
    margins = box.contentsMargins()
    assert (margins.left(), margins.top(), margins.right(), margins.bottom()) == (1, 2, 3, 4)
    assert first.y() == 2
    assert second.y() == third.y() > 200
    assert box.spacing() == theme.M
    assert parts.row(margins=theme.L).contentsMargins().right() == theme.L


def test_lines_are_a_single_pixel_of_the_themes_colour(qtbot: QtBot) -> None:
    flat, upright = _shown(qtbot, parts.line()), _shown(qtbot, parts.line(vertical=True))
    assert flat.height() == upright.width() == 1
    assert _image(flat).pixelColor(1, 0) == theme.LIGHT.line


def test_a_chip_tells_its_words_and_its_count(qtbot: QtBot) -> None:
    chip = _shown(qtbot, Chip("Needs you", 1204))
    assert _heard(chip) == "Needs you 1,204"
    chip.setText("需要处理")
    chip.set_count(2)
    assert _heard(chip) == "需要处理 2"
    chip.set_count(None)
    assert _heard(chip) == "需要处理"
    assert chip.count() is None


def test_a_chip_grows_with_its_count_and_never_shrinks_below(qtbot: QtBot) -> None:
    chip = _shown(qtbot, Chip("All", 1))
    small = chip.sizeHint().width()
    chip.set_count(100_000)
    assert chip.sizeHint().width() > small
    assert chip.minimumSizeHint() == chip.sizeHint()


def _ink_of(chip: Chip, colour: QColor) -> bool:
    image = _image(chip)
    points = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return any(_near(image.pixelColor(x, y), colour) for x, y in points)


def _near(one: QColor, other: QColor) -> bool:
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)  # pyright: ignore
    return all(abs(a - b) < 24 for a, b in pairs)


def test_a_chips_count_calls_only_while_there_is_something(qtbot: QtBot) -> None:
    chip = _shown(qtbot, Chip("Needs you", 0, Tint.WARN))
    assert not _ink_of(chip, theme.LIGHT.warn)
    chip.set_count(8)
    assert _ink_of(chip, theme.LIGHT.warn)
    chip.setEnabled(False)
    assert not _ink_of(chip, theme.LIGHT.warn)


def test_a_chip_can_be_chosen_with_the_keyboard(qtbot: QtBot) -> None:
    chip = _active(qtbot, Chip("All", 3))
    chip.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert chip.isChecked()


def test_what_does_not_fit_is_elided_and_told_in_full(qtbot: QtBot) -> None:
    label = ElidedLabel()
    label.setText(NAME)
    _shown(qtbot, label, 90, 20)
    assert "…" in label.shown()
    assert label.shown().endswith("JPG")
    assert label.toolTip() == NAME
    assert _heard(label) == label.text() == NAME
    label.resize(600, 20)
    assert label.shown() == NAME
    assert label.toolTip() == ""


def test_an_elided_label_can_leave_out_the_end(qtbot: QtBot) -> None:
    label = ElidedLabel(Role.DIM, Qt.TextElideMode.ElideRight)
    label.setText(NAME)
    _shown(qtbot, label, 90, 20)
    assert label.shown().startswith("DJI")
    assert label.shown().endswith("…")


def test_an_elided_label_gives_way_to_its_neighbours(qtbot: QtBot) -> None:
    label = _shown(qtbot, ElidedLabel())
    label.setText(NAME * 5)
    assert label.minimumSizeHint().width() < 100 < label.sizeHint().width()


def test_an_elided_label_paints_in_its_roles_colour(qtbot: QtBot, qapp: QApplication) -> None:
    label = ElidedLabel(Role.DIM)
    label.setText(NAME)
    _shown(qtbot, label, 60, 24)
    before = _image(label)
    theme.apply(qapp, Theme.DARK, strong=False)
    assert _image(label) != before


def test_an_empty_page_says_why_and_what_to_do(qtbot: QtBot) -> None:
    note = EmptyNote(Icon.DROP, "Nothing to send yet", "Drop a folder here.")
    action = parts.button(Kind.PRIMARY)
    action.setText("Choose folder")
    note.add(action)
    _shown(qtbot, note, 600, 400)
    assert _heard(note) == "Nothing to send yet"
    assert note.accessibleDescription() == "Drop a folder here."
    assert action.isVisible()
    assert abs(action.geometry().center().x() - 300) < 3


def test_an_empty_page_leaves_no_hole_for_missing_words(qtbot: QtBot) -> None:
    note = _shown(qtbot, EmptyNote(Icon.SEARCH, "No file of that name"), 600, 400)
    shown = [label.text() for label in note.findChildren(QLabel) if label.isVisible()]
    assert shown == ["No file of that name"]
    note.say("", "Nothing.")
    note.show_icon(Icon.TICK, Tint.GOOD)
    shown = [label.text() for label in note.findChildren(QLabel) if label.isVisible()]
    assert shown == ["Nothing."]


def test_a_narrow_empty_page_keeps_all_its_words(qtbot: QtBot) -> None:
    note = _shown(
        qtbot, EmptyNote(Icon.DROP, "Nothing to send yet", "Drop a folder. " * 12), 320, 500
    )
    for label in note.findChildren(QLabel):
        assert label.height() >= label.heightForWidth(label.width())


def test_a_picture_follows_the_theme_and_is_dimmed_with_its_owner(
    qtbot: QtBot, qapp: QApplication
) -> None:
    picture = _shown(qtbot, Picture(Icon.TICK, 32, Tint.GOOD))
    seen = [_image(picture)]
    picture.setEnabled(False)
    seen.append(_image(picture))
    picture.setEnabled(True)
    picture.show_icon(Icon.BANG, Tint.BAD)
    seen.append(_image(picture))
    theme.apply(qapp, Theme.DARK, strong=False)
    seen.append(_image(picture))
    assert all(one != other for i, one in enumerate(seen) for other in seen[:i])


@pytest.mark.parametrize("tint", (Tint.ACCENT, Tint.GOOD, Tint.WARN, Tint.BAD))
def test_a_soft_picture_has_a_disc_behind_it(qtbot: QtBot, tint: Tint) -> None:
    picture = _shown(qtbot, Picture(Icon.SKIP, 64, tint, soft=True))
    softs = {
        Tint.ACCENT: theme.LIGHT.accent_soft,
        Tint.GOOD: theme.LIGHT.good_soft,
        Tint.WARN: theme.LIGHT.warn_soft,
        Tint.BAD: theme.LIGHT.bad_soft,
    }
    assert _image(picture).pixelColor(32, 8) == softs[tint]
    assert _image(picture).pixelColor(32, 32) == icons.colour(tint)


def test_a_list_gives_each_line_room(qtbot: QtBot) -> None:
    page = QWidget()
    listing = parts.listing()
    listing.addItems(["one", "two", "three"])
    page.setLayout(parts.column(listing))
    _shown(qtbot, page, 200, 200)
    qtbot.waitUntil(lambda: listing.visualItemRect(listing.item(1)).y() >= 28)


def test_a_menu_has_round_corners_to_see_through(qtbot: QtBot) -> None:
    menu = parts.menu()
    qtbot.addWidget(menu)
    menu.addAction("Pause")
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    assert menu.testAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
    assert menu.windowType() is Qt.WindowType.Popup


def test_a_property_of_the_style_sheet_can_change_later(qtbot: QtBot) -> None:
    button: QPushButton = _shown(qtbot, parts.button(Kind.PLAIN))
    button.setText("Send")
    before = _image(button)
    button.setProperty("kind", Kind.PRIMARY.value)
    parts.restyle(button)
    assert _image(button) != before
    assert button.iconSize() == QSize(16, 16) or button.icon().isNull()
