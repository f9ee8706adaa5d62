"""MetaStudio: what it says about itself, what it never takes, how files are confirmed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    Forbidden,
    NotSignedIn,
    PostflightError,
    Refused,
    Scope,
    ServerBusy,
    UsageError,
)
from app.domain.model import (
    MEDIA,
    Connection,
    Job,
    Tally,
)
from app.domain.placement import Why
from app.domain.states import JobState
from app.services.base import Confirmed, Finished, Service
from app.services.registry import METASTUDIO as SPEC
from tests.helpers.scripted import Reply
from tests.unit.services.studio import (
    BATCH,
    GB,
    GRANT,
    MB,
    PROJECT,
    SECRET,
    Stage,
    asset,
    found,
    no,
    prepared,
    sent,
)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


# -- what it says about itself


def test_the_spec_builds_a_service(stage: Stage) -> None:
    connection = Connection("s", "metastudio", stage.server.url, {"project-id": PROJECT})
    service: Service = SPEC.build(connection, lambda: SECRET, stage.http, stage.clock)
    assert service.sign_in() == f"Signed in to project {PROJECT} with a token."
    assert (SPEC.id, SPEC.title, SPEC.jobs) == ("metastudio", "Huawei MetaStudio", ())
    assert [field.key for field in SPEC.fields if field.required] == ["project-id"]


def test_the_registry_knows_the_three_services_and_names_them() -> None:
    from app.services.registry import SPECS, spec_of

    assert [spec.id for spec in SPECS] == ["flighthub2", "cloud-api", "metastudio"]
    assert spec_of("metastudio") is SPEC
    with pytest.raises(UsageError) as caught:
        spec_of("metastudo")
    assert all(spec.id in caught.value.hint for spec in SPECS)


def test_the_limits_ask_for_digests_and_one_confirm_a_file(stage: Stage) -> None:
    limits = stage.service().limits
    assert (limits.digests_first, limits.capture, limits.survey) == (True, False, 0)
    assert (limits.confirm, limits.confirm_parallel, limits.flat_names) == (1, 4, True)


def test_what_metastudio_does_not_have_is_empty_and_asks_nobody(stage: Stage) -> None:
    service = stage.service()
    job = Job("b-1", "2d", "j", JobState.WORKING)
    assert service.open(BATCH, MEDIA, None) == service.open(BATCH, MEDIA, GRANT) == GRANT
    assert service.projects() == service.start_jobs(BATCH, (GRANT,), ("2d",)) == ()
    assert service.find_jobs(BATCH, (GRANT,)) == ()
    assert service.survey(GRANT, (prepared(),)) == frozenset()
    assert service.finish(BATCH, (GRANT,), Tally(1, 1, 0, 0)) == Finished("")
    assert service.poll(job) is job
    assert service.lane("a/b.mp4") == MEDIA
    service.stop(job)
    service.delete((GRANT,), (job,))
    assert stage.server.seen == []


@pytest.mark.parametrize(
    "options",
    [
        {"project-id": ""},
        {"project-id": "../x"},
        {"project-id": "a b"},
        {"app-user-id": "飞手"},
        {"app-user-id": "a\r\nX-Evil: 1"},
        {"access-key": "ключ"},
        {"username": "pilot"},
        {"username": "pilot", "domain": "acme"},
        {"username": "pilot", "iam-url": "http://127.0.0.1:1"},
        {"username": "pilot", "domain": "acme", "iam-url": "iam.example"},
    ],
)
def test_options_that_cannot_work_are_refused_at_once(
    stage: Stage, options: dict[str, str]
) -> None:
    with pytest.raises(UsageError) as caught:
        stage.with_options(options)
    assert caught.value.hint


# -- what is never taken


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("a.JPG", 50 * MB),
        ("a.png", 50 * MB),
        ("a.mp3", 100 * MB),
        ("a.WAV", 100 * MB),
        ("a.pdf", 100 * MB),
        ("a.MP4", 5 * GB),
        ("a.MOV", 5 * GB),
        ("a.dng", 500 * GB),
        ("a", 500 * GB),
    ],
)
def test_the_size_limits_hold_to_the_byte(stage: Stage, name: str, most: int) -> None:
    service = stage.service()
    assert service.refuse(found(name, 1)) is None
    assert service.refuse(found(name, most)) is None
    refusal = service.refuse(found(name, most + 1))
    assert refusal is not None and refusal.scope is Scope.FILE
    assert service.refuse(found(name, 0)) is not None


def test_the_words_give_both_numbers(stage: Stage) -> None:
    service = stage.service()
    picture, movie = found("a.jpg", 61 * MB), found("b.mp4", 5 * GB + 1)
    first, second = service.refuse(picture), service.refuse(movie)
    assert first and first.title == "61 MB; MetaStudio takes pictures up to 50 MB."
    assert second and second.title == "5.1 GB; MetaStudio takes videos up to 5 GB."


def test_a_name_may_have_256_characters_as_the_service_counts_them(stage: Stage) -> None:
    service = stage.service()
    assert service.refuse(found("é" * 252 + ".jpg", 1)) is None
    assert service.refuse(found(unicodedata.normalize("NFD", "é" * 252) + ".jpg", 1)) is None
    refusal = service.refuse(found("é" * 253 + ".jpg", 1))
    assert refusal and "257" in refusal.title and "256" in refusal.title


# -- confirming


def test_a_file_is_confirmed_as_created(stage: Stage) -> None:
    assert stage.service().confirm(GRANT, (sent(),)) == Confirmed(frozenset({7}))
    (seen,) = stage.server.seen
    assert (seen.path, seen.json) == (f"/v1/{PROJECT}/files/f-1/complete", {"state": "CREATED"})


@pytest.mark.parametrize(
    ("name", "option", "analysed"),
    [
        ("a.jpg", "yes", True),
        ("a.MP4", "yes", True),
        ("a.wav", "yes", True),
        ("a.pdf", "yes", False),
        ("a.dng", "yes", False),
        ("a.jpg", "no", False),
        ("a.jpg", "", False),
    ],
)
def test_metadata_are_asked_for_only_on_request_and_only_where_it_is_known(
    stage: Stage, name: str, option: str, analysed: bool
) -> None:
    stage.service(auto_meta_analysis=option).confirm(GRANT, (sent(name),))
    expected = {"state": "CREATED"} | ({"auto_meta_analysis": True} if analysed else {})
    assert stage.server.seen[0].json == expected


def test_a_service_that_forgot_the_metadata_flag_is_asked_without(stage: Stage) -> None:
    stage.studio.on("POST /files/f-1/complete", no("MSS.00000003", "Invalid parameter"))
    confirmed = stage.service(auto_meta_analysis="yes").confirm(GRANT, (sent(),))
    assert confirmed.ids == {7}
    assert [seen.json for seen in stage.server.seen] == [
        {"state": "CREATED", "auto_meta_analysis": True},
        {"state": "CREATED"},
    ]


@pytest.mark.parametrize("code", ["MSS.10001004", "MSS.00000003", ""])
def test_a_plain_no_to_a_file_is_told_as_such(stage: Stage, code: str) -> None:
    stage.studio.usual["POST /files/f-1/complete"] = no(code, "no")
    confirmed = stage.service().confirm(GRANT, (sent(),))
    assert confirmed.ids == frozenset()
    assert isinstance(confirmed.refused[7], Refused)
    assert len(stage.calls) == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(cut=True), AnswerLost),
        (no("MSS.00000001", "", 401), NotSignedIn),
        (no("", "", 429), ServerBusy),
        (no("", "", 404), BadAnswer),
        (no("MSS.00010009", ""), Forbidden),
        # A hotel's Wi-Fi, and half an answer: neither is a yes.
        (Reply("<html>Welcome</html>"), BadAnswer),
        (Reply(b'{"code":0,"mess'), BadAnswer),
    ],
)
def test_what_concerns_the_whole_batch_is_raised(
    stage: Stage, reply: Reply, expected: type[PostflightError]
) -> None:
    stage.studio.usual["POST /files/f-1/complete"] = reply
    with pytest.raises(expected) as caught:
        stage.service().confirm(GRANT, (sent(),))
    assert caught.value.scope is Scope.BATCH


def test_an_empty_answer_without_the_services_id_is_doubted(stage: Stage) -> None:
    stage.studio.hook = lambda seen: Reply()
    with pytest.raises(AnswerLost):
        stage.service().confirm(GRANT, (sent(),))


@pytest.mark.parametrize("reply", [Reply(), Reply({"any": "thing"})])
def test_a_yes_of_the_service_itself_is_known(stage: Stage, reply: Reply) -> None:
    stage.studio.usual["POST /files/f-1/complete"] = reply
    assert stage.service().confirm(GRANT, (sent(),)).ids == {7}


@pytest.mark.parametrize(
    "reply",
    [
        asset("CREATED"),
        asset("UPLOADED"),
        asset("REVIEW"),
        asset("", "ACTIVED"),
        asset("CREATING", "UNACTIVED"),
    ],
)
def test_an_asked_file_that_is_there_is_not_confirmed_again(stage: Stage, reply: Reply) -> None:
    stage.studio.usual["GET /digital-assets/a-1"] = reply
    assert stage.service().confirm(GRANT, (sent(asked=True),)).ids == {7}
    assert stage.calls == ["GET /digital-assets/a-1"]


@pytest.mark.parametrize("reply", [asset("CREATING"), asset(), Reply({"files": None}), Reply({})])
def test_an_asked_file_that_still_waits_is_confirmed(stage: Stage, reply: Reply) -> None:
    stage.studio.usual["GET /digital-assets/a-1"] = reply
    assert stage.service().confirm(GRANT, (sent(asked=True),)).ids == {7}
    assert stage.calls[-1] == "POST /files/f-1/complete"


@pytest.mark.parametrize(
    "reply",
    [
        *(asset(state, "CREATING") for state in ("FAILED", "CANCELLED", "DELETING", "BLOCK")),
        asset("CANCELLED", "ACTIVED"),
        asset("", "DELETED"),
        no("MSS.10001001", "asset not found"),
    ],
)
def test_an_asked_file_that_is_lost_is_refused(stage: Stage, reply: Reply) -> None:
    stage.studio.usual["GET /digital-assets/a-1"] = reply
    confirmed = stage.service().confirm(GRANT, (sent(asked=True),))
    assert not confirmed.ids and isinstance(confirmed.refused[7], Refused)
    assert stage.calls == ["GET /digital-assets/a-1"]


@pytest.mark.parametrize("remote", ["", "a-1", "a-1/", "/f-1"])
def test_a_file_without_its_ids_is_refused_without_a_call(stage: Stage, remote: str) -> None:
    confirmed = stage.service().confirm(GRANT, (sent(remote=remote),))
    assert isinstance(confirmed.refused[7], Refused)
    assert stage.server.seen == []


def test_ids_cannot_leave_their_place_in_the_path(stage: Stage) -> None:
    stage.studio.hook = lambda seen: Reply({})
    stage.service().confirm(GRANT, (sent(remote="a-1/../x?y"),))
    assert stage.server.seen[0].path == f"/v1/{PROJECT}/files/..%2Fx%3Fy/complete"


# -- giving up


@pytest.mark.parametrize(
    ("why", "state", "deleted"),
    [
        (Why.FAILED, "FAILED", False),
        (Why.CANCELLED, "CANCELLED", True),
        (Why.AGAIN, "CANCELLED", True),
    ],
)
def test_a_placement_is_given_up(stage: Stage, why: Why, state: str, deleted: bool) -> None:
    stage.service().forget(GRANT, "a-1/f-1", why)
    expected = ["POST /files/f-1/complete", "DELETE /digital-assets/a-1"]
    assert stage.calls == (expected if deleted else expected[:1])
    assert stage.server.seen[0].json == {"state": state}
    if deleted:
        assert stage.server.seen[1].query == {"mode": "force"}


@pytest.mark.parametrize(
    "reply",
    [no("MSS.10001004"), no("", "", 500), no("", "", 401), Reply(cut=True), Reply("<html>", 404)],
)
def test_giving_up_never_fails(stage: Stage, reply: Reply) -> None:
    stage.studio.usual["POST /files/f-1/complete"] = reply
    stage.studio.usual["DELETE /digital-assets/a-1"] = reply
    stage.service().forget(GRANT, "a-1/f-1", Why.AGAIN)
    assert stage.calls[0] == "POST /files/f-1/complete"
    assert "DELETE /digital-assets/a-1" in stage.calls


def test_giving_up_without_a_network_or_ids_is_silent(stage: Stage) -> None:
    stage.service().forget(GRANT, "", Why.AGAIN)
    stage.service().forget(GRANT, "a-1", Why.AGAIN)
    assert stage.server.seen == []
