"""FlightHub 2: reconstructions are found, followed, stopped and deleted."""

from __future__ import annotations

import pytest

from app.domain.errors import BadAnswer, Refused
from app.domain.states import JobState
from tests.helpers.scripted import Reply
from tests.unit.services.flighthub2_kit import (
    BASE,
    BATCH,
    GROUP,
    GROUP_2,
    HTML,
    MODEL,
    MODEL_URL,
    RESOURCE_URL,
    RUNNING_URL,
    Desk,
    fine,
    grant,
    job,
    model,
    no,
    resource,
)


def test_running_models_of_the_groups_are_found_with_their_kinds(desk: Desk) -> None:
    listed = [
        model(model_uuid="a", model_type=1),
        model(model_uuid="b", model_type=2, resource_uuid=GROUP.upper()),
        model(model_uuid="c", model_type=3, model_status=12),
        model(model_uuid="d", model_type=4, model_status=99),
        model(model_uuid="e", model_type=5),
        model(model_uuid="f", model_type=None),
        model(model_uuid="g", resource_uuid=GROUP_2),
        model(model_uuid=None),
        model(model_uuid="h", resource_uuid=None),
    ]
    desk.on("GET", RUNNING_URL, fine({"list": listed}))
    jobs = desk.service().find_jobs(BATCH, [grant(), grant("", 2, "route")])
    assert [(job.kind, job.id, job.state) for job in jobs] == [
        ("2d", "a", JobState.WORKING),
        ("3d", "b", JobState.WORKING),
        ("3dgs", "c", JobState.WAITING),
        ("lidar", "d", JobState.UNKNOWN),
    ]
    assert jobs[0].progress == 40 and jobs[0].batch == "b1"


@pytest.mark.parametrize("data", [None, {}, {"list": None}])
def test_a_null_list_of_running_models_is_an_empty_one(desk: Desk, data: object) -> None:
    desk.on("GET", RUNNING_URL, fine(data))
    assert desk.service().find_jobs(BATCH, [grant()]) == []


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (8, JobState.FAILED),
        (9, JobState.WORKING),
        (12, JobState.WAITING),
        (13, JobState.FAILED),
        (14, JobState.WORKING),
        ("14", JobState.WORKING),
        (15, JobState.SUCCEEDED),
        (16, JobState.STOPPED),
        (0, JobState.UNKNOWN),
        (77, JobState.UNKNOWN),
        (None, JobState.UNKNOWN),
        (..., JobState.UNKNOWN),
        ("new", JobState.UNKNOWN),
    ],
)
def test_every_state_of_a_model_has_a_meaning(desk: Desk, status: object, state: JobState) -> None:
    desk.on("GET", MODEL_URL, fine(model(model_status=status)))
    got = desk.service().poll(job(state=JobState.UNKNOWN))
    assert got.state is state
    assert (got.batch, got.kind, got.id) == ("b1", "3d", MODEL)
    assert got.words
    if status in (0, 77):
        assert str(status) in got.words


@pytest.mark.parametrize(
    ("given", "shown"), [(40, 40), (-1, 0), (130, 100), (None, 0), (..., 0), ("x", 0), (55.5, 55)]
)
def test_progress_is_a_percentage_whatever_comes(desk: Desk, given: object, shown: int) -> None:
    desk.on("GET", MODEL_URL, fine(model(reconstruction_progress=given)))
    assert desk.service().poll(job()).progress == shown


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "is ready."),
        (None, "is ready."),
        (1, "Packing the result, 30 %."),
        (2, "The result is packed."),
        (3, "Packing the result failed."),
        (9, "unknown state, 9."),
    ],
)
def test_packing_is_told_in_words(desk: Desk, status: object, words: str) -> None:
    data = model(model_status=15, zip_status=status, zip_progress=30)
    desk.on("GET", MODEL_URL, fine(data))
    got = desk.service().poll(job())
    assert got.state is JobState.SUCCEEDED and got.progress == 100
    assert got.words.endswith(words)


