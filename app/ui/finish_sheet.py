"""The minute before the computer sleeps or shuts down, in which the person can still say no."""

from __future__ import annotations

from collections.abc import Callable

from app.speech.catalogue import later
from app.ui.language import nt, t
from app.ui.look.labels import Role, label
from app.ui.look.parts import Kind
from app.ui.look.sheet import Sheet
from app.ui.system.power import Countdown, Finish, act
from app.ui.window import Window

_TITLES = {
    Finish.SLEEP: later("Everything is sent: going to sleep"),
    Finish.SHUT_DOWN: later("Everything is sent: shutting down"),
    Finish.QUIT: later("Everything is sent: Postflight quits"),
}


def ask_then_finish(
    window: Window,
    finish: Finish,
    end: Callable[[], None],
    act: Callable[[Finish], None] = act,
    second: int = 1000,
) -> None:
    """Counts down in front of the person, then does it. `end` quits Postflight; `act` blocks; a
    `second` has so many milliseconds."""
    window.come_forward()
    sheet = Sheet(window, lambda: t(_TITLES[finish]))
    left = label(Role.HEADLINE)
    sheet.body.addWidget(left)
    countdown = Countdown(interval_ms=second, parent=sheet)

    def tell(seconds: int) -> None:
        left.setText(nt("in {n} second", "in {n} seconds", seconds))

    countdown.tick.connect(tell)
    sheet.closed.connect(countdown.cancel)
    sheet.add_button(lambda: t("Stay on"), Kind.PRIMARY)

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
