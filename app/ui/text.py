"""Sizes, times and tallies as the window writes them, in its language."""

from __future__ import annotations

from PySide6.QtCore import QDate, QDateTime, QLocale

from app.domain import words
from app.domain.model import Counts
from app.ui.language import locale, nt, said, t


def size(count: float) -> str:
    """Decimal units, as cards are sold: 5.2 GB."""
    return said(words.size(count))


def speed(bytes_per_second: float) -> str:
    return t("{size}/s", size=size(bytes_per_second)) if bytes_per_second >= 1 else "–"


def about(seconds: float) -> str:
    """What is left, no more exact than anybody can know."""
    if seconds < 50:
        return t("less than a minute")
    return t("about {duration}", duration=said(words.duration(seconds)))


def duration(seconds: float) -> str:
    return said(words.duration(seconds))


def files(count: int) -> str:
    return nt("{n} file", "{n} files", count)


def moment(seconds: float) -> str:
    """Today only the time, else also the day; as the system writes them."""
    when = QDateTime.fromSecsSinceEpoch(int(seconds))
    clock = locale().toString(when.time(), QLocale.FormatType.ShortFormat)
    if when.date() == QDate.currentDate():
        return clock
    return t("{day}, {time}", day=day(seconds), time=clock)


def day(seconds: float) -> str:
    when = QDateTime.fromSecsSinceEpoch(int(seconds)).date()
    return locale().toString(when, QLocale.FormatType.ShortFormat)


def tally(counts: Counts) -> str:
    """Only what is not zero: 410 delivered, 2 skipped, 1 needs you."""
    parts = [nt("{n} delivered", "{n} delivered", counts.delivered)]
    if counts.skipped:
        parts.append(nt("{n} skipped", "{n} skipped", counts.skipped))
    if counts.failed:
        parts.append(nt("{n} needs you", "{n} need you", counts.failed))
    if counts.waiting:
        parts.append(nt("{n} waiting", "{n} waiting", counts.waiting))
    if counts.dropped:
        parts.append(nt("{n} left out", "{n} left out", counts.dropped))
    return t(", ").join(parts)
