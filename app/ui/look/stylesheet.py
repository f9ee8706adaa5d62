"""The one style sheet of the window, made from the colours and the size of the system's text."""

from __future__ import annotations

from string import Template
from typing import Final

from PySide6.QtGui import QColor

from app.ui.look.colours import Tokens, mix

PICTURES: Final = "looks"  # the QDir search path of resources/icons/sheet

_TEXT: Final = """
QToolTip { background: $raised; color: $text; border: 1px solid $edge; padding: 5px 8px; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: $title; font-weight: 600; color: $text; }
QLabel[role="headline"] { font-size: $headline; font-weight: 600; color: $text; }
QLabel[role="dim"] { font-size: $small; color: $dim; }
QLabel[part="key"] { background: $window; color: $text; border: 1px solid $line;
    border-radius: 4px; padding: 1px 6px; }
QFrame[part="line"] { background: $line; border: none; }
QFrame[part="card"] { background: $surface; border: $thin solid $line; border-radius: 8px; }
QFrame[part="card"][chosen="true"] { background: $accent_soft; border-color: $accent; }
QFrame[part="header"] { background: $surface; border: none; }
QFrame[part="message"] { border: none; border-top: 1px solid $line; background: $surface; }
QFrame[part="message"][look="news"] { background: $accent_soft; }
QFrame[part="message"][look="warn"] { background: $warn_soft; }
QFrame[part="message"][look="bad"] { background: $bad_soft; }
QGroupBox { border: none; margin-top: 28px; padding: 0; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; padding: 0; color: $text; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QStatusBar { background: $window; color: $dim; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QScrollArea { border: none; background: transparent; }
"""

_BUTTONS: Final = """
QPushButton { min-height: $row; padding: 5px 13px; border: 1px solid $button_line;
    border-radius: 6px; background: $surface; color: $text; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:focus { border: 2px solid $accent; padding: 4px 12px; }
QPushButton:disabled { color: $faint; border-color: $line; background: transparent; }
QPushButton:checked { background: $accent_soft; border-color: $accent; }
QPushButton::menu-indicator { image: url("$down"); width: 12px; height: 12px;
    subcontrol-origin: padding; subcontrol-position: center right; right: 8px; }
QPushButton[kind="primary"], QPushButton:default { background: $accent; color: $accent_text;
    border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover, QPushButton:default:hover { background: $accent_hover;
    border-color: $accent_hover; }
QPushButton[kind="primary"]:pressed, QPushButton:default:pressed { background: $accent_pressed;
    border-color: $accent_pressed; }
QPushButton[kind="primary"]:disabled, QPushButton:default:disabled { background: $off;
    color: $faint; border-color: $off_line; }
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:pressed { background: $pressed; }
QPushButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[kind="quiet"]:checked { background: $accent_soft; }
QPushButton[kind="danger"] { color: $bad; border-color: $bad; }
QPushButton[kind="danger"]:hover { background: $bad_soft; }
QPushButton[kind="danger"]:pressed { background: $bad_pressed; }
QPushButton[kind="danger"]:focus { border-color: $accent; }
QPushButton[kind="danger"]:disabled { color: $faint; border-color: $line; background: transparent; }
QPushButton[part="chip"] { min-height: 18px; padding: 4px 11px; border: $thin solid $chip_line;
    border-radius: 14px; background: transparent; }
QPushButton[part="chip"]:hover { background: $hover; }
QPushButton[part="chip"]:pressed { background: $pressed; }
QPushButton[part="chip"]:checked { background: $accent_soft; border-color: $chip_on; }
QPushButton[part="chip"]:focus { border: 2px solid $accent; padding: 3px 10px; }
QToolButton { padding: 5px; border: 1px solid transparent; border-radius: 6px;
    background: transparent; color: $text; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $pressed; }
QToolButton:checked { background: $accent_soft; }
QToolButton:focus { border: 2px solid $accent; padding: 4px; }
QToolButton:disabled { color: $faint; background: transparent; }
QToolButton::menu-indicator { image: none; }
"""

_FIELDS: Final = """
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit { padding: 5px 9px;
    border: 1px solid $edge; border-radius: 6px; background: $surface;
    color: $text; selection-background-color: $accent; selection-color: $accent_text; }
QPlainTextEdit, QTextEdit { padding: 3px 5px; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $dim; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border: 2px solid $accent;
    padding: 4px 8px; }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent; padding: 2px 4px; }
QLineEdit[fault="true"] { border-color: $bad; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled, QPlainTextEdit:disabled,
QTextEdit:disabled { color: $faint; border-color: $line; background: $window; }
QLineEdit:read-only, QPlainTextEdit:read-only, QTextEdit:read-only { background: $window;
    border-color: $line; }
QLineEdit, QAbstractSpinBox, QComboBox { min-height: $row; max-height: $row; }
QAbstractSpinBox { padding-right: 28px; }
QAbstractSpinBox:focus { padding-right: 27px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { subcontrol-origin: border; width: 24px;
    border: none; background: transparent; margin: 2px 2px 0 0; }
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 2px 2px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url("$up"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("$down"); width: 10px; height: 10px; }
QComboBox { padding-right: 28px; combobox-popup: 0; }
QComboBox:focus { padding-right: 27px; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 28px;
    border: none; background: transparent; }
QComboBox::down-arrow { image: url("$down"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $edge; border-radius: 0;
    padding: 4px; outline: 0; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: 4px;
    color: $text; }
QComboBox QAbstractItemView::item:selected { background: $accent_soft; color: $text; }
QCheckBox, QRadioButton { spacing: 8px; padding: 2px; border: 2px solid transparent;
    border-radius: 6px; background: transparent; color: $text; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $faint; }
QCheckBox::indicator, QRadioButton::indicator { width: 16px; height: 16px; background: $surface;
    border: 1px solid $edge; border-radius: 4px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$tick"); }
QCheckBox::indicator:indeterminate { background: $accent; border-color: $accent;
    image: url("$dash"); }
QCheckBox::indicator:disabled { background: $off; border-color: $line; }
QCheckBox::indicator:checked:disabled, QCheckBox::indicator:indeterminate:disabled {
    background: $faint; border-color: $faint; }
QRadioButton::indicator { border-radius: 9px; }
QRadioButton::indicator:checked { width: 8px; height: 8px; border: 5px solid $accent;
    background: $accent_text; }
QRadioButton::indicator:disabled { background: $off; border-color: $line; }
QSlider:horizontal { min-height: 20px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $track; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 16px; height: 16px; margin: -6px 0; border-radius: 8px;
    background: $accent; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: $accent_pressed; }
"""

