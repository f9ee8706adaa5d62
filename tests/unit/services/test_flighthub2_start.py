"""FlightHub 2: reconstructions start once, of the kinds and in the group that fit."""

from __future__ import annotations

import pytest

from app.domain.errors import AnswerLost, Refused, Scope, UsageError
from app.domain.placement import Grant
from app.domain.states import JobState
from app.services.registry import FLIGHTHUB2 as SPEC
from tests.helpers.scripted import Reply
from tests.unit.services.flighthub2_kit import (
    BASE,
    BATCH,
    GROUP,
    GROUP_2,
    HTML,
    MODEL,
    RESOURCE_URL,
    Desk,
    fine,
    grant,
    no,
    resource,
)

START_URL = f"{BASE}/open_model/models/reconstruction/start"


def ready(desk: Desk, count: int, group: str = GROUP) -> None:
    names = [f"{n}.jpg" for n in range(count)]
    desk.on("GET", RESOURCE_URL.replace(GROUP, group), resource(names))


def begun(uid: str = MODEL, status: object = 12, error: object = 0) -> dict[str, object]:
    return {"uuid": uid, "status": status, "sub_error_code": error}


def test_all_kinds_start_in_one_call_with_parameters_as_text(desk: Desk) -> None:
    ready(desk, 10)
    raw = ' {"parameter": {"output_mesh": true, "名": "é"}} '
    started = {f"model_{kind}": begun(f"uid-{kind}", 14) for kind in SPEC.jobs}
    desk.on("POST", START_URL, fine(started))
    service = desk.service(parameters_3d=raw, delete_resource_after="yes")
    jobs = service.start_jobs(BATCH, [grant()], SPEC.jobs)
    body = desk.seen[1].json
    assert body == {
        "resource_uuid": GROUP,
        "parameter_2d": '{"parameter":{}}',
        "parameter_3d": raw.strip(),
        "parameter_3dgs": '{"parameter":{}}',
        "parameter_lidar": '{"parameter":{}}',
        "delete_resource_if_finish": True,
    }
    assert [(job.kind, job.id, job.state) for job in jobs] == [
        (kind, f"uid-{kind}", JobState.WORKING) for kind in SPEC.jobs
    ]
    assert all(job.batch == "b1" for job in jobs)


@pytest.mark.parametrize("wish", ["", "no"])
def test_only_the_wanted_kind_starts_and_the_files_stay(desk: Desk, wish: str) -> None:
    ready(desk, 5)
    desk.on("POST", START_URL, fine({"model_3d": begun()}))
    service = desk.service(delete_resource_after=wish)
    (job,) = service.start_jobs(BATCH, [grant()], ["3d"])
    assert set(desk.seen[1].json) == {"resource_uuid", "parameter_3d", "delete_resource_if_finish"}
    assert desk.seen[1].json["delete_resource_if_finish"] is False
    assert (job.state, job.id, job.words) == (
        JobState.WAITING,
        MODEL,
        "Waiting for computing power.",
    )


@pytest.mark.parametrize(
    ("count", "starts"),
    [
        (4, []),
        (5, ["2d", "3d", "lidar"]),
        (9, ["2d", "3d", "lidar"]),
        (10, ["2d", "3d", "3dgs", "lidar"]),
        (4000, ["2d", "3d", "3dgs", "lidar"]),
        (4001, ["2d", "3d", "lidar"]),
        (20_000, ["2d", "3d", "lidar"]),
        (20_001, []),
    ],
)
def test_kinds_that_do_not_fit_the_number_of_files_fail_and_the_others_start(
    desk: Desk, count: int, starts: list[str]
) -> None:
    ready(desk, count)
    desk.on("POST", START_URL, fine({f"model_{kind}": begun() for kind in starts}))
    jobs = desk.service().start_jobs(BATCH, [grant()], SPEC.jobs)
    assert len(jobs) == 4
    assert [job.kind for job in jobs if job.state is JobState.WAITING] == starts
    for job in jobs:
        if job.kind not in starts:
            assert job.state is JobState.FAILED and job.id == ""
            assert f"has {count} files; {job.kind} takes" in job.words
    assert (("POST", START_URL) in {(s.method, s.path) for s in desk.seen}) == bool(starts)


def test_each_started_model_is_judged_by_itself(desk: Desk) -> None:
    ready(desk, 20)
    data = {
        "model_2d": begun("m2", 12, 310001),
        "model_3d": begun("m3", 99),
        "model_3dgs": {"uuid": "mg", "status": None},
        "model_lidar": None,
    }
    desk.on("POST", START_URL, fine(data))
    jobs = {job.kind: job for job in desk.service().start_jobs(BATCH, [grant()], SPEC.jobs)}
    assert jobs["2d"].state is JobState.FAILED and "code 310001" in jobs["2d"].words
    assert jobs["3d"].state is JobState.UNKNOWN and "99" in jobs["3d"].words
    assert (jobs["3dgs"].state, jobs["3dgs"].id) == (JobState.WAITING, "mg")
    assert jobs["lidar"].state is JobState.FAILED and "no reason" in jobs["lidar"].words


