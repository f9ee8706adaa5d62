"""FlightHub 2: a batch is finished once all its names are imported, and not before."""

from __future__ import annotations

import unicodedata

import pytest

from app.domain.errors import Refused, Scope
from app.domain.model import Tally
from app.services.base import Finished, NotYet
from tests.helpers.scripted import Reply
from tests.unit.services.flighthub2_kit import (
    BATCH,
    GROUP,
    GROUP_2,
    RESOURCE_URL,
    Desk,
    fine,
    grant,
    no,
    resource,
    sent,
    tally,
)


def test_nothing_delivered_is_finished_without_a_call(desk: Desk) -> None:
    service = desk.service()
    assert isinstance(service.finish(BATCH, [], Tally(0, 0, 0, 0)), Finished)
    only_routes = Tally(1, 1, 0, 0, {"": frozenset({"a.kmz"}), GROUP: frozenset()})
    assert isinstance(service.finish(BATCH, [grant()], only_routes), Finished)
    assert desk.seen == []


@pytest.mark.parametrize("status", [1, "1", None, ...])
def test_all_names_imported_is_finished(desk: Desk, status: object) -> None:
    data: dict[str, object] = {"file_names": ["a.jpg", "港 é.jpg", "more.jpg"]}
    if status is not ...:
        data["status"] = status
    desk.on("GET", RESOURCE_URL, fine(data))
    names = tally("a.jpg", unicodedata.normalize("NFD", "港 é.jpg"))
    got = desk.service().finish(BATCH, [grant()], names)
    assert got == Finished("FlightHub 2 has imported all 2 files.")
    got = desk.service().finish(BATCH, [grant()], tally("a.jpg"))
    assert got == Finished("FlightHub 2 has imported the file.")


@pytest.mark.timeout(30)  # a second does; a look at every name for every name took minutes
def test_twenty_thousand_names_are_soon_looked_through(desk: Desk) -> None:
    names = [f"DJI_{number:05}.JPG" for number in range(20_000)]
    desk.on("GET", RESOURCE_URL, fine({"file_names": names, "status": 1}))
    assert isinstance(desk.service().finish(BATCH, [grant()], tally(*names)), Finished)


@pytest.mark.parametrize(
    ("reply", "progress", "words"),
    [
        (resource(["a.jpg"]), 1, "has imported 1 of 2 files so far"),
        (resource(["a.jpg", "x.jpg"]), 1, "has imported 1 of 2 files so far"),
        (resource(None), 0, "has imported 0 of 2 files so far"),
        (resource(["a.jpg", "b.jpg"], 0), 2, "has imported 2 of 2 files so far"),
        (resource(["a.jpg", "b.jpg"], 77), 2, "has imported 2 of 2 files (state 77)"),
        (fine(), 0, "has imported 0 of 2 files so far"),
        (no(210999, "resource not found"), 0, "(FlightHub 2 refused: resource not found)"),
        (Reply("no", status=404), 0, "(FlightHub 2 refused the call)"),
    ],
)
def test_an_import_under_way_is_not_yet(
    desk: Desk, reply: Reply, progress: int, words: str
) -> None:
    desk.on("GET", RESOURCE_URL, reply)
    got = desk.service().finish(BATCH, [grant()], tally("a.jpg", "b.jpg"))
    assert isinstance(got, NotYet)
    assert got.progress == progress
    assert got.words.endswith(words)


@pytest.mark.parametrize("status", [2, 3])
def test_a_deleted_resource_stops_the_batch(desk: Desk, status: int) -> None:
    desk.on("GET", RESOURCE_URL, resource(["a.jpg"], status))
    with pytest.raises(Refused, match="were deleted in FlightHub 2") as caught:
        desk.service().finish(BATCH, [grant()], tally("a.jpg"))
    assert caught.value.scope is Scope.BATCH
    with pytest.raises(Refused, match="were deleted"):
        desk.service().confirm(grant(), [sent(1, "a.jpg", asked=True)])


def test_several_groups_are_finished_when_each_is(desk: Desk) -> None:
    url_2 = RESOURCE_URL.replace(GROUP, GROUP_2)
    desk.on("GET", RESOURCE_URL, resource(["a.jpg"]))
    desk.on("GET", url_2, [resource([]), resource(["b.jpg"])])
    both = Tally(2, 2, 0, 0, {GROUP: frozenset({"a.jpg"}), GROUP_2: frozenset({"b.jpg"})})
    service, grants = desk.service(), [grant(), grant(GROUP_2, 2)]
    got = service.finish(BATCH, grants, both)
    missing = {GROUP_2: frozenset({"b.jpg"})}
    assert got == NotYet("FlightHub 2 has imported 1 of 2 files so far", 1, missing)
    assert isinstance(service.finish(BATCH, grants, both), Finished)
