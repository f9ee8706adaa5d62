"""Every part of the window on one page, to be looked at and to be tested in all themes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QRadioButton,
    QSlider,
    QTabBar,
    QWidget,
)

from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.parts import Kind, Role


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    headline: str
    body: str
    dim: str
    send: str
    pause: str
    choose: str
    cancel: str
    all: str
    moving: str
    needs: str
    name: str
    server: str
    awake: str
    notify: str
    empty: str
    hint: str


ENGLISH = Words(
    title="1,214 of 1,960 files delivered",
    headline="Where it goes",
    body="38.4 of 61 GB, about 55 min left",
    dim="Goes on by itself when the network is back.",
    send="Send 1,960 files",
    pause="Pause",
    choose="Choose folder",
    cancel="Cancel batch",
    all="All",
    moving="Moving",
    needs="Needs you",
    name="Name of the connection",
    server="https://flighthub.example",
    awake="Keep this computer awake while sending",
    notify="Tell me when a batch is done",
    empty="Nothing to send yet",
    hint="Drop a folder or a card anywhere in this window. Postflight looks for photos and videos.",
)
CHINESE = Words(
    title="已送达 1,214 / 1,960 个文件",
    headline="上传到哪里",
    body="38.4 / 61 GB，约剩 55 分钟",
    dim="网络恢复后会自动继续。",
    send="上传 1,960 个文件",
    pause="暂停",
    choose="选择文件夹",
    cancel="取消本批",
    all="全部",
    moving="进行中",
    needs="需要处理",
    name="连接名称",
    server="https://flighthub.example",
    awake="上传时不让电脑休眠",
    notify="一批完成后通知我",
    empty="还没有要上传的内容",
    hint="把文件夹或存储卡拖到窗口任意位置，Postflight 会自动找出照片和视频。",
)


def gallery(words: Words = ENGLISH) -> QWidget:
    page = QWidget()
    page.resize(1060, 980)
    box = QGridLayout(page)
    box.setContentsMargins(*(theme.XL,) * 4)
    box.setSpacing(theme.L)
    box.addWidget(_total(words), 0, 0, 1, 2)
    box.addWidget(_buttons(words), 1, 0)
    box.addWidget(_fields(words), 1, 1)
    box.addWidget(_lists(words), 2, 0)
    note = parts.EmptyNote(Icon.DROP, words.empty, words.hint)
    action = parts.button(Kind.PRIMARY, Icon.FOLDER)
    action.setText(words.choose)
    note.add(action)
    card = parts.Card()
    card.setLayout(parts.column(note))
    box.addWidget(card, 2, 1)
    box.addWidget(_icons(), 3, 0, 1, 2)
    box.setRowStretch(2, 1)
    box.setColumnStretch(0, 1)
    box.setColumnStretch(1, 1)
    return page


def _total(words: Words) -> QWidget:
    card = parts.Card()
    title, body, dim = (parts.label(role) for role in (Role.TITLE, Role.BODY, Role.DIM))
    title.setText(words.title)
    body.setText(words.body)
    dim.setText(words.dim)
    bar = parts.Bar()
    bar.show_progress(0.62, 0.44)
    waiting = parts.Bar()
    waiting.show_progress(None)
    spark = parts.Sparkline()
    spark.show_speeds([1, 2, 4, 6, 6, 5, 7, 7.5, 6.8, 7, 7.2, 3, 1, 5, 7, 8, 7.9, 7.5] * 3)
    speed = parts.label(Role.FIGURES)
    speed.setText("11.8 MB/s")
    top = parts.row(title, None, spark, speed, spacing=theme.M)
    under = parts.row(body, None, parts.Picture(Icon.NETWORK_OFF, 16, Tint.WARN), dim)
    card.setLayout(parts.column(top, bar, under, waiting, spacing=theme.M, margins=theme.L))
    return card


def _buttons(words: Words) -> QWidget:
    card = parts.Card()
    made: list[QHBoxLayout] = []
    kinds = (
        (Kind.PRIMARY, Icon.ARROW_UP, words.send),
        (Kind.PLAIN, Icon.PAUSE, words.pause),
        (Kind.QUIET, Icon.FOLDER, words.choose),
        (Kind.DANGER, Icon.CANCEL, words.cancel),
    )
    for enabled in (True, False):
        line: list[QWidget] = []
        for kind, icon, text in kinds:
            button = parts.button(kind, icon)
            button.setText(text)
            button.setEnabled(enabled)
            line.append(button)
        made.append(parts.row(*line[:2], None))
        made.append(parts.row(*line[2:], None))
    chips = [
        parts.Chip(words.all, 1960),
        parts.Chip(words.moving, 6),
        parts.Chip(words.needs, 2, Tint.WARN),
    ]
    chips[0].setChecked(True)
    tools: list[QWidget] = []
    for icon in (Icon.SEARCH, Icon.LIST, Icon.GRID, Icon.DRAWER, Icon.MORE):
        tool = parts.tool(icon)
        parts.name(tool, icon.value)
        tools.append(tool)
    tools[1].setProperty("checkable", True)
    tools[1].setProperty("checked", True)
    tools[4].setEnabled(False)
    made += [parts.row(*chips, None, spacing=theme.XS), parts.row(*tools, None, spacing=theme.XS)]
    card.setLayout(parts.column(*made, None, spacing=theme.M, margins=theme.L))
    return card


def _fields(words: Words) -> QWidget:
    card = parts.Card()
    headline = parts.label(Role.HEADLINE)
    headline.setText(words.headline)
    text, empty, off = QLineEdit(words.server), QLineEdit(), QLineEdit(words.server)
    empty.setPlaceholderText(words.name)
    off.setEnabled(False)
    combo, spin = QComboBox(), parts.spin()
    combo.addItems([words.name, words.all, words.moving])
    spin.setRange(0, 999)
    spin.setValue(128)
    spin.setSuffix(" MB/s")
    ticked, not_ticked = QCheckBox(words.awake), QCheckBox(words.notify)
    half, off_tick = QCheckBox(words.all), QCheckBox(words.needs)
    ticked.setChecked(True)
    half.setCheckState(Qt.CheckState.PartiallyChecked)
    off_tick.setChecked(True)
    off_tick.setEnabled(False)
    one, two = QRadioButton(words.all), QRadioButton(words.moving)
    one.setChecked(True)
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setValue(40)
    plain = QProgressBar()
    plain.setTextVisible(False)
    plain.setValue(35)
    card.setLayout(
        parts.column(
            headline,
            text,
            parts.row(empty, off),
            parts.row(combo, spin),
            ticked,
            not_ticked,
            parts.row(half, off_tick, one, two, None),
            parts.row(slider, plain, spacing=theme.L),
            None,
            spacing=theme.M,
            margins=theme.L,
        )
    )
    return card


def _lists(words: Words) -> QWidget:
    card = parts.Card()
    tabs = QTabBar()
    for text in (words.all, words.moving, words.needs):
        tabs.addTab(text)
    names = parts.listing()
    for number in range(12):
        names.addItem(f"DJI_2026061409{number:02}12_0{number:03}_W.JPG")
    names.setCurrentRow(1)
    long = parts.ElidedLabel()
    long.setText("/media/pilot/DJI_MINI/DCIM/100MEDIA/DJI_20260614091201_0001_a_long_name_W.JPG")
    edit = QPlainTextEdit("request id 5F2C…A1, 14:02:11")
    edit.setFixedHeight(56)
    card.setLayout(parts.column(tabs, names, long, edit, spacing=theme.M, margins=theme.L))
    return card


def _icons() -> QWidget:
    card = parts.Card()
    grid = QGridLayout(card)
    grid.setContentsMargins(*(theme.L,) * 4)
    tints = list(Tint)
    tints.remove(Tint.ACCENT_TEXT)
    for index, which in enumerate(Icon):
        picture = parts.Picture(
            which, 24, tints[index % len(tints)] if index % 3 == 0 else Tint.TEXT
        )
        grid.addWidget(picture, index // 24, index % 24)
    return card
