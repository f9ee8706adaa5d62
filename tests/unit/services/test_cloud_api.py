"""What the Cloud API service says about itself, and what it refuses before a byte goes."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from app.domain.errors import UsageError
from app.domain.model import Found, Job
from app.domain.placement import Why
from app.domain.states import JobState
from app.services.registry import CLOUD_API as SPEC
from app.services.storage import STORAGE_FIELDS
from tests.unit.services.cloud_api_kit import BATCH, desk, grant, prepared

pytestmark = pytest.mark.usefixtures("houses")


# What it declares


def test_it_introduces_itself_with_all_its_fields():
    assert (SPEC.id, SPEC.title) == ("cloud-api", "DJI Cloud API")
    assert SPEC.secret == "token, or password when a user name is given"
    assert SPEC.jobs == ()
    keys = [entry.key for entry in SPEC.fields]
    storage = [entry.key for entry in STORAGE_FIELDS]
    assert keys == ["workspace", "username", "drone-model", "payload-model", *storage]
    assert [entry.key for entry in SPEC.fields if entry.required] == ["workspace"]


def test_its_limits_ask_for_digests_and_capture_and_one_callback_per_file():
    with desk({}) as d:
        limits = d.service.limits
    assert limits.digests_first and limits.capture
    assert (limits.survey, limits.confirm, limits.confirm_parallel) == (200, 1, 4)
    assert not limits.flat_names and not limits.names_to_finish and not limits.one_group


@pytest.mark.parametrize(
    "options",
    [
        {"drone-model": "M3E"},
        {"payload-model": "0-77-0"},
        {"drone-model": "0-77"},
    ],
)
def test_settings_that_no_server_accepts_are_refused_at_once(options: dict[str, str]):
    with pytest.raises(UsageError), desk({}, options=options):
        pass


def test_the_workspace_cannot_leave_its_place_in_the_address():
    with desk({}, options={"workspace": "a/b?c"}) as d:
        assert d.service.survey(grant(), [prepared()]) == frozenset()
        assert d.paths() == ["/media/api/v1/workspaces/a%2Fb%3Fc/files/tiny-fingerprints"]


def test_there_are_no_projects_lanes_or_jobs():
    job = Job(BATCH.id, "3d", "1", JobState.WORKING)
    with desk({}) as d:
        assert d.service.projects() == ()
        assert d.service.lane("x/route.kmz") == "media"
        assert d.service.start_jobs(BATCH, [grant()], ["3d"]) == ()
        assert d.service.find_jobs(BATCH, [grant()]) == ()
        assert d.service.poll(job) is job
        d.service.stop(job)
        d.service.delete([grant()], [job])
        d.service.forget(grant(), "id", Why.CANCELLED)
        assert d.seen == []


# What is refused before a byte goes


def found(name: str = "a.JPG", size: int = 1, folder: str = "x") -> Found:
    return Found(0, Path(folder) / name, f"{folder}/{name}", size, 0)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (found(size=0), "empty"),
        (found("n" * 108 + ".JPG"), "112 of 100 characters"),
        (found(folder="/".join(["f" * 99] * 10)), "1005 of 1000 characters"),
        (found(size=10_000 * 5 * 1024**3 + 1), "48.8 TB"),
    ],
)
def test_what_no_server_takes_is_refused_before_the_first_byte(item: Found, words: str):
    with desk({}) as d:
        refusal = d.service.refuse(item)
    assert refusal is not None and words in refusal.title
    assert refusal.hint


@pytest.mark.parametrize(
    "item",
    [
        found(),
        found("n" * 96 + ".JPG"),
        found("北" * 96 + ".JPG"),
        found(unicodedata.normalize("NFD", "é" * 96) + ".JPG"),
        found(size=10_000 * 5 * 1024**3),
    ],
)
def test_everything_else_may_come(item: Found):
    with desk({}) as d:
        assert d.service.refuse(item) is None
