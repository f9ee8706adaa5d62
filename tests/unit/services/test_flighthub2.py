"""What the FlightHub 2 service says about itself; it shows no secret, and threads share it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from app.domain.errors import PostflightError, UsageError
from app.domain.model import MEDIA, Job
from app.services.base import Project
from app.services.registry import FLIGHTHUB2 as SPEC
from tests.helpers.scripted import Reply
from tests.unit.services.flighthub2_kit import (
    BASE,
    BATCH,
    CALLBACK_URL,
    HTML,
    MODEL_URL,
    PROJECT,
    RESOURCE_URL,
    ROUTE_URL,
    RUNNING_URL,
    SECRETS,
    STS_URL,
    TOKEN_URL,
    Desk,
    fine,
    grant,
    job,
    model,
    no,
    no_secret_in,
    sent,
    token_data,
)

# --- who it is -----------------------------------------------------------------------------------


def test_spec_declares_what_forms_and_the_command_line_need() -> None:
    assert (SPEC.id, SPEC.title, SPEC.secret) == (
        "flighthub2",
        "FlightHub 2",
        "organisation token",
    )
    assert SPEC.jobs == ("2d", "3d", "3dgs", "lidar")
    keys = [field.key for field in SPEC.fields]
    assert keys == [
        "project",
        "reconstruct",
        "parameters-2d",
        "parameters-3d",
        "parameters-3dgs",
        "parameters-lidar",
        "delete-resource-after",
        "storage-addressing",
        "storage-signature",
    ]
    fields = {field.key: field for field in SPEC.fields}
    assert fields["project"].required
    assert fields["reconstruct"].many and fields["reconstruct"].choices == SPEC.jobs
    assert fields["delete-resource-after"].choices == ("yes", "no")
    assert all(field.title and field.help for field in SPEC.fields)


def test_limits_say_how_the_engine_must_work(desk: Desk) -> None:
    limits = desk.service().limits
    assert limits.flat_names and limits.names_to_finish
    assert (limits.confirm, limits.confirm_parallel, limits.survey) == (100, 1, 0)
    assert not limits.digests_first and not limits.capture
    assert not limits.one_group
    assert desk.service(reconstruct="3d").limits.one_group


def test_building_asks_for_no_secret_and_sends_nothing(desk: Desk) -> None:
    desk.service()
    assert desk.asked_secret == 0
    assert desk.seen == []


@pytest.mark.parametrize("text", ["nonsense", PROJECT + "0", "{" + PROJECT + "}", "a/../b"])
def test_a_project_that_is_no_uuid_is_a_usage_error(desk: Desk, text: str) -> None:
    with pytest.raises(UsageError, match="not a project's UUID"):
        desk.service(project=text)


def test_without_a_project_only_the_project_calls_fail(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.on("GET", f"{BASE}/project", fine({"list": [{"uuid": PROJECT, "name": "Harbour"}]}))
    service = desk.service(project="")
    service.sign_in()
    assert service.projects() == [Project(PROJECT, "Harbour")]
    assert all("x-project-uuid" not in seen.headers for seen in desk.seen)
    with pytest.raises(UsageError, match="No FlightHub 2 project"):
        service.open(BATCH, MEDIA, None)


@pytest.mark.parametrize(
    "text", ["{", "[]", "3", '"x"', "null", '{"a":NaN}', '{"a":Infinity}', "[" * 100_000]
)
@pytest.mark.parametrize("kind", ["2d", "3d", "3dgs", "lidar"])
def test_raw_parameters_must_be_a_json_object(desk: Desk, kind: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"--parameters-{kind} is not a JSON object"):
        desk.service(**{f"parameters-{kind}": text})


# --- all together --------------------------------------------------------------------------------


def test_no_error_of_any_call_shows_a_secret(desk: Desk) -> None:
    echo = " ".join(SECRETS)
    paths = [TOKEN_URL, CALLBACK_URL, RESOURCE_URL, STS_URL, ROUTE_URL, RUNNING_URL, MODEL_URL]
    service = desk.service()
    calls: list[Callable[[], object]] = [
        service.sign_in,
        service.projects,
        lambda: service.open(BATCH, MEDIA, None),
        lambda: service.open(BATCH, "route", None),
        lambda: service.confirm(grant(), [sent(1, "a.jpg")]),
        lambda: service.poll(job()),
        lambda: service.find_jobs(BATCH, [grant()]),
    ]
    broken = Reply({"code": 0, "data": {**token_data(), "list": 5, "credentials": {"expire": 5}}})
    for reply in (no(200401, SECRETS[0]), no(1, SECRETS[0]), broken, Reply(cut=True), Reply(HTML)):
        for path in [*paths, f"{BASE}/system_status", f"{BASE}/project"]:
            desk.answers.update({(method, path): reply for method in ("GET", "POST")})
        for call in calls:
            try:
                call()
            except PostflightError as error:
                no_secret_in(error)
    assert echo not in repr(service)


def test_threads_share_one_service_and_one_fetched_token(desk: Desk) -> None:
    desk.on("GET", MODEL_URL, fine(model()))
    service, got = desk.service(), list[Job]()
    threads = [threading.Thread(target=lambda: got.append(service.poll(job()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert desk.asked_secret == 1
