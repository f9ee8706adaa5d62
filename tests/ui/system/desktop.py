"""Plays the parts of a Linux desktop on a D-Bus of the test's own, and tells what it was asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("org.gnome.SessionManager", "org.freedesktop.FileManager1")


class Desktop:
    """`asked` grows by one line for each call: the method and its arguments."""

    def __init__(self, address: str, service: subprocess.Popen[str]) -> None:
        self.address = address
        self.asked: list[str] = []
        self._service = service
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def ended(self) -> None:
        self._thread.join()

    def _listen(self) -> None:
        assert self._service.stdout is not None
        for line in self._service.stdout:
            self.asked.append(line.strip())


def available() -> bool:
    return sys.platform == "linux" and shutil.which("dbus-daemon") is not None


@contextmanager
def desktop(*, refusing: bool = False) -> Generator[Desktop]:
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert bus.stdout is not None
    address = bus.stdout.readline().strip()
    service = subprocess.Popen(
        [sys.executable, str(Path(__file__)), "refuse" if refusing else "serve"],
        env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": address},
        stdout=subprocess.PIPE,
        text=True,
    )
    session: Desktop | None = None
    try:
        assert service.stdout is not None
        assert service.stdout.readline().strip() == "ready"
        session = Desktop(address, service)
        yield session
    finally:
        for process in (service, bus):
            process.kill()
            process.wait()
        if session is not None:
            session.ended()
        for stream in (service.stdout, bus.stdout):
            if stream is not None:
                stream.close()


def serve(refusing: bool) -> None:
    from jeepney import MessageType, new_error, new_method_return
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    connection = open_dbus_connection()
    for name in NAMES:
        connection.send_and_get_reply(message_bus.RequestName(name))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        message = connection.receive()
        if message.header.message_type is not MessageType.method_call:
            continue
        fields = {field.name: value for field, value in message.header.fields.items()}
        sys.stdout.write(f"{fields['member']} {message.body}\n")
        sys.stdout.flush()
        if refusing:
            connection.send(new_error(message, "org.freedesktop.DBus.Error.Failed"))
        elif fields["member"] == "Inhibit":
            connection.send(new_method_return(message, "u", (77,)))
        else:
            connection.send(new_method_return(message))


if __name__ == "__main__":
    serve(sys.argv[1] == "refuse")