def test_a_ready_map_is_a_success_only_once_it_is_packed(desk: Desk) -> None:
    desk.on(
        "GET",
        MODEL_URL,
        [fine(model(model_status=9, zip_status=n)) for n in (0, 1, 2)],
    )
    service = desk.service()
    states = [service.poll(job()).state for _ in range(3)]
    assert states == [JobState.WORKING, JobState.WORKING, JobState.SUCCEEDED]


def test_a_models_error_code_is_told(desk: Desk) -> None:
    desk.on("GET", MODEL_URL, fine(model(model_status=8, error_code=310001)))
    assert desk.service().poll(job()).words == "The reconstruction failed. Code 310001."


@pytest.mark.parametrize("data", [None, {}])
def test_a_model_without_content_is_unknown(desk: Desk, data: object) -> None:
    desk.on("GET", MODEL_URL, fine(data))
    assert desk.service().poll(job()).state is JobState.UNKNOWN


@pytest.mark.parametrize("reply", [fine(), Reply(b""), fine({})])
def test_stopping_tells_the_service(desk: Desk, reply: Reply) -> None:
    desk.on("POST", f"{MODEL_URL}/reconstruction/stop", reply)
    desk.service().stop(job())
    assert desk.calls() == [f"POST /open_model/models/{MODEL}/reconstruction/stop"]
    assert desk.seen[0].body == b""


def test_stopping_what_has_ended_is_fine_and_what_works_is_not(desk: Desk) -> None:
    desk.on("POST", f"{MODEL_URL}/reconstruction/stop", no(260009, "cannot stop"))
    desk.on("GET", MODEL_URL, [fine(model(model_status=15)), fine(model(model_status=14))])
    service = desk.service()
    service.stop(job())
    with pytest.raises(Refused, match="cannot stop"):
        service.stop(job())


def test_an_html_page_is_no_stop(desk: Desk) -> None:
    desk.on("POST", f"{MODEL_URL}/reconstruction/stop", Reply(HTML))
    with pytest.raises(BadAnswer):
        desk.service().stop(job())


def test_a_job_without_an_id_needs_no_call(desk: Desk) -> None:
    nameless, service = job(job_id=""), desk.service()
    assert service.poll(nameless) is nameless
    service.stop(nameless)
    service.delete([], [nameless])
    assert desk.seen == []


def test_ids_cannot_leave_their_path(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.service().poll(job(job_id="../../project?x=1#"))
    assert desk.seen[0].path == f"{BASE}/open_model/models/..%2F..%2Fproject%3Fx%3D1%23"


def test_deleting_takes_models_first_and_each_group_once(desk: Desk) -> None:
    desk.on("DELETE", MODEL_URL, fine())
    desk.on("DELETE", RESOURCE_URL, Reply(b""))
    desk.service().delete([grant(), grant(number=2), grant("", 3, "route")], [job()])
    assert desk.calls() == [
        f"DELETE /open_model/models/{MODEL}",
        f"DELETE /open_model/resource/{GROUP}",
    ]


@pytest.mark.parametrize("gone", [no(210999, "not found"), Reply("x", status=404)])
def test_what_is_gone_already_is_deleted(desk: Desk, gone: Reply) -> None:
    for url in (MODEL_URL, RESOURCE_URL):
        desk.on("DELETE", url, gone)
        desk.on("GET", url, gone)
    desk.service().delete([grant()], [job()])
    desk.on("GET", RESOURCE_URL, resource(None, 3))
    desk.service().delete([grant()], [])


@pytest.mark.parametrize("what", ["model", "group"])
def test_a_refused_delete_of_what_is_still_there_is_told(desk: Desk, what: str) -> None:
    for url in (MODEL_URL, RESOURCE_URL):
        desk.on("DELETE", url, no(260010, "in use"))
    desk.on("GET", MODEL_URL, fine(model()))
    desk.on("GET", RESOURCE_URL, resource(["a.jpg"]))
    with pytest.raises(Refused, match="in use"):
        desk.service().delete(
            [grant()] if what == "group" else [], [job()] if what == "model" else []
        )
