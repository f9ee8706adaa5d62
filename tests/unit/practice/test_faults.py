"""The fault plan: its text form, its counting, and what it refuses."""

from __future__ import annotations

import threading

import pytest

from app.practice.calls import Call
from app.practice.faults import Action, Fault, FaultPlan, parse_faults

PUT = Call.S3_PUT


def test_a_fault_hits_as_often_as_it_says_and_is_spent_then():
    plan = FaultPlan(Fault("storage.put", Action.STATUS, times=2))
    hits = [plan.take(PUT, "/b/k") for _ in range(3)]
    assert [hit is not None for hit in hits] == [True, True, False]
    assert plan.waiting == ()


def test_a_fault_lets_the_first_calls_pass():
    plan = FaultPlan(Fault("storage.part", Action.EMPTY, after=2))
    assert [plan.take(Call.S3_PART, "") is not None for _ in range(4)] == [
        False,
        False,
        True,
        False,
    ]


def test_zero_times_means_always():
    plan = FaultPlan(Fault("storage.put", Action.EMPTY, times=0))
    assert all(plan.take(PUT, "") for _ in range(20))
    assert len(plan.waiting) == 1


def test_a_fault_hits_only_its_own_call_and_path():
    plan = FaultPlan(Fault("storage.put", Action.EMPTY, about="0003"))
    assert plan.take(Call.S3_PART, "/b/IMG_0003.JPG") is None
    assert plan.take(PUT, "/b/IMG_0001.JPG") is None
    assert plan.take(PUT, "/b/IMG_0003.JPG") is not None


def test_a_pattern_hits_every_call_of_an_interface():
    plan = FaultPlan(Fault("cloud-api.*", Action.STATUS, times=2))
    assert plan.take(Call.CA_STS, "") and plan.take(Call.CA_FAST, "")
    assert plan.take(PUT, "") is None


def test_a_call_is_hit_by_one_rule_and_passes_the_others():
    plan = FaultPlan(Fault("storage.put", Action.EMPTY), Fault("storage.put", Action.PAGE, after=1))
    hits = [plan.take(PUT, "") for _ in range(3)]
    assert [hit.action if hit else None for hit in hits] == [Action.EMPTY, Action.PAGE, None]


def test_what_fired_is_recorded():
    plan = FaultPlan(Fault("storage.*", Action.EMPTY))
    plan.take(PUT, "/b/k")
    assert [(fired.call, fired.path, fired.fault.action) for fired in plan.fired] == [
        (PUT, "/b/k", Action.EMPTY)
    ]


def test_two_threads_never_share_one_hit():
    plan = FaultPlan(Fault("storage.put", Action.EMPTY, times=50))
    hits = list[bool]()

    def work() -> None:
        hits.extend(plan.take(PUT, "") is not None for _ in range(100))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(hits) == 50


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("storage.put:status=429", Fault("storage.put", Action.STATUS, status=429)),
        (
            "storage.part:status=503,wait=2*3@1",
            Fault("storage.part", Action.STATUS, status=503, wait=2, times=3, after=1),
        ),
        ("flighthub2.start:cut-answer", Fault("flighthub2.start", Action.CUT_ANSWER)),
        (
            "flighthub2.*:business=210429*0",
            Fault("flighthub2.*", Action.BUSINESS, code="210429", times=0),
        ),
        ("storage.put:stall=0.5", Fault("storage.put", Action.STALL, seconds=0.5)),
        (
            "storage.put:slow=50000,about=0003",
            Fault("storage.put", Action.SLOW, rate=50000.0, about="0003"),
        ),
    ],
)
def test_rules_are_written_as_they_are_read(text: str, fault: Fault):
    assert parse_faults(text) == (fault,)
    assert str(fault) == text


def test_a_plan_of_several_rules_reads_its_own_text():
    text = "storage.put:damage; cloud-api.sts:page*2; storage.complete:cut-answer@1"
    assert str(FaultPlan.parse(text)) == text
    assert str(FaultPlan.parse(f" ; {text};")) == text


@pytest.mark.parametrize(
    "text",
    [
        "storage.putt:empty",
        "storage.put:explode",
        "storage.put",
        "storage.put:empty=3",
        "storage.put:slow",
        "storage.put:status=503,colour=red",
        "storage.put:status=soon",
        "cloud-api.sts:damage",
        "storage.abort:wrong-etag",
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(text: str):
    with pytest.raises(ValueError):
        FaultPlan.parse(text)


def test_a_refused_name_is_answered_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"cloud-api\.group-upload-callback"):
        Fault("cloud-api.group", Action.EMPTY)
