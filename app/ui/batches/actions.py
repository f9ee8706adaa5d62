"""Carries out what is asked of a batch, and fills the menu that asks it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu

from app.domain.errors import UsageError
from app.ui.batches import wishes
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from app.ui.look import icons
from app.ui.look.icons import Tint
from app.ui.system import places

_LOUD = frozenset({Wish.CANCEL, Wish.DELETE, Wish.REMOVE})


def possible(controller: Controller, batch_id: str) -> frozenset[Wish]:
    try:
        snapshot = controller.snapshot(batch_id)
    except UsageError:  # removed a moment ago
        return frozenset()
    return wishes.possible(snapshot, controller.spec(snapshot.batch))


def carry_out(controller: Controller, batch_id: str, wish: Wish) -> bool:
    """False for a wish that the batch's page has to ask about first; nothing was done then."""
    match wish:
        case Wish.PAUSE:
            controller.pause(batch_id)
        case Wish.RESUME:
            controller.resume(batch_id)
        case Wish.RETRY:
            controller.retry(batch_id)
        case Wish.ACCEPT:
            controller.accept_missing(batch_id)
        case Wish.FOLDER:
            places.reveal(controller.engine.batch(batch_id).roots[0])
        case Wish.COPY_ID:
            QGuiApplication.clipboard().setText(batch_id)
        case _:
            return False
    return True


def fill_menu(
    menu: QMenu, controller: Controller, batch_id: str, do: Callable[[Wish], None]
) -> None:
    """Only what makes sense for the batch now; `do` hears what was chosen."""
    menu.clear()
    can = possible(controller, batch_id)
    counts = controller.engine.counts(batch_id)
    for group in wishes.GROUPS:
        wanted = [wish for wish in group if wish in can]
        if wanted and menu.actions():
            menu.addSeparator()
        for wish in wanted:
            menu.addAction(_action(menu, wish, wishes.words(wish, counts), do))


def _action(menu: QMenu, wish: Wish, words: str, do: Callable[[Wish], None]) -> QAction:
    tint = Tint.BAD if wish in _LOUD else Tint.TEXT
    made = QAction(icons.icon(wishes.ICONS[wish], tint), words, menu)
    made.setData(wish)
    made.triggered.connect(lambda: do(wish))
    return made
