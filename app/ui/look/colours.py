"""The colours of the window: light, dark, and for people who ask for strong contrast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtGui import QColor, QPalette

READABLE: Final = 4.5
_STRONG: Final = 7.0


@dataclass(frozen=True, slots=True)
class Tokens:
    """`line` parts things, `edge` outlines what can be filled in; soft ones lie behind text."""

    dark: bool
    strong: bool  # high contrast: lines are drawn thicker and nothing is told apart by shade
    window: QColor
    surface: QColor
    raised: QColor
    line: QColor
    edge: QColor
    text: QColor
    dim: QColor
    faint: QColor  # words of what cannot be used now
    accent: QColor
    accent_text: QColor
    good: QColor
    warn: QColor
    bad: QColor
    accent_soft: QColor
    good_soft: QColor
    warn_soft: QColor
    bad_soft: QColor


# Good leans to blue, bad to orange, and their lightness differs: told apart with any eyes.
LIGHT: Final = Tokens(
    dark=False,
    strong=False,
    window=QColor("#F3F6F8"),
    surface=QColor("#FFFFFF"),
    raised=QColor("#FFFFFF"),
    line=QColor("#DCE3E8"),
    edge=QColor("#7F8D99"),
    text=QColor("#17212B"),
    dim=QColor("#55636F"),
    faint=QColor("#97A3AD"),
    accent=QColor("#0A6884"),
    accent_text=QColor("#FFFFFF"),
    good=QColor("#006A52"),
    warn=QColor("#805200"),
    bad=QColor("#B5301C"),
    accent_soft=QColor("#DFF0F5"),
    good_soft=QColor("#DCF2EA"),
    warn_soft=QColor("#FBEED1"),
    bad_soft=QColor("#FCE7E2"),
)
DARK: Final = Tokens(
    dark=True,
    strong=False,
    window=QColor("#12191E"),
    surface=QColor("#1A232A"),
    raised=QColor("#222D35"),
    line=QColor("#2E3A44"),
    edge=QColor("#72838F"),
    text=QColor("#E7EDF1"),
    dim=QColor("#A2B0BB"),
    faint=QColor("#66747F"),
    accent=QColor("#63C4DC"),
    accent_text=QColor("#06222B"),
    good=QColor("#5FD1AB"),
    warn=QColor("#F2BC62"),
    bad=QColor("#FF9A82"),
    accent_soft=QColor("#15353F"),
    good_soft=QColor("#12362D"),
    warn_soft=QColor("#3A2E13"),
    bad_soft=QColor("#43251D"),
)
_BLACK: Final = QColor("#000000")
_WHITE: Final = QColor("#FFFFFF")
HIGH_CONTRAST: Final = Tokens(
    dark=True,
    strong=True,
    window=_BLACK,
    surface=_BLACK,
    raised=_BLACK,
    line=_WHITE,
    edge=_WHITE,
    text=_WHITE,
    dim=_WHITE,
    faint=QColor("#A6A6A6"),
    accent=QColor("#5BE3FF"),
    accent_text=_BLACK,
    good=QColor("#6BFFC8"),
    warn=QColor("#FFD35C"),
    bad=QColor("#FFA98F"),
    accent_soft=QColor("#003A47"),
    good_soft=_BLACK,
    warn_soft=_BLACK,
    bad_soft=_BLACK,
)
HIGH_CONTRAST_LIGHT: Final = Tokens(
    dark=False,
    strong=True,
    window=_WHITE,
    surface=_WHITE,
    raised=_WHITE,
    line=_BLACK,
    edge=_BLACK,
    text=_BLACK,
    dim=_BLACK,
    faint=QColor("#5E5E5E"),
    accent=QColor("#004A63"),
    accent_text=_WHITE,
    good=QColor("#00492F"),
    warn=QColor("#593800"),
    bad=QColor("#8C1400"),
    accent_soft=QColor("#CDEFFA"),
    good_soft=_WHITE,
    warn_soft=_WHITE,
    bad_soft=_WHITE,
)


def contrast(one: QColor, other: QColor) -> float:
    """By WCAG 2: 1 for equal colours, 21 for black on white."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """`share` of the other in the one, without transparency."""
    here, there = (one.red(), one.green(), one.blue()), (other.red(), other.green(), other.blue())
    return QColor(*(round(a + (b - a) * share) for a, b in zip(here, there, strict=True)))


def high_contrast(system: QPalette, dark: bool) -> Tokens:
    """The person's own contrast colours where they are readable; else black and white."""
    ours = HIGH_CONTRAST if dark else HIGH_CONTRAST_LIGHT
    ground = system.color(QPalette.ColorRole.Window)
    text = system.color(QPalette.ColorRole.WindowText)
    is_dark = _luminance(ground) < _luminance(text)
    if is_dark != dark or contrast(ground, text) < _STRONG:
        return ours
    theirs = replace(
        ours,
        window=ground,
        surface=ground,
        raised=ground,
        line=text,
        edge=text,
        text=text,
        dim=text,
        faint=mix(text, ground, 0.35),
        good_soft=ground,
        warn_soft=ground,
        bad_soft=ground,
    )
    return _with_highlight(_readable(theirs), system)


def _readable(look: Tokens) -> Tokens:
    """A ground of the person's choice may swallow our signal colours: the text's then."""
    signals = {
        name: colour if contrast(colour, look.window) >= READABLE else look.text
        for name, colour in (("good", look.good), ("warn", look.warn), ("bad", look.bad))
    }
    return replace(look, **signals)


def _with_highlight(look: Tokens, system: QPalette) -> Tokens:
    accent = system.color(QPalette.ColorRole.Highlight)
    over = system.color(QPalette.ColorRole.HighlightedText)
    if contrast(accent, over) < READABLE or contrast(accent, look.window) < READABLE:
        accent, over = look.text, look.window
    return replace(
        look, accent=accent, accent_text=over, accent_soft=mix(look.window, accent, 0.15)
    )
