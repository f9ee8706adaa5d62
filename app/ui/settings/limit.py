"""The speed limit: how much, and at which hours."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTime, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QTimeEdit, QWidget

from app.domain.preferences import Hours, Preferences
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.inputs import Combo
from app.ui.look.labels import Role, label
from app.ui.look.parts import Translated

_UNITS: Final = (1_000, 1_000_000, 125_000)  # bytes a second: kB/s, MB/s, Mbit/s
_MB: Final = 1
_SLOWEST: Final = 16_000  # bytes a second: below, each of eight requests is silent for seconds
_LEAST: Final = 88  # wide enough for what these inputs hold, less than Qt would ask for
_MOST: Final = 99_999
_FIRST: Final = 5_000_000
_WORK: Final = Hours(8 * 60, 18 * 60)


class Clock(QTimeEdit):
    """A time of the day that scrolling past does not change."""

    def __init__(self) -> None:
        super().__init__()
        self.setDisplayFormat("HH:mm")
        self.setMinimumWidth(round(_LEAST * theme.scale()))
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(theme.S - 2, 0, 0, 0)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def minute(self) -> int:
        return self.time().hour() * 60 + self.time().minute()

    def show_minute(self, minute: int) -> None:
        self.setTime(QTime(minute // 60 % 24, minute % 60))


class Limit(Translated, QWidget):
    """`changed` when the person set another one; `limit` is in bytes a second, 0 for none."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.on = QCheckBox()
        self.amount = parts.spin()
        self.amount.setKeyboardTracking(False)
        self.unit = Combo()
        self.unit.addItems(["kB/s", "MB/s", "Mbit/s"])
        self.unit.setMinimumContentsLength(6)
        least = round(_LEAST * theme.scale())
        self.amount.setMinimumWidth(least)
        self.unit.setMinimumWidth(least + theme.L)
        self.unit.setCurrentIndex(_MB)
        self._unit = _MB
        self._rate = _FIRST
        self.on.clicked.connect(self._switched)
        self.amount.valueChanged.connect(self._counted)
        self.unit.activated.connect(self._other_unit)
        self.setLayout(parts.row(self.on, self.amount, self.unit, None))
        self.show_limit(0)
        self.retranslate()

    @property
    def limit(self) -> int:
        return self._rate if self.on.isChecked() else 0

    def show_limit(self, limit: int) -> None:
        self.on.setChecked(limit > 0)
        self.amount.setEnabled(limit > 0)
        self.unit.setEnabled(limit > 0)
        if limit > 0:
            self._rate = limit
        if self._rate % _UNITS[self._unit]:
            self._unit = _fitting(self._rate)
        self._tell()

    def _tell(self) -> None:
        self.unit.setCurrentIndex(self._unit)
        self.amount.blockSignals(True)
        unit = _UNITS[self._unit]
        self.amount.setRange(max(1, -(-_SLOWEST // unit)), _MOST)
        self.amount.setValue(round(self._rate / unit))
        self.amount.blockSignals(False)

    def _switched(self) -> None:
        self.show_limit(self.limit)
        self.changed.emit()

    def _counted(self, amount: int) -> None:
        self._rate = amount * _UNITS[self._unit]
        self.changed.emit()

    def _other_unit(self, unit: int) -> None:
        """The same speed, as near as the unit says it."""
        self._unit = unit
        self._tell()
        self._counted(self.amount.value())

    def retranslate(self) -> None:
        self.on.setText(t("No faster than"))
        self.amount.setAccessibleName(t("Speed"))
        self.unit.setAccessibleName(t("Unit of the speed"))


def _fitting(rate: int) -> int:
    """The largest unit that says it without a fraction; kB/s for odd ones."""
    whole = [unit for unit in (_MB, 2, 0) if rate % _UNITS[unit] == 0]
    return whole[0] if whole else 0


class LimitHours(Translated, QWidget):
    """`hours` is None when the limit holds all day."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.on = QCheckBox()
        self.start, self.end = Clock(), Clock()
        self._to = label(Role.BODY)
        self.on.clicked.connect(self._switched)
        self.start.timeChanged.connect(self._moved)
        self.end.timeChanged.connect(self._moved)
        self._hours = _WORK
        self.setLayout(parts.row(self.on, self.start, self._to, self.end, None))
        self.show_hours(None, False)
        self.retranslate()

    @property
    def hours(self) -> Hours | None:
        return self._hours if self.on.isChecked() else None

    def show_hours(self, hours: Hours | None, possible: bool) -> None:
        """`possible`: there is a limit that they can hold for."""
        self.on.setChecked(hours is not None)
        self.on.setEnabled(possible)
        for clock in (self.start, self.end):
            clock.setEnabled(possible and hours is not None)
        self._hours = hours or self._hours
        for clock, minute in ((self.start, self._hours.start), (self.end, self._hours.end)):
            clock.blockSignals(True)
            clock.show_minute(minute)
            clock.blockSignals(False)

    def _switched(self) -> None:
        self.show_hours(self.hours, True)
        self.changed.emit()

    def _moved(self) -> None:
        self._hours = Hours(self.start.minute(), self.end.minute())
        self.changed.emit()

    def retranslate(self) -> None:
        self.on.setText(t("Only from"))
        self._to.setText(t("to"))
        self.start.setAccessibleName(t("The limit begins at"))
        self.end.setAccessibleName(t("The limit ends at"))


def hours_help(preferences: Preferences) -> str:
    hours = preferences.limit_hours
    if hours is None:
        return t("Otherwise the limit holds all day.")
    if hours.start == hours.end:
        return t("From and to are the same time: the limit never holds.")
    if hours.start > hours.end:
        return t("Over midnight, every day. At other times Postflight uses the whole line.")
    return t("Every day. At other times Postflight uses the whole line.")
