"""The looks: readable in every theme, following the system, made of files that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest
from PySide6.QtCore import QFile, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Theme
from app.ui.look import parts, theme
from app.ui.look.colours import READABLE, contrast, high_contrast
from app.ui.look.parts import Role
from tests.ui.gallery import CHINESE, ENGLISH, Words, gallery

LOOKS = {
    "light": theme.LIGHT,
    "dark": theme.DARK,
    "white on black": theme.HIGH_CONTRAST,
    "black on white": theme.HIGH_CONTRAST_LIGHT,
}
GROUNDS = ("window", "surface", "raised")
WRITTEN = (
    *(
        (ink, ground)
        for ink in ("text", "dim", "accent", "good", "warn", "bad")
        for ground in GROUNDS
    ),
    *(("text", soft) for soft in ("accent_soft", "good_soft", "warn_soft", "bad_soft")),
    *((ink, f"{ink}_soft") for ink in ("accent", "good", "warn", "bad")),
    *((ink, "accent_soft") for ink in ("dim", "good", "warn", "bad")),
    ("accent_text", "accent"),
)


@pytest.fixture(autouse=True)
def usual_looks(qapp: QApplication) -> Iterator[None]:
    """Each test leaves the program as it found it, whatever the order."""
    before = QFont(qapp.font())  # QFont() would be the one of the moment
    yield
    qapp.setStyleSheet("")
    qapp.setFont(before)
    theme.apply(qapp, Theme.LIGHT, strong=False)


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize(("ink", "ground"), WRITTEN)
def test_every_text_is_readable_on_what_it_stands_on(name: str, ink: str, ground: str) -> None:
    look = LOOKS[name]
    assert contrast(getattr(look, ink), getattr(look, ground)) >= READABLE


@pytest.mark.parametrize("name", LOOKS)
def test_what_can_be_filled_in_has_an_outline_one_can_see(name: str) -> None:
    look = LOOKS[name]
    assert all(contrast(look.edge, getattr(look, ground)) >= 3 for ground in GROUNDS)
    assert all(contrast(look.accent, getattr(look, ground)) >= 3 for ground in GROUNDS)


@pytest.mark.parametrize("name", ("white on black", "black on white"))
def test_high_contrast_is_stronger_than_the_usual(name: str) -> None:
    look = LOOKS[name]
    inks = ("text", "dim", "accent", "good", "warn", "bad", "line")
    assert all(contrast(getattr(look, ink), look.window) >= 7 for ink in inks)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)
    assert contrast(QColor("teal"), QColor("teal")) == 1


def test_a_chosen_theme_wins_over_the_system(qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK, system_dark=False, strong=False)
    assert theme.tokens() == theme.DARK
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme.DARK.window
    theme.apply(qapp, Theme.LIGHT, system_dark=True, strong=False)
    assert theme.tokens() == theme.LIGHT


@pytest.mark.parametrize("dark", (True, False))
def test_the_systems_theme_is_the_systems(qapp: QApplication, dark: bool) -> None:
    theme.apply(qapp, Theme.SYSTEM, system_dark=dark, strong=False)
    assert theme.tokens().dark is dark


def test_a_system_that_says_nothing_is_light(qapp: QApplication) -> None:
    theme.apply(qapp, Theme.SYSTEM)
    assert theme.tokens() == theme.LIGHT


def test_the_window_follows_when_the_system_changes_its_mind(qapp: QApplication) -> None:
    theme.apply(qapp, Theme.SYSTEM, system_dark=True, strong=False)
    qapp.setStyleSheet("")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.DARK.window.name() in qapp.styleSheet()


def test_strong_contrast_draws_strong_lines(qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK, strong=True)
    assert theme.tokens().strong
    assert theme.tokens().dark
    assert "2px solid" in qapp.styleSheet().split('part="card"')[1].split("}")[0]


def _system(window: str, text: str, highlight: str, over: str) -> QPalette:
    made = QPalette()
    role = QPalette.ColorRole
    pairs = (
        (role.Window, window),
        (role.WindowText, text),
        (role.Highlight, highlight),
        (role.HighlightedText, over),
    )
    for where, colour in pairs:
        made.setColor(where, QColor(colour))
    return made


def test_a_persons_own_contrast_colours_are_taken() -> None:
    look = high_contrast(_system("#000040", "#FFFF00", "#00FFFF", "#000000"), dark=True)
    assert look.window.name() == "#000040"
    assert look.text.name() == look.dim.name() == look.line.name() == "#ffff00"
    assert look.accent.name() == "#00ffff"
    assert look.accent_text.name() == "#000000"


def test_a_palette_that_is_hard_to_read_is_not_taken() -> None:
    faint = _system("#303030", "#808080", "#404040", "#505050")
    assert high_contrast(faint, dark=True) == theme.HIGH_CONTRAST
    assert high_contrast(faint, dark=False) == theme.HIGH_CONTRAST_LIGHT


def test_a_palette_of_the_other_brightness_is_not_taken() -> None:
    assert high_contrast(_system("white", "black", "blue", "white"), dark=True).window == QColor(
        "black"
    )


def test_a_highlight_that_cannot_be_read_gives_way_to_the_text() -> None:
    look = high_contrast(_system("white", "black", "#EEEEEE", "#DDDDDD"), dark=False)
    assert (look.accent, look.accent_text) == (QColor("black"), QColor("white"))


def test_a_signal_that_drowns_in_the_ground_takes_the_texts_colour() -> None:
    look = high_contrast(_system("#585858", "white", "white", "#585858"), dark=True)
    inks = (look.good, look.warn, look.bad)
    assert all(contrast(ink, look.window) >= READABLE for ink in inks)


@pytest.mark.parametrize("strong", (True, False))
@pytest.mark.parametrize("chosen", (Theme.LIGHT, Theme.DARK))
def test_every_picture_of_the_style_sheet_is_there(
    qapp: QApplication, chosen: Theme, strong: bool
) -> None:
    theme.apply(qapp, chosen, strong=strong)
    pictures = re.findall(r'url\("([^"]+)"\)', qapp.styleSheet())
    assert len(pictures) > 5
    assert [one for one in pictures if not QFile.exists(one)] == []


def test_the_style_sheet_has_no_gap_left(qapp: QApplication) -> None:
    theme.apply(qapp, Theme.LIGHT)
    assert "$" not in qapp.styleSheet()


def test_putting_the_same_on_again_changes_nothing(qapp: QApplication) -> None:
    theme.apply(qapp, Theme.DARK, strong=False)
    sheet, font = qapp.styleSheet(), qapp.font()
    theme.apply(qapp, Theme.DARK, strong=False)
    assert (qapp.styleSheet(), qapp.font()) == (sheet, font)


def test_the_systems_font_is_kept_and_its_size_leads(qapp: QApplication) -> None:
    qapp.setFont(QFont("Inter", 20))
    theme.apply(qapp, Theme.LIGHT)
    assert qapp.font().family() == "Inter"
    assert "31.0pt" in qapp.styleSheet()
    assert theme.font(theme.TITLE).pointSizeF() == pytest.approx(31)


def test_a_font_measured_in_pixels_grows_as_well(qapp: QApplication) -> None:
    font = QFont("Inter")
    font.setPixelSize(20)
    qapp.setFont(font)
    theme.apply(qapp, Theme.LIGHT)
    assert theme.font(theme.TITLE, semibold=True).pixelSize() == 31
    assert theme.font(theme.TITLE, semibold=True).weight() == QFont.Weight.DemiBold


@pytest.mark.parametrize("size", (10, 26))
def test_what_is_32_high_grows_with_large_text(qtbot: QtBot, qapp: QApplication, size: int) -> None:
    qapp.setFont(QFont("Inter", size))
    theme.apply(qapp, Theme.LIGHT)
    button, field = parts.button(), QLineEdit("Harbour East")
    button.setText("Send")
    for widget in (button, field):
        qtbot.addWidget(widget)
        widget.show()
        widget.adjustSize()
        text = widget.fontMetrics().height()
        assert widget.height() == (32 if size == 10 else text + 14)


def test_figures_are_of_equal_width(qapp: QApplication) -> None:
    font = theme.figures(QFont("Inter", 12))
    metrics = QFontMetricsF(font)
    assert len({metrics.horizontalAdvance(digit * 4) for digit in "0123456789"}) == 1


@pytest.mark.parametrize("role", Role)
def test_a_role_keeps_its_figures_and_gets_its_size(
    qtbot: QtBot, qapp: QApplication, role: Role
) -> None:
    qapp.setFont(QFont("Inter", 10))
    theme.apply(qapp, Theme.LIGHT)
    label = parts.label(role)
    qtbot.addWidget(label)
    label.setText("1,111")
    label.show()
    sizes = {Role.TITLE: 15.5, Role.HEADLINE: 12, Role.DIM: 9.2}
    assert label.font().pointSizeF() == pytest.approx(sizes.get(role, 10), abs=0.06)
    metrics = QFontMetricsF(label.font())
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")


def test_a_theme_change_reaches_words_already_shown(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, Theme.LIGHT, strong=False)
    label: QLabel = parts.label(Role.DIM)
    label.setText("Goes on by itself.")
    qtbot.addWidget(label)
    label.show()
    assert label.palette().color(label.foregroundRole()) == theme.LIGHT.dim
    theme.apply(qapp, Theme.DARK, strong=False)
    assert label.palette().color(label.foregroundRole()) == theme.DARK.dim


@pytest.mark.parametrize("words", (ENGLISH, CHINESE))
@pytest.mark.parametrize("strong", (True, False))
@pytest.mark.parametrize("chosen", (Theme.LIGHT, Theme.DARK))
def test_every_part_is_painted_in_the_themes_colours(
    qtbot: QtBot, qapp: QApplication, chosen: Theme, strong: bool, words: Words
) -> None:
    theme.apply(qapp, chosen, strong=strong)
    page = gallery(words)
    qtbot.addWidget(page)
    page.show()
    image = page.grab().toImage()
    assert image.pixelColor(4, 4) == theme.tokens().window
    card = page.findChildren(parts.Card)[0]
    assert image.pixelColor(card.pos().x() + 8, card.pos().y() + 8) == theme.tokens().surface


def test_tokens_are_all_opaque() -> None:
    for look in LOOKS.values():
        colours = [getattr(look, field.name) for field in fields(look)]
        assert all(one.alpha() == 255 for one in colours if isinstance(one, QColor))


def test_good_warn_and_bad_differ_without_telling_red_from_green() -> None:
    # What is left to someone who sees no red or no green: blue against yellow, and lightness.
    for look in (theme.LIGHT, theme.DARK):
        blue = {name: getattr(look, name).blueF() for name in ("good", "warn", "bad")}
        warmth = {name: _yellowness(getattr(look, name)) for name in ("good", "warn", "bad")}
        assert warmth["good"] < 0.35 < warmth["bad"], (look.dark, blue)
        assert warmth["good"] < 0.35 < warmth["warn"]


def _yellowness(colour: QColor) -> float:
    brightest = max(colour.redF(), colour.greenF())
    return (brightest - colour.blueF()) / brightest


def test_tokens_cannot_be_changed_by_accident() -> None:
    with pytest.raises(AttributeError):
        theme.LIGHT.text = QColor("red")  # pyright: ignore[reportAttributeAccessIssue]
    assert replace(theme.LIGHT) == theme.LIGHT


def test_high_contrast_put_on_again_leaves_words_readable(qapp: QApplication, qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    words = parts.label(Role.BODY)
    page.setLayout(parts.column(words))
    page.show()
    for _ in range(2):
        theme.apply(qapp, Theme.DARK, strong=True)
        now = theme.tokens()
        assert words.palette().color(QPalette.ColorRole.WindowText) == now.text
        assert page.palette().color(QPalette.ColorRole.Window) == now.window
