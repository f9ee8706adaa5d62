"""The looks of the window now: colours, distances and fonts, following the system live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QStyle

from app.domain.preferences import Theme
from app.paths import Paths
from app.ui.look.colours import (
    DARK,
    HIGH_CONTRAST,
    HIGH_CONTRAST_LIGHT,
    LIGHT,
    Tokens,
    high_contrast,
    mix,
)
from app.ui.look.stylesheet import PICTURES, sheet

__all__ = [
    "BODY",
    "DARK",
    "DIM",
    "HEADLINE",
    "HIGH_CONTRAST",
    "HIGH_CONTRAST_LIGHT",
    "LIGHT",
    "TITLE",
    "XL",
    "XS",
    "XXL",
    "L",
    "M",
    "S",
    "Tokens",
    "apply",
    "figures",
    "font",
    "mix",
    "moves",
    "scale",
    "tokens",
]  # fmt: skip

# Everything stands on a grid of 4.
XS: Final = 4
S: Final = 8
M: Final = 12
L: Final = 16
XL: Final = 24
XXL: Final = 32

# Times the size of the system's text.
TITLE: Final = 1.55
HEADLINE: Final = 1.2
BODY: Final = 1.0
DIM: Final = 0.92

_USUAL: Final = 15  # pixels: the system's text where nobody asked for a larger one
_ROW: Final = 20  # with its padding and border, a button or a field is 32 high

_FUSION: Final = "fusion"
_WATCHED: Final = "postflight-follows-system"


@dataclass(slots=True)
class _Look:
    """What is on now, and what was asked for: the system may change its mind at any time."""

    tokens: Tokens = LIGHT
    theme: Theme = Theme.SYSTEM
    system_dark: bool | None = None
    strong: bool | None = None
    busy: bool = False


_look: Final = _Look()


def tokens() -> Tokens:
    """The colours of this moment; ask again at each painting, never keep them."""
    return _look.tokens


def figures(font: QFont) -> QFont:
    """The same font with figures of equal width, where it has them."""
    made = QFont(font)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def font(size: float = BODY, semibold: bool = False) -> QFont:
    """For delegates: TITLE, HEADLINE, BODY or DIM times the system's text."""
    made = figures(QApplication.font())
    if made.pointSizeF() > 0:
        made.setPointSizeF(made.pointSizeF() * size)
    else:
        made.setPixelSize(round(made.pixelSize() * size))
    if semibold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


def scale() -> float:
    """How many times larger than usual the system's text is; never less than 1."""
    return max(1.0, QFontInfo(QApplication.font()).pixelSize() / _USUAL)


def moves() -> bool:
    """False where the system asks for reduced motion."""
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    return QApplication.style().styleHint(hint) > 0


def apply(
    app: QApplication,
    theme: Theme,
    system_dark: bool | None = None,
    strong: bool | None = None,
) -> None:
    """Puts the theme on and keeps following the system.

    `system_dark` and `strong` (high contrast) stand in for what the system says; None asks it.
    """
    _look.theme, _look.system_dark, _look.strong = theme, system_dark, strong
    _watch(app)
    _tell_system(app, theme)
    _dress(app)


def _watch(app: QApplication) -> None:
    if app.property(_WATCHED):
        return
    app.setProperty(_WATCHED, True)

    def follow() -> None:
        # Putting a palette on can itself be told as a change of the system.
        if not _look.busy:
            _dress(app)

    hints = app.styleHints()
    hints.colorSchemeChanged.connect(follow)
    hints.accessibility().contrastPreferenceChanged.connect(follow)
    # Without this, macOS and some desktops let Tab reach text fields only.
    hints.setTabFocusBehavior(Qt.TabFocusBehavior.TabFocusAllControls)


def _tell_system(app: QApplication, theme: Theme) -> None:
    """The frame around the window is the system's to draw: it needs to know as well."""
    hints = app.styleHints()
    _look.busy = True
    try:
        if theme is Theme.SYSTEM:
            hints.unsetColorScheme()
        else:
            dark = theme is Theme.DARK
            hints.setColorScheme(Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light)
    finally:
        _look.busy = False


def _dress(app: QApplication) -> None:
    _look.busy = True
    try:
        _look.tokens = _chosen(app)
        QDir.setSearchPaths(PICTURES, [str(Paths.find().resources / "icons" / "sheet")])
        if app.style().name() != _FUSION:
            app.setStyle(_FUSION)
        app.setFont(figures(app.font()))
        app.setPalette(_palette(_look.tokens))
        made = sheet(_look.tokens, _sizes(app))
        # Asking for the system's palette put it on for a moment, and a widget that the sheet has
        # polished keeps that one until it is polished again.
        if made != app.styleSheet() or _look.tokens.strong:
            app.setStyleSheet(made)
    finally:
        _look.busy = False


def _sizes(app: QApplication) -> dict[str, str]:
    points = app.font().pointSizeF()
    if points <= 0:  # the system measures its font in pixels
        points = QFontInfo(app.font()).pointSizeF()
    row = max(_ROW, QFontMetrics(app.font()).height() + XS // 2)
    return {
        "title": f"{points * TITLE:.1f}pt",
        "headline": f"{points * HEADLINE:.1f}pt",
        "small": f"{points * DIM:.1f}pt",
        "row": f"{row}px",
    }


def _chosen(app: QApplication) -> Tokens:
    dark = _is_dark(app)
    if not _is_strong(app):
        return DARK if dark else LIGHT
    # An empty palette brings back the system's own, to be asked for its colours.
    app.setPalette(QPalette())
    return high_contrast(app.palette(), dark)


def _is_dark(app: QApplication) -> bool:
    if _look.theme is not Theme.SYSTEM:
        return _look.theme is Theme.DARK
    if _look.system_dark is not None:
        return _look.system_dark
    return app.styleHints().colorScheme() is Qt.ColorScheme.Dark


def _is_strong(app: QApplication) -> bool:
    if _look.strong is not None:
        return _look.strong
    hints = app.styleHints()  # by name: PySide frees what hangs on a temporary
    return hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast


def _palette(look: Tokens) -> QPalette:
    role = QPalette.ColorRole
    made = QPalette()
    colours = {
        role.Window: look.window,
        role.WindowText: look.text,
        role.Base: look.surface,
        role.AlternateBase: look.window,
        role.ToolTipBase: look.raised,
        role.ToolTipText: look.text,
        role.PlaceholderText: look.dim,
        role.Text: look.text,
        role.Button: look.surface,
        role.ButtonText: look.text,
        role.BrightText: look.bad,
        role.Light: look.raised,
        role.Midlight: look.line,
        role.Mid: look.line,
        role.Dark: look.edge,
        role.Shadow: look.edge,
        role.Highlight: look.accent,
        role.HighlightedText: look.accent_text,
        role.Link: look.accent,
        role.LinkVisited: look.accent,
        role.Accent: look.accent,
    }
    for where, colour in colours.items():
        made.setColor(where, colour)
    for where in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        made.setColor(QPalette.ColorGroup.Disabled, where, look.faint)
    return made