_LISTS: Final = """
QMenu { background: $raised; color: $text; border: 1px solid $edge; padding: 4px; }
QMenu[round="true"] { border-radius: 8px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; min-height: 18px; }
QMenu::item:selected { background: $accent_soft; }
QMenu::item:disabled { color: $faint; background: transparent; }
QMenu::icon { left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::indicator { width: 14px; height: 14px; left: 8px; }
QMenu::indicator:checked { image: url("$mark"); }
QMenu::right-arrow { image: url("$right"); width: 12px; height: 12px; right: 8px; }
QMenuBar { background: $window; color: $text; }
QMenuBar::item { padding: 5px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QListView, QTreeView, QTableView { background: $surface; border: 1px solid $line;
    border-radius: 8px; outline: 0;
    selection-background-color: $accent_soft; selection-color: $text; }
QListView:focus, QTreeView:focus, QTableView:focus { border-color: $accent; }
QListWidget[part="listing"] { padding: 4px; }
QListWidget[part="listing"]::item { min-height: 28px; padding: 2px 8px; border-radius: 6px;
    color: $text; }
QListWidget[part="listing"]::item:hover { background: $hover; }
QListWidget[part="listing"]::item:selected { background: $accent_soft; color: $text; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: $surface; color: $dim; border: none;
    border-bottom: 1px solid $line; padding: 6px 8px; }
QTableCornerButton::section { background: $surface; border: none; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar { background: transparent; qproperty-drawBase: 0; qproperty-expanding: 0; }
QTabBar::tab { padding: 8px 12px; margin-right: 4px; color: $dim; background: transparent;
    border: none; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { background: $accent_soft; }
QProgressBar { min-height: 8px; max-height: 8px; border: none; border-radius: 4px;
    background: $track; color: transparent; }
QProgressBar::chunk { border-radius: 4px; background: $accent; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $thumb; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
"""


def sheet(look: Tokens, sizes: dict[str, str]) -> str:
    """`sizes` has title, headline and small (14pt) and row, the height of a line (20px)."""
    values = _colours(look) | _pictures(look) | sizes
    return Template(_TEXT + _BUTTONS + _FIELDS + _LISTS).substitute(values)


def track(look: Tokens) -> QColor:
    """What lies under a bar that is not full yet."""
    return look.window if look.strong else _shade(look, 0, 0.28)


def _shade(look: Tokens, strong: float, usual: float) -> QColor:
    if look.strong:
        return mix(look.surface, look.text, strong)
    return mix(look.surface, look.edge, usual)


def _colours(look: Tokens) -> dict[str, str]:
    clear = "transparent"
    shades = {
        "hover": _shade(look, 0.25, 0.13),
        "pressed": _shade(look, 0.4, 0.27),
        "accent_hover": mix(look.accent, look.text, 0.14),
        "accent_pressed": mix(look.accent, look.text, 0.28),
        "bad_pressed": mix(look.bad_soft, look.bad, 0.2),
        "off": look.window if look.strong else mix(look.line, look.surface, 0.35),
        "off_line": look.faint if look.strong else mix(look.line, look.surface, 0.35),
        "button_line": look.edge if look.strong else mix(look.line, look.edge, 0.4),
        "track": _shade(look, 0.35, 0.28),
        "thumb": mix(look.surface, look.edge, 0.75),
    }
    named = {
        name: getattr(look, name)
        for name in (
            *("window", "surface", "raised", "line", "edge", "text", "dim", "faint"),
            *("accent", "accent_text", "bad", "accent_soft", "warn_soft", "bad_soft"),
        )
    }
    written = {name: colour.name() for name, colour in (named | shades).items()}
    return written | {
        "thin": "2px" if look.strong else "1px",
        "chip_line": look.line.name() if look.strong else clear,
        "chip_on": look.accent.name() if look.strong else clear,
    }


def _pictures(look: Tokens) -> dict[str, str]:
    # A style sheet's picture cannot be tinted: there is one in light and one in dark ink.
    ink = "light" if look.dark else "dark"
    over = "light" if look.accent_text.lightnessF() > 0.5 else "dark"
    files = {
        "down": f"chevron_down_{ink}",
        "up": f"chevron_up_{ink}",
        "right": f"chevron_right_{ink}",
        "mark": f"tick_{ink}",
        "tick": f"tick_{over}",
        "dash": f"dash_{over}",
    }
    return {name: f"{PICTURES}:{file}.svg" for name, file in files.items()}
