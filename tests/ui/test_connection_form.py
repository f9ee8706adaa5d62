"""What the form of a connection says and keeps, field by field."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.domain.errors import SecretsError
from app.domain.model import Connection
from app.domain.preferences import Language
from app.services.base import Field, ServiceSpec
from app.ui import language
from app.ui.connections.fields import ChoiceBox, FileBox, ManyBox, TextBox, editor
from app.ui.connections.legs import LegState
from app.ui.controller import Controller
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import until
from tests.ui.form_kit import SERVICES, Forms, by_keyboard


@pytest.fixture
def forms(qtbot: QtBot, controller: Controller) -> Forms:
    return Forms(qtbot, controller)


async def test_what_is_missing_is_said_beneath_its_field(forms: Forms) -> None:
    hand = forms.open("flighthub2")
    hand.type("name", "")
    hand.click(hand.form.save_button)
    assert set(hand.wrong()) == {"name", "url", "secret", "project"}
    assert hand.form.focusWidget() is hand.form.boxes["name"].input
    assert hand.form.boxes["url"].input.property("fault") is True
    assert hand.form.boxes["url"].input.accessibleDescription() == hand.wrong()["url"]
    hand.type("url", "x")
    assert "url" not in hand.wrong()
    assert hand.saved == []


@pytest.mark.parametrize(
    ("service", "key", "value", "words"),
    [
        ("flighthub2", "project", "harbour", "01234567-89ab"),
        ("flighthub2", "url", "ftp://x", "https://host"),
        ("flighthub2", "parameters-2d", "[]", "JSON object"),
        ("cloud-api", "drone-model", "M3E", "0-77-0"),
        ("metastudio", "app-user-id", "飞手", "cannot be used"),
        ("metastudio", "name", "Proxy", "cannot be called"),
        ("metastudio", "name", "practice metastudio", "Another connection"),
    ],
)
async def test_what_cannot_be_right_is_said_without_the_words_of_the_command_line(
    forms: Forms, bench: Workbench, service: str, key: str, value: str, words: str
) -> None:
    hand = forms.typed(bench, service)
    spec = bootstrap.spec_of(service)
    if spec.destination and key != spec.destination:
        hand.type(spec.destination, bench.connection(service).option(spec.destination))
    hand.type(key, value)
    hand.form.save()
    assert set(hand.wrong()) == {key}
    assert words in hand.wrong()[key]
    assert "--" not in hand.wrong()[key]
    assert hand.form.boxes[key].isVisible()
    assert len(bench.app.store.connections.all()) == 3


async def test_a_field_needed_by_another_one_is_named(forms: Forms, bench: Workbench) -> None:
    hand = forms.typed(bench, "metastudio")
    hand.type("access-key", "")
    hand.type("username", "pilot")
    hand.form.save()
    assert hand.wrong() == {"domain": "This is needed."}


async def test_a_field_is_checked_when_it_is_left(forms: Forms, bench: Workbench) -> None:
    hand = forms.open("cloud-api")
    hand.type("url", "https://a b")
    hand.qtbot.keyClick(hand.form.boxes["url"].input, Qt.Key.Key_Return)
    assert set(hand.wrong()) == {"url"}


async def test_an_address_without_its_beginning_is_taken_as_https(forms: Forms) -> None:
    hand = forms.open("cloud-api")
    hand.type("url", " media.example.org/ ")
    assert hand.form.connection().url == "https://media.example.org"


async def test_a_change_keeps_the_name_and_an_empty_secret_keeps_the_old_one(
    forms: Forms, bench: Workbench
) -> None:
    old = bench.connection("flighthub2")
    secret = bench.app.secrets.get(old.name)
    hand = forms.open("flighthub2", old)
    name = hand.form.boxes["name"].input
    assert isinstance(name, QLineEdit)
    assert name.isReadOnly()
    reconstruct = hand.form.boxes["reconstruct"]
    assert isinstance(reconstruct, ManyBox)
    hand.click(reconstruct.boxes["2d"])
    hand.click(reconstruct.boxes["lidar"])
    await hand.test()
    assert hand.states() == [LegState.PASSED] * 6
    hand.click(hand.form.save_button)
    await until(lambda: hand.saved)
    kept = bench.app.store.connections.get(old.name)
    assert kept.options == {**old.options, "reconstruct": "2d,lidar"}
    assert bench.app.secrets.get(old.name) == secret


async def test_folded_fields_open_when_one_of_them_is_set_or_wrong(
    forms: Forms, bench: Workbench
) -> None:
    old = bench.connection("cloud-api")
    plain = forms.open("cloud-api", old)
    assert not plain.form.boxes["drone-model"].isVisible()
    options = {**old.options, "drone-model": "0-77-0"}
    opened = forms.open("cloud-api", Connection(old.name, old.service, old.url, options))
    assert opened.form.boxes["drone-model"].isVisible()


async def test_a_secret_no_keyring_takes_is_kept_for_this_run_and_said(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    class NoKeyring:
        def get(self, name: str) -> str | None:
            return None

        def set(self, name: str, value: str) -> None:
            raise SecretsError("This computer has no keyring.", "Set one up.")

        def delete(self, name: str) -> None: ...

    bench.app.secrets = NoKeyring()
    from app.engine.line import Line

    controller = Controller(bench.app, Line(bench.app.engine))
    try:
        hand = Forms(qtbot, controller).open("metastudio", bench.connection("metastudio"))
        hand.secret("new")
        changes: list[None] = []
        controller.connections_changed.connect(lambda: changes.append(None))
        hand.click(hand.form.save_button)
        await until(lambda: hand.saved)
        [(name, fault)] = hand.saved
        assert fault is not None
        assert (name, fault.code) == (bench.connection("metastudio").name, SecretsError.code)
        assert changes
    finally:
        await controller.close()


async def test_the_secret_shows_only_on_request_and_in_no_name(
    forms: Forms, bench: Workbench
) -> None:
    hand = forms.open("flighthub2")
    hand.secret("hush-3317")
    line = hand.form.secret.input
    assert line.echoMode() is QLineEdit.EchoMode.Password
    hand.click(line.eye)
    assert line.echoMode() is QLineEdit.EchoMode.Normal
    for widget in hand.form.findChildren(QWidget):
        said = (widget.accessibleName(), widget.accessibleDescription(), widget.toolTip())
        assert "hush-3317" not in " ".join(said)
    hand.form.close_form()
    assert line.text() == ""
    assert line.echoMode() is QLineEdit.EchoMode.Password
    hand.click(line.eye)
    line.undo()
    assert line.text() == ""


async def test_every_field_has_a_name_and_the_keyboard_reaches_it_in_the_order_it_is_seen(
    forms: Forms,
) -> None:
    for service in SERVICES:
        form = forms.open(service).form
        form._fold.setChecked(True)
        await asyncio.sleep(0.05)
        reached = list(by_keyboard(form))
        inputs = [box.input for box in form.boxes.values()]
        for one in (*inputs, form.secret.input):
            assert one.accessibleName(), one
            assert one in reached
        places = [w.mapTo(form, w.rect().center()).y() for w in reached if w in inputs]
        assert places == sorted(places)


async def test_the_form_speaks_the_language_it_is_switched_to(
    forms: Forms, qapp: QApplication
) -> None:
    hand = forms.open("flighthub2")
    hand.click(hand.form.save_button)
    language.use(Language.CHINESE, qapp)
    await asyncio.sleep(0.05)
    assert hand.form.save_button.text() == "保存"
    assert hand.wrong()["url"] == "此项必填。"


def test_each_kind_of_field_has_its_editor(qtbot: QtBot) -> None:
    made = {
        TextBox: editor(Field("a", "A", "an a")),
        ChoiceBox: editor(Field("b", "B", "a b", choices=("yes", "no"))),
        ManyBox: editor(Field("c", "C", "a c", choices=("2d", "3d"), many=True)),
    }
    for kind, box in made.items():
        qtbot.addWidget(box)
        assert type(box) is kind
        assert box.value() == ""
    made[ChoiceBox].set_value("no")
    made[ManyBox].set_value(" 3D,2d")
    assert (made[ChoiceBox].value(), made[ManyBox].value()) == ("no", "2d,3d")
    assert [box.text() for box in made[ManyBox].findChildren(QCheckBox)] == ["2D", "3D"]


def test_a_file_is_taken_from_the_dialog(qtbot: QtBot, tmp_path: Path) -> None:
    box = FileBox(lambda: "Certificate", lambda: "")
    qtbot.addWidget(box)
    with qtbot.waitSignal(box.changed):
        box._file.take(str(tmp_path / "ca.pem"))
    assert box.value() == str(tmp_path / "ca.pem")


def test_the_form_knows_no_service_by_its_name() -> None:
    for path in (Path(bootstrap.__file__).parent / "ui").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [spec.id for spec in bootstrap.SPECS if f'"{spec.id}"' in text]


def test_every_service_names_a_field_it_has_as_destination() -> None:
    spec: ServiceSpec
    for spec in bootstrap.SPECS:
        assert spec.words
        assert spec.destination in {"", *(field.key for field in spec.fields)}
