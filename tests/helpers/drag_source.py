"""A file manager of one icon: a window from which the files named to it are dragged."""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel


class Source(QLabel):
    def __init__(self, paths: list[str]) -> None:
        super().__init__("drag me")
        self._paths = paths
        self._pressed: QPoint | None = None

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        if self._pressed is None:
            return
        distance = (event.position().toPoint() - self._pressed).manhattanLength()
        if distance < QApplication.startDragDistance():
            return
        self._pressed = None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(path) for path in self._paths])
        drag = QDrag(self)
        drag.setMimeData(data)
        outcome = drag.exec(Qt.DropAction.CopyAction)
        sys.stdout.write(f"{outcome.name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    application = QApplication(sys.argv)
    source = Source(sys.argv[1:])
    source.setWindowTitle("drag source")
    source.setGeometry(20, 20, 160, 120)
    source.show()
    sys.exit(application.exec())
