"""Photographs the window in every state and look: `python3 run.py screenshots DIR`."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import bootstrap
from app.domain.model import Connection
from app.domain.preferences import Hours, Language, Preferences, Theme
from app.domain.release import Feed, Release
from app.domain.states import ENDED, BatchState
from app.engine.context import Patience
from app.engine.engine import Order
from app.engine.line import Line
from app.paths import HOME, Paths

if TYPE_CHECKING:
    from app.ui.connections.form import ConnectionForm
    from app.ui.system.cards import Card

SCALES = ("100", "200")
THEMES = (Theme.LIGHT, Theme.DARK)
LANGUAGES = (Language.ENGLISH, Language.CHINESE)
# Nobody is asked: it is made to look as if somebody had been today.
RELEASES = Feed("https://releases.example/latest", "releases.example")
SLOW = 600_000  # bytes a second: a batch that is still being sent when it is photographed


@dataclass(frozen=True)
class State:
    """`show` brings the window there; called again for each theme and language."""

    name: str
    show: Callable[[], Awaitable[None]]
    hide: Callable[[], None] = lambda: None


class Studio:
    """One window on the practice cloud, brought from state to state."""

    def __init__(self, folder: Path, target: Path, scale: str) -> None:
        from PySide6.QtWidgets import QApplication

        self._folder, self._target, self._scale = folder, target, scale
        self._form_shown = False
        self._pulled: tuple[Path, Path, str] | None = None  # where the card is, was, its batch
        self._application = cast(QApplication, QApplication.instance())

    async def run(self) -> None:
        with bootstrap.practice(self._folder / "cloud") as stage:
            self._stage = stage
            async with self._window(self._folder / "new", ()):
                await self._photograph(State("welcome", self._settle))
            async with self._window(self._folder / "home", stage.connections):
                for state in await self._states():
                    await self._photograph(state)
                    state.hide()

    @asynccontextmanager
    async def _window(self, home: Path, connections: tuple[Connection, ...]) -> AsyncIterator[None]:
        from app.ui.controller import Controller
        from app.ui.window import Window

        app = bootstrap.build(
            Paths.find({HOME: str(home)}),
            exclusive=True,
            secrets=self._stage.secrets,
            patience=Patience(import_first=0.1, job_first=0.2, job_longest=0.5),
            releases=RELEASES,
        )
        names = ("Harbour East", "Site office server", "Studio assets")
        for connection, name in zip(connections, names, strict=False):
            app.store.connections.save(replace(connection, name=name))
            self._stage.secrets.set(name, self._stage.secrets.get(connection.name) or "")
        self.controller = Controller(app, Line(app.engine))
        self.window = Window(self.controller)
        self.window.resize(1180, 760)
        self.window.show()
        self.controller.line.start()
        try:
            yield
        finally:
            self.window.hide()
            await self.controller.close()
            app.close()
            self.window.deleteLater()
            await self._settle()

    # -- taking the pictures ---------------------------------------------------------------------

    async def _photograph(self, state: State) -> None:
        from app.ui import language
        from app.ui.look import theme

        for look in THEMES:
            for spoken in LANGUAGES:
                language.use(spoken, self._application)
                theme.apply(self._application, look)
                await self._settle()
                await state.show()
                await self._settle()
                name = f"{state.name}-{look.value}-{spoken.value}-{self._scale}.png"
                self.window.grab().save(str(self._target / name))
        print(state.name)

    async def _settle(self) -> None:
        for _ in range(6):
            await asyncio.sleep(0.05)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    # -- the states ------------------------------------------------------------------------------

    async def _states(self) -> list[State]:
        await self._fly("2026-06-12 Harbour East", "Harbour East")
        await self._fly("2026-06-13 Quay wall", "Site office server")
        trouble = await self._fly("2026-06-14 Crane", "Harbour East", empty=2)
        return [
            State("history", self._go("HISTORY")),
            State("done", self._show(self._done.id)),
            State("verified", self._show_verified),
            State("damaged-on-card", self._show_damaged),
            State("needs-you", self._show_trouble(trouble.id)),
            State("card-removed", self._show_card_removed, self._card_comes_back),
            State("details", self._show_details(trouble.id), self._hide_details),
            State("empty", self._show_empty, lambda: self._cards([])),
            State("drag-over", self._drag, self._drag_ends),
            State("connections", self._go("CONNECTIONS")),
            State("form-failing-test", self._failing_form, self._leave_form),
            State("settings", self._show_settings("general")),
            State("settings-network", self._show_settings("network")),
            State("settings-advanced", self._show_settings("advanced"), self._usual_settings),
            State("newer-version", self._show_newer, self._hide_newer),
            State("sending", self._show_sending),
            State("help", self._show_help, self._close_sheets),
            State("closing", self._show_closing, self._close_sheets),
        ]

    def _write(self, title: str, photos: int = 12, empty: int = 0) -> Path:
        from app.practice.sample import write_sample_flight

        made = write_sample_flight(self._folder / "cards" / title, photos)
        for number in range(empty):
            (made / f"DJI_20260614101500_{90 + number:04}_V.JPG").touch()
        return made

    async def _fly(self, title: str, connection: str, empty: int = 0):
        flight = await asyncio.to_thread(self._write, title, 12, empty)
        spec = self.controller.spec(self._connection(connection))
        order = Order(connection, (flight,), title, jobs=spec.jobs[1:2])
        batch = self.controller.line.add(order)
        rest = ENDED | {BatchState.ATTENTION}
        await self._until(lambda: self.controller.engine.batch(batch.id).state in rest)
        if spec.jobs and not empty:
            self._done = batch
            await self._until(lambda: self.controller.engine.jobs(batch.id)[0].progress == 100)
        return batch

    async def _show_card_removed(self) -> None:
        engine = self.controller.engine
        if self._pulled is None:
            flight = await asyncio.to_thread(self._write, "2026-06-14 Mole", 40)
            self.controller.app.throttle.limit = SLOW
            batch = self.controller.line.add(Order("Harbour East", (flight,), "2026-06-14 Mole"))
            await self._until(lambda: engine.counts(batch.id).delivered > 4)
            self._pulled = flight.rename(flight.with_name("in the pocket")), flight, batch.id
            await self._until(lambda: engine.batch(batch.id).state is BatchState.PAUSED)
            self.controller.app.throttle.limit = 0
        self.window.workspace.show_batch(self._pulled[2])

    async def _verify(self, batch_id: str) -> None:
        self.window.workspace.show_batch(batch_id)
        check = self.window.workspace.batch_page.card
        before = check.state(batch_id)
        check.start(batch_id, self.controller.engine.batch(batch_id).roots[0])

        def judged() -> bool:
            state = check.state(batch_id)
            return state is not None and state is not before and state.clearance is not None

        await self._until(judged)

    async def _show_verified(self) -> None:
        await self._verify(self._done.id)

    async def _show_damaged(self) -> None:
        photo = sorted(self.controller.engine.batch(self._done.id).roots[0].rglob("*.JPG"))[0]
        bytes_, told = photo.read_bytes(), photo.stat()
        photo.write_bytes(bytes_[:-1] + bytes([bytes_[-1] ^ 1]))
        os.utime(photo, ns=(told.st_atime_ns, told.st_mtime_ns))
        try:
            await self._verify(self._done.id)
        finally:
            photo.write_bytes(bytes_)

    def _card_comes_back(self) -> None:
        if self._pulled is not None:
            self._pulled[0].rename(self._pulled[1])

    def _connection(self, name: str) -> Connection:
        return next(item for item in self.controller.connections() if item.name == name)

    def _go(self, page: str) -> Callable[[], Awaitable[None]]:
        from app.ui.workspace import Page

        async def show() -> None:
            self.window.workspace.go(Page[page])

        return show

    def _show(self, batch_id: str) -> Callable[[], Awaitable[None]]:
        async def show() -> None:
            self.window.workspace.show_batch(batch_id)

        return show

    def _show_trouble(self, batch_id: str) -> Callable[[], Awaitable[None]]:
        async def show() -> None:
            self.window.workspace.show_trouble(batch_id)

        return show

    def _show_details(self, batch_id: str) -> Callable[[], Awaitable[None]]:
        async def show() -> None:
            await self._show_trouble(batch_id)()
            panel = self.window.workspace.batch_page.panel
            await self._settle()
            panel.table.selectRow(0)
            panel.open_drawer()

        return show

    def _hide_details(self) -> None:
        self.window.workspace.batch_page.panel.close_drawer()

    async def _show_empty(self) -> None:
        from app.ui.system.cards import Card

        await self._go("DROP")()
        self._cards([Card("DJI_M3E", Path("/media/DJI_M3E"), 64_000_000_000, 21_400_000_000, None)])

    def _cards(self, cards: list[Card]) -> None:
        self.window.flights.drop_page.show_cards(cards)
        self.window.flights.sidebar.show_cards(cards)

    async def _drag(self) -> None:
        names = [item.name for item in self.controller.connections()]
        flight = self._folder / "cards" / "2026-06-12 Harbour East"
        overlay = self.window.workspace.overlay
        overlay.begin([flight], names, names[0])
        await asyncio.sleep(0.3)

    def _drag_ends(self) -> None:
        self.window.workspace.overlay.end()

    async def _show_newer(self) -> None:
        from app.ui.updates import UpdateWatch

        self.window.workspace.show_batch(self._done.id)
        updates, controller = self.controller.app.updates, self.controller
        asked = updates.asking(controller.preferences)
        found = Release("0.9.0", "https://releases.example/0.9.0")
        controller.prefer(updates.answered(asked, found))
        self._hide_newer()
        watch = UpdateWatch(controller, self.window.flights.bar)
        watch.look()
        watch.close()

    def _hide_newer(self) -> None:
        for cause in self.window.flights.bar.causes():
            self.window.flights.bar.clear(cause)

    async def _show_sending(self) -> None:
        engine = self.controller.engine
        if not engine.running:
            self.controller.app.throttle.limit = SLOW
            flights = [
                await asyncio.to_thread(self._write, title, 60)
                for title in ("2026-06-15 Breakwater", "2026-06-15 Lighthouse", "2026-06-16 Pier")
            ]
            ids = [
                self.controller.line.add(Order(name, (flight,), flight.parents[1].name)).id
                for flight, name in zip(
                    flights, ("Harbour East", "Harbour East", "Studio assets"), strict=True
                )
            ]
            self.controller.pause(ids[2])
            await self._until(
                lambda: engine.counts(ids[0]).delivered + engine.counts(ids[0]).moving > 8
            )
            await asyncio.sleep(22)  # remaining time is said when it is believable
            self._sending = ids[0]
            self.controller.prefer(
                replace(self.controller.preferences, limit=SLOW, limit_hours=Hours(480, 1080))
            )
            self.window.flights.header.show_line(True)
            self.window.flights.header.show_awake(True)
        self.window.flights.header.show_speed(engine.snapshot(self._sending).pulse.speed)
        self.window.workspace.show_batch(self._sending)

    async def _failing_form(self) -> None:
        """A wrong token: the sign-in leg says so."""
        page = self.window.workspace.connections_page
        if not self._form_shown:
            self._form_shown = True
            await self._go("CONNECTIONS")()
            page.edit("Harbour East")
            form = cast("ConnectionForm", page.form)
            form.secret.set_value("a-token-that-has-ended")
            form.test()
            await self._until(lambda: not form.legs.running and form.legs.failed is not None)

    def _leave_form(self) -> None:
        self.window.workspace.connections_page.show_list()

    def _show_settings(self, section: str) -> Callable[[], Awaitable[None]]:
        async def show() -> None:
            from PySide6.QtWidgets import QScrollArea

            await self._go("SETTINGS")()
            await self._settle()
            page = self.window.workspace.settings_page
            part, area = getattr(page, section), cast(QScrollArea, page.findChild(QScrollArea))
            top = part.mapTo(area.widget(), part.rect().topLeft()).y() - 16
            area.verticalScrollBar().setValue(top if section != "general" else 0)

        return show

    def _usual_settings(self) -> None:
        self.controller.prefer(Preferences())

    async def _show_help(self) -> None:
        self._close_sheets()
        self.window.show_help()

    async def _show_closing(self) -> None:
        self._close_sheets()
        self.window.close()

    def _close_sheets(self) -> None:
        from app.ui.look.sheet import Sheet

        for sheet in self.window.findChildren(Sheet):
            sheet.close()


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] in SCALES:
        _one_scale(arguments[0], Path(arguments[1]))
        return 0
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python3 run.py screenshots DIR", file=sys.stderr)
        return 2
    target = Path(arguments[0]).absolute()
    target.mkdir(parents=True, exist_ok=True)
    for scale in SCALES:
        # Qt reads the scale once, when it starts.
        environment = {**os.environ, "QT_SCALE_FACTOR": str(int(scale) / 100)}
        command = [sys.executable, __file__, scale, str(target)]
        if code := subprocess.call(command, env=environment):
            return code
    return 0


def _one_scale(scale: str, target: Path) -> None:
    from PySide6.QtWidgets import QApplication

    from app.ui import runtime

    application = QApplication([])
    application.setApplicationName("Postflight")
    folder = Path(tempfile.mkdtemp(prefix="postflight-studio-"))
    try:
        runtime.run(application, lambda: Studio(folder, target, scale).run())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
