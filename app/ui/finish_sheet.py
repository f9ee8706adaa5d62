"""The minute before the computer sleeps or shuts down, in which the person can still say no."""

from __future__ import annotations

from collections.abc import Callable

from app.ui.language import nt, t
from app.ui.look.labels import Role, label
from app.ui.look.parts import Kind
from app.ui.look.sheet import Sheet
from app.ui.system.power import Countdown, Finish, act
from app.ui.window import Window


def ask_then_finish(window: Window, finish: Finish, end: Callable[[], None]) -> None:
    """Counts down in front of the person, then does it. `end` quits Postflight."""
    titles = {
        Finish.SLEEP: t("Everything is sent: going to sleep"),
        Finish.SHUT_DOWN: t("Everything is sent: shutting down"),
        Finish.QUIT: t("Everything is sent: Postflight quits"),
    }
    window.come_forward()
    sheet = Sheet(window, titles[finish])
    left = label(Role.HEADLINE)
    sheet.body.addWidget(left)
    countdown = Countdown(parent=sheet)

    def tell(seconds: int) -> None:
        left.setText(nt("in {n} second", "in {n} seconds", seconds))

    countdown.tick.connect(tell)
    sheet.closed.connect(countdown.cancel)
    sheet.add_button(t("Stay on"), Kind.PRIMARY)

    async def go() -> None:
        await window.controller.engine.control(lambda: act(finish))
        if finish is not Finish.SLEEP:
            end()

    def due() -> None:
        sheet.close()
        window.controller.start(go())

    countdown.due.connect(due)
    sheet.open()
    countdown.start()