def test_a_started_model_without_a_name_cannot_be_followed(desk: Desk) -> None:
    ready(desk, 20)
    desk.on("POST", START_URL, fine({"model_2d": begun("m2"), "model_3d": begun("")}))
    jobs = desk.service().start_jobs(BATCH, [grant()], ["2d", "3d"])
    assert [job.state for job in jobs] == [JobState.WAITING, JobState.FAILED]
    assert "without naming it" in jobs[1].words


@pytest.mark.parametrize(
    "reply",
    [
        Reply(cut=True),
        Reply(HTML),
        Reply(b""),
        Reply(status=500),
        no(210500, "db"),
        fine(),
        fine({}),
        fine({"model_2d": begun()}),
        fine({"model_3d": begun("")}),
    ],
)
def test_a_start_without_a_usable_answer_is_lost_and_sent_once(desk: Desk, reply: Reply) -> None:
    ready(desk, 20)
    desk.on("POST", START_URL, reply)
    with pytest.raises(AnswerLost):
        desk.service().start_jobs(BATCH, [grant()], ["3d"])
    assert [seen.method for seen in desk.seen] == ["GET", "POST"]


def test_a_refused_start_stops_the_batch_with_the_services_words(desk: Desk) -> None:
    ready(desk, 20)
    desk.on("POST", START_URL, no(260001, "image quota used up"))
    with pytest.raises(Refused, match="image quota used up") as caught:
        desk.service().start_jobs(BATCH, [grant()], ["3d"])
    assert caught.value.scope is Scope.BATCH


def test_files_in_two_groups_start_nothing(desk: Desk) -> None:
    desk.on("GET", RESOURCE_URL, resource(["a.jpg", "b.jpg"]))
    desk.on("GET", RESOURCE_URL.replace(GROUP, GROUP_2), resource(["b.jpg", "c.jpg"]))
    with pytest.raises(Refused, match="several upload groups") as caught:
        desk.service().start_jobs(BATCH, [grant(), grant(GROUP_2, 2)], ["3d"])
    assert caught.value.scope is Scope.BATCH
    assert all(seen.method == "GET" for seen in desk.seen)


@pytest.mark.parametrize(
    "older", [resource(None), no(210999, "not found"), resource(["1.jpg", "2.jpg"])]
)
def test_a_group_left_behind_does_not_hinder_the_whole_one(desk: Desk, older: Reply) -> None:
    desk.on("GET", RESOURCE_URL, older)
    ready(desk, 20, GROUP_2)
    desk.on("POST", START_URL, fine({"model_3d": begun()}))
    grants = [grant(GROUP_2, 2), grant(), grant(GROUP_2, 3), grant("", 4, "route")]
    jobs = desk.service().start_jobs(BATCH, grants, ["3d"])
    assert [job.state for job in jobs] == [JobState.WAITING]
    assert desk.seen[-1].json["resource_uuid"] == GROUP_2


def test_of_two_whole_groups_the_newer_one_is_reconstructed(desk: Desk) -> None:
    ready(desk, 20)
    ready(desk, 20, GROUP_2)
    desk.on("POST", START_URL, fine({"model_3d": begun()}))
    desk.service().start_jobs(BATCH, [grant(GROUP_2, 2), grant(GROUP, 1)], ["3d"])
    assert desk.seen[-1].json["resource_uuid"] == GROUP_2


@pytest.mark.parametrize("grants", [[], [grant("", lane="route")], [grant()]])
def test_without_imported_files_nothing_starts(desk: Desk, grants: list[Grant]) -> None:
    desk.on("GET", RESOURCE_URL, resource(None))
    with pytest.raises(Refused, match="no files of this batch") as caught:
        desk.service().start_jobs(BATCH, grants, ["3d"])
    assert caught.value.scope is Scope.BATCH


def test_a_group_that_the_service_does_not_know_is_told_in_its_words(desk: Desk) -> None:
    desk.on("GET", RESOURCE_URL, no(210999, "resource not found"))
    with pytest.raises(Refused, match="resource not found") as caught:
        desk.service().start_jobs(BATCH, [grant()], ["3d"])
    assert caught.value.scope is Scope.BATCH


def test_a_kind_that_does_not_exist_is_a_usage_error(desk: Desk) -> None:
    with pytest.raises(UsageError, match="4d"):
        desk.service().start_jobs(BATCH, [grant()], ["3d", "4d"])
    assert desk.seen == []
