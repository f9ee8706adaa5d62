"""What the sections of the settings are made of: aligned rows that tell what was changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QGridLayout,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.domain.preferences import Preferences
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.inputs import Combo, Say
from app.ui.look.labels import Picture, Role, label
from app.ui.look.parts import Card, Translated

_LABELS: Final = 176
_NARROW: Final = 540  # from here on the label stands above
_ANY: Final = 16_777_215  # Qt's own word for no limit
_TOP: Final = Qt.AlignmentFlag.AlignTop
_DOT: Final = 8
_USUAL: Final = Preferences()


class Dot(QWidget):
    """Stands before what differs from Postflight's own choice."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = False
        self.setFixedWidth(_DOT)

    @property
    def shown(self) -> bool:
        return self._shown

    def show_dot(self, shown: bool) -> None:
        self._shown = shown
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_DOT, _DOT)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        if self._shown:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.tokens().accent)
            painter.drawEllipse(0, (self.height() - _DOT) // 2, _DOT, _DOT)


class Row(Translated, QWidget):
    """A label, what it is set with, and what it does or what went wrong."""

    reset = Signal()

    def __init__(self, title: Say, inside: QWidget | QLayout, first: QWidget, help: Say) -> None:
        """`first` is where the keyboard goes for the label."""
        super().__init__()
        self._title, self._help = title, help
        self._said: Say | None = None
        self._tint = Tint.BAD
        self._first = first
        self.dot = Dot()
        self._label = label(Role.BODY)
        self._label.setWordWrap(True)
        self._label.setBuddy(first)
        self.reset_button = parts.tool(Icon.RETRY)
        self.reset_button.clicked.connect(self.reset)
        keep = self.reset_button.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(keep)
        self._bang = Picture(Icon.BANG, 16, Tint.BAD)
        self._beneath = label(Role.DIM)
        self._beneath.setWordWrap(True)
        self._beneath.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._put_together(inside)
        self.show_changed(False)
        self.retranslate()

    def _put_together(self, inside: QWidget | QLayout) -> None:
        beneath = parts.row(spacing=theme.S - 2)
        beneath.addWidget(self._bang, 0, _TOP)
        beneath.addWidget(self._beneath, 1)
        self._middle = QWidget()
        self._middle.setLayout(parts.column(inside, beneath, spacing=theme.XS))
        # As high as the input beside them, so that all words stand on one line.
        height = self.reset_button.sizeHint().height()
        self._label.setMinimumHeight(height)
        self.dot.setFixedHeight(height)
        if isinstance(self._first, QCheckBox):
            self._first.setMinimumHeight(height)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.S)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(2, 1)
        self._grid.addWidget(self.dot, 0, 0, _TOP)
        self._grid.addWidget(self.reset_button, 0, 3, _TOP)
        self._arrange(narrow=False)

    def _arrange(self, narrow: bool) -> None:
        self._narrow = narrow
        for widget in (self._label, self._middle):
            self._grid.removeWidget(widget)
        if narrow:
            self._label.setMinimumWidth(0)
            self._label.setMaximumWidth(_ANY)
            self._grid.addWidget(self._label, 0, 1, 1, 2)
            self._grid.addWidget(self._middle, 1, 1, 1, 3)
        else:
            self._label.setFixedWidth(round(_LABELS * theme.scale()))
            self._grid.addWidget(self._label, 0, 1, _TOP)
            self._grid.addWidget(self._middle, 0, 2)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        if (narrow := self.width() < _NARROW * theme.scale()) != self._narrow:
            self._arrange(narrow)

    def minimumSizeHint(self) -> QSize:
        """Of the narrow form, or it would never be taken."""
        size = super().minimumSizeHint()
        least = self._middle.minimumSizeHint().width() + _DOT + theme.S
        return QSize(min(size.width(), least), size.height())

    def show_changed(self, changed: bool) -> None:
        self.dot.show_dot(changed)
        self.reset_button.setVisible(changed)
        self._tell()

    def say(self, words: Say | None, tint: Tint = Tint.BAD) -> None:
        """In the place of the help; None brings that back."""
        self._said, self._tint = words, tint
        self._tell()

    @property
    def said(self) -> str:
        return self._said() if self._said else ""

    def retranslate(self) -> None:
        title = self._title()
        self._label.setText(title)
        parts.name(self.reset_button, t("Reset {setting}", setting=title))
        if not isinstance(self._first, QAbstractButton):  # those have words of their own
            self._first.setAccessibleName(title)
        self._tell()

    def _tell(self) -> None:
        words = self.said or self._help()
        icon = Icon.TICK_CIRCLE if self._tint is Tint.GOOD else Icon.BANG
        self._bang.show_icon(icon, self._tint)
        self._bang.setVisible(self._said is not None)
        self._beneath.setText(words)
        self._beneath.setVisible(bool(words))
        changed = t("Changed.") if self.dot.shown else ""
        self._first.setAccessibleDescription(f"{changed} {words}".strip())


class Section(Translated, QWidget):
    """A heading and its rows. A row that is bound to preferences resets them."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._heading = label(Role.HEADLINE)
        self._bound: list[tuple[Row, tuple[str, ...]]] = []
        self._rows: list[Row] = []
        self._box = QVBoxLayout()
        self._box.setSpacing(theme.L)
        self._box.setContentsMargins(theme.M, theme.L, theme.M, theme.L)
        card = Card()
        card.setLayout(self._box)
        self.setLayout(parts.column(self._heading, card, spacing=theme.S))
        controller.preferences_changed.connect(self._preferred)

    def title(self) -> str:
        raise NotImplementedError

    def show_preferences(self, preferences: Preferences) -> None:
        """Puts them into the inputs; must not change them again."""
        raise NotImplementedError

    def add(self, row: Row, *names: str) -> Row:
        """`names` of the preferences that the row sets."""
        self._box.addWidget(row)
        self._rows.append(row)
        if names:
            self._bound.append((row, names))
            row.reset.connect(lambda: self.prefer({name: getattr(_USUAL, name) for name in names}))
        return row

    @property
    def preferences(self) -> Preferences:
        return self._controller.preferences

    def prefer(self, values: Mapping[str, Any]) -> None:
        self._controller.prefer(replace(self.preferences, **values))

    def sets(self, name: str) -> Callable[[Any], None]:
        """A slot for the signal that brings the preference's new value."""

        def prefer(value: Any) -> None:
            self.prefer({name: value})

        return prefer

    def refresh(self) -> None:
        self._preferred(self.preferences)

    def _preferred(self, preferences: Preferences) -> None:
        self.show_preferences(preferences)
        for row, names in self._bound:
            row.show_changed(
                any(getattr(preferences, name) != getattr(_USUAL, name) for name in names)
            )

    def retranslate(self) -> None:
        self._heading.setText(self.title())


class EnumCombo(Combo):
    """One of an enum's members, each with its words."""

    picked = Signal(object)

    def __init__(self, words: Mapping[StrEnum, Say]) -> None:
        super().__init__()
        self._words = dict(words)
        self.setMinimumContentsLength(20)
        for member in self._words:
            self.addItem("", member)
        self.activated.connect(self._activated)
        self.retranslate()

    def _activated(self, at: int) -> None:
        self.picked.emit(list(self._words)[at])

    def pick(self, member: StrEnum) -> None:
        self.setCurrentIndex(list(self._words).index(member))

    def retranslate(self) -> None:
        for at, say in enumerate(self._words.values()):
            self.setItemText(at, say())
