"""FlightHub 2: signing in tells when the token ends, and projects are listed to the last page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from app.domain.errors import Refused
from app.services.base import Project
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.flighthub2_kit import BASE, PROJECT, Desk, fine, no


def jwt(claims: object) -> str:
    text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{text}.c2lnbmF0dXJl"


def test_signing_in_asks_for_the_systems_state_without_a_project(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    assert desk.service().sign_in() == "Signed in to FlightHub 2."
    assert desk.calls() == ["GET /system_status"]
    assert "x-project-uuid" not in desk.seen[0].headers


def test_signing_in_warns_of_the_tokens_end(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.secret = jwt({"account": "pilot@example.org", "exp": 1_900_000_000, "nbf": 1})
    told = desk.service().sign_in()
    assert told == "Signed in to FlightHub 2 as pilot@example.org. The token ends on 2030-03-17."


@pytest.mark.parametrize(
    "claims", [{"exp": None}, {"exp": "soon"}, {"exp": 10**30}, {"exp": 10**17}, [], "x", {}]
)
def test_odd_claims_in_the_token_do_not_matter(desk: Desk, claims: object) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.secret = jwt(claims)
    assert desk.service().sign_in() == "Signed in to FlightHub 2."


@pytest.mark.parametrize("token", ["a.b", "a.!!!.c", "a.AAA.c", "..", "a.gICA.c"])
def test_a_token_that_is_no_jwt_is_no_problem(desk: Desk, token: str) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.secret = token
    assert desk.service().sign_in() == "Signed in to FlightHub 2."


def test_projects_are_listed_with_one_simple_call(desk: Desk) -> None:
    listed = [{"uuid": PROJECT, "name": "Harbour\nEast", "extra": 1}, {"uuid": "u2", "name": None}]
    desk.on("GET", f"{BASE}/project", fine({"list": [*listed, {"name": "no uuid"}]}))
    projects = desk.service(project=PROJECT.upper()).projects()
    assert projects == [Project(PROJECT, "Harbour East"), Project("u2", "u2")]
    assert [seen.query for seen in desk.seen] == [
        {"usage": "simple", "prj_authorized_status": "project-status-authorized"}
    ]


def paged(total: int, most: int) -> Callable[[Seen], Reply]:
    everything = [{"uuid": PROJECT if n == 0 else f"u{n}", "name": f"P{n}"} for n in range(total)]

    def answer(seen: Seen) -> Reply:
        size = min(int(seen.query.get("page_size", 10)), most)
        start = (int(seen.query.get("page", 1)) - 1) * size
        return fine({"list": everything[start : start + size] or None})

    return answer


@pytest.mark.parametrize(("total", "most"), [(10, 100), (25, 100), (130, 100), (130, 20)])
def test_a_server_that_ignores_simple_is_paged_to_the_end(
    desk: Desk, total: int, most: int
) -> None:
    desk.on("GET", f"{BASE}/project", paged(total, most))
    assert len(desk.service().projects()) == total


def test_a_server_that_refuses_simple_is_paged(desk: Desk) -> None:
    pages = paged(3, 100)
    desk.on(
        "GET",
        f"{BASE}/project",
        lambda seen: no(200101, "usage?") if "usage" in seen.query else pages(seen),
    )
    assert len(desk.service().projects()) == 3


def test_a_server_that_gives_the_same_page_for_ever_does_not_hold_us(desk: Desk) -> None:
    listed = [{"uuid": PROJECT if n == 0 else f"u{n}", "name": "P"} for n in range(10)]
    desk.on("GET", f"{BASE}/project", fine({"list": listed}))
    assert len(desk.service().projects()) == 10
    assert len(desk.seen) == 3


def test_a_chosen_project_that_is_not_listed_is_named_with_the_others(desk: Desk) -> None:
    listed = [{"uuid": f"u{n}", "name": f"Site {n}"} for n in range(7)]
    desk.on("GET", f"{BASE}/project", fine({"list": listed}))
    with pytest.raises(Refused, match=PROJECT) as caught:
        desk.service().projects()
    shown = ", ".join(f"Site {n} (u{n})" for n in range(5))
    assert caught.value.hint == f"Choose one of: {shown} and 2 more."


@pytest.mark.parametrize("data", [None, {}, {"list": None}, {"list": []}])
def test_a_null_or_missing_list_of_projects_is_an_empty_one(desk: Desk, data: object) -> None:
    desk.on("GET", f"{BASE}/project", fine(data))
    with pytest.raises(Refused) as caught:
        desk.service().projects()
    assert "member of no project" in caught.value.hint
