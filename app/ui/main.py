"""Starts the window, keeps it running, and ends it without losing a byte."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from app import __version__, bootstrap
from app.domain.errors import Fault, PostflightError
from app.engine.line import Line
from app.paths import Paths
from app.ui import language, runtime
from app.ui.controller import Controller
from app.ui.finish_sheet import ask_then_finish
from app.ui.look import icons, theme
from app.ui.look.labels import as_it_is
from app.ui.manners import Manners
from app.ui.system.power import Finish
from app.ui.system.single import Door, knock
from app.ui.updates import UpdateWatch
from app.ui.window import Window

_log = logging.getLogger(__name__)

_INTERRUPTED = 130
_PATIENCE = 15.0  # seconds for all that is under way to come to rest
_LOOK_AROUND = 1.0  # seconds until the warm-up begins
_BREATH = 0.03  # seconds the loop has between two pieces of the warm-up
_UNSEEN = ("offscreen", "minimal")  # nobody could press a button there
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)
)


class Application(QApplication):
    file_opened = Signal(object)  # Path: dropped on the dock icon, or opened with Postflight

    def event(self, event: QEvent, /) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.file_opened.emit(Path(event.file()))
            return True
        return super().event(event)


# What happens in the window when it is shown.
Shown = Callable[[Window], Coroutine[None, None, None]]


def open_window(folders: Sequence[Path], practice: bool = False, shown: Shown | None = None) -> int:
    """Until the person quits; answers the exit code. `practice` opens the practice cloud, with the
    one folder of `folders` or a sample flight."""
    application = Application(sys.argv[:1])
    application.setApplicationName("Postflight")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("postflight")
    application.setWindowIcon(icons.app_icon())
    paths = Paths.find()
    if not practice and knock(paths.data, [folder.absolute() for folder in folders]):
        return 0
    try:
        app = bootstrap.build(paths, exclusive=True)
    except PostflightError as error:
        return _not_started(application, error)

    async def live() -> int:
        return await _live(application, app, paths, folders, practice, shown)

    try:
        return runtime.run(application, live)
    except KeyboardInterrupt:  # pressed twice, or before there was a window
        return _INTERRUPTED
    finally:
        app.close()


def _not_started(application: QApplication, error: PostflightError) -> int:
    """Before there is a loop, so a plain dialog may wait for its answer."""
    theme.apply(application, bootstrap.Preferences().theme)
    language.use(bootstrap.Preferences().language, application)
    if sys.stderr is not None:  # Windows gives none to a program without a console
        sys.stderr.write(f"{language.said(error.title)}\n{language.said(error.hint)}\n")
    if application.platformName() in _UNSEEN:
        return error.exit_code
    box = QMessageBox(QMessageBox.Icon.Warning, "Postflight", as_it_is(language.said(error.title)))
    box.setInformativeText(as_it_is(language.said(error.hint)))
    box.exec()
    return error.exit_code


async def _live(
    application: Application,
    app: bootstrap.App,
    paths: Paths,
    folders: Sequence[Path],
    practice: bool,
    shown: Shown | None,
) -> int:
    controller = Controller(app, Line(app.engine))
    _dress(application, controller)
    with _styled_at_the_end(application):
        window = Window(controller)
    manners = Manners(controller)
    _introduce(window, manners)
    updates = UpdateWatch(controller, window.flights.bar)
    door = Door(paths.data)
    door.open()
    door.opened.connect(window.open_folders)

    def opened(path: Path) -> None:
        window.open_folders([path])

    application.file_opened.connect(opened)
    over = asyncio.Event()
    window.quit_wanted.connect(over.set)

    def finished(finish: Finish) -> None:
        ask_then_finish(window, finish, over.set)

    manners.finished.connect(finished)
    for fault in app.told:
        window.workspace.messages.problem(fault)
    _watch_for_bugs(window)
    controller.line.start()
    _show(window, folders, practice, shown)
    try:
        with _signals_lead_to(window.quit):
            await over.wait()
    finally:
        _leave_in_any_case()
        door.close()
        updates.close()
        manners.close()
        await window.close_stage()
        await controller.close()
    return 0


def _show(window: Window, folders: Sequence[Path], practice: bool, shown: Shown | None) -> None:
    window.show()
    if practice:
        window.practise(folders[0] if folders else None)
    elif folders:
        window.flights.send(folders)
    window.controller.start(_warm_up())
    if shown is not None:
        window.controller.start(shown(window))


def _leave_in_any_case() -> None:
    """A card reader that does not answer must not keep a window that went, and its folder's lock.

    It is as a crash then, which costs nothing that was recorded.
    """

    def leave() -> None:
        _log.warning("a disk does not answer: Postflight ends without it")
        os._exit(0)

    timer = threading.Timer(_PATIENCE, leave)
    timer.daemon = True
    timer.start()


async def _warm_up() -> None:
    """While the person looks around; the first batch would hold the loop up with it."""
    await asyncio.sleep(_LOOK_AROUND)
    for _ in bootstrap.warm_up():
        await asyncio.sleep(_BREATH)


@contextmanager
def _signals_lead_to(end: Callable[[], None]) -> Generator[None]:
    """Ctrl-C, or a system that shuts down, ends it as the person would, with every place kept.

    The same signal once more ends it at once.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def asked(number: int, frame: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])
        loop.call_soon_threadsafe(end)

    for number in _SIGNALS:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _dress(application: QApplication, controller: Controller) -> None:
    """Language and theme follow the preferences at once."""

    def wear(preferences: bootstrap.Preferences) -> None:
        language.use(preferences.language, application)
        theme.apply(application, preferences.theme)

    wear(controller.preferences)
    controller.preferences_changed.connect(wear)


@contextmanager
def _styled_at_the_end(application: QApplication) -> Generator[None]:
    """Qt works out a style sheet anew for each widget whenever something around it gets a parent:
    while a whole window is built, that takes longer than the building."""
    sheet = application.styleSheet()
    application.setStyleSheet("")
    yield
    application.setStyleSheet(sheet)


def _introduce(window: Window, manners: Manners) -> None:
    """What the manners find out is shown, and what the person chooses is told to them."""
    header, flights = window.flights.header, window.flights
    manners.speed.connect(header.show_speed)
    manners.awake.changed.connect(header.show_awake)
    header.show_line(manners.online.reachable)
    manners.online.changed.connect(header.show_line)
    manners.cards.changed.connect(flights.drop_page.show_cards)
    manners.cards.changed.connect(flights.sidebar.show_cards)
    flights.messages.needing.connect(manners.set_needing)
    window.tray_available = manners.tray.available
    manners.tray.show_wanted.connect(window.come_forward)
    manners.tray.quit_wanted.connect(window.quit)

    def clicked(batch_id: str) -> None:
        window.come_forward()
        flights.show_batch(batch_id)

    manners.tray.activated_notice.connect(clicked)
    for finish, action in window.actions_.finish.items():
        action.triggered.connect(partial(_choose, manners, finish))

    def chosen(finish: Finish) -> None:
        window.actions_.finish[finish].setChecked(True)
        header.show_finish(finish)

    manners.when_finished.changed.connect(chosen)


def _choose(manners: Manners, finish: Finish, checked: bool = False) -> None:
    manners.when_finished.choose(finish)


def _watch_for_bugs(window: Window) -> None:
    """What nobody expected is written to the log and said, and the window goes on."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.critical("a bug in the window", exc_info=(kind, error, trace))
        window.workspace.messages.problem(
            Fault(
                "bug",
                "Postflight made a mistake.",
                "Your files are safe; the log tells developers what happened.",
            )
        )

    sys.excepthook = hook
