"""Reconstruction in FlightHub 2: starting, finding, following, stopping and deleting models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from app.domain.errors import (
    AnswerLost,
    Leg,
    Refused,
    UsageError,
)
from app.domain.model import Batch, Connection, Job
from app.domain.states import JOB_ENDED, JobState
from app.services.base import WrongOption
from app.services.flighthub2_api import Api, BatchRefused, for_the_batch
from app.services.flighthub2_kinds import KINDS, Kind
from app.services.flighthub2_wire import Model, ModelList, Resource, Started, StartedModel

_MODELS = "/open_model/models"

# The service's own parameters could not be read (contracts: flighthub2 3.8). An empty group leaves
# every choice to it; a name it does not know could make it refuse the start.
_DEFAULT_PARAMETERS = '{"parameter":{}}'


# (contracts: flighthub2 3.7). 9 is ambiguous, so only the packed result makes it a success.
_STATES = {
    8: (JobState.FAILED, "The reconstruction failed."),
    9: (JobState.WORKING, "The map is reconstructed; the rest is not ready yet."),
    12: (JobState.WAITING, "Waiting for computing power."),
    13: (JobState.FAILED, "No computing power was given."),
    14: (JobState.WORKING, "Reconstructing."),
    15: (JobState.SUCCEEDED, "The reconstruction is ready."),
    16: (JobState.STOPPED, "The reconstruction was stopped."),
}
_MAP_READY, _PACKED = 9, 2


def check_parameters(connection: Connection) -> None:
    """UsageError when the raw parameters of a kind are not one JSON object."""
    for kind in KINDS:
        text = connection.option(kind.option).strip()
        if text and not _is_object(text):
            raise WrongOption(
                f"--{kind.option} is not a JSON object.",
                'Give an object such as {"parameter":{}}, in quotes for your shell.',
                key=kind.option,
                words='Give a JSON object such as {"parameter":{}}.',
                leg=Leg.COMPUTER,
            )


def _is_object(text: str) -> bool:
    try:
        # Python would let NaN through, which no other reader takes for JSON.
        return isinstance(json.loads(text, parse_constant=_no_constant), dict)
    except (ValueError, RecursionError):
        return False


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class Models:
    """The reconstruction calls of one connection; thread-safe."""

    def __init__(self, api: Api, connection: Connection) -> None:
        self._api = api
        self._connection = connection

    def start(self, batch: Batch, groups: Sequence[str], kinds: Sequence[str]) -> list[Job]:
        """Starts what fits; a kind whose file count does not fit comes back as failed.

        `groups` in the order they were opened. Raises BatchRefused when no single one of them
        has all the files.
        """
        wanted = _kinds(kinds)
        with for_the_batch():
            group, count = self._whole_group(groups)
            fitting = [kind for kind in wanted if kind.least <= count <= kind.most]
            jobs = [_unfit(batch, kind, count) for kind in wanted if kind not in fitting]
            return jobs + (self._start(batch, group, fitting) if fitting else [])

    def find(self, batch: Batch, groups: Sequence[str]) -> list[Job]:
        """The running jobs of these groups; one that has ended is not listed by the service."""
        ours = {group.lower() for group in groups}
        names = {kind.number: kind.name for kind in KINDS}
        listed = self._api.read(ModelList, "GET", f"{_MODELS}/running").items
        return [
            self._as_seen(Job(batch.id, name, model.model_uuid, JobState.UNKNOWN), model)
            for model in listed
            if model.resource_uuid.lower() in ours
            and model.model_uuid
            and (name := names.get(model.model_type or 0)) is not None
        ]

    def poll(self, job: Job) -> Job:
        """A job that never got an id is what it was."""
        if not job.id:
            return job
        return self._as_seen(job, self._api.read(Model, "GET", _path(job)))

    def stop(self, job: Job) -> None:
        """A job that has ended by itself counts as stopped."""
        if not job.id:
            return
        try:
            self._api.tell("POST", f"{_path(job)}/reconstruction/stop")
        except Refused:
            if self.poll(job).state not in JOB_ENDED:
                raise

    def delete(self, job: Job) -> None:
        """A job that the service does not know any more counts as deleted."""
        if not job.id:
            return
        try:
            self._api.tell("DELETE", _path(job))
        except Refused:
            if self._knows(job):
                raise

    def _knows(self, job: Job) -> bool:
        try:
            self._api.read(Model, "GET", _path(job))
        except Refused:
            return False
        return True

    def _whole_group(self, groups: Sequence[str]) -> tuple[str, int]:
        # A group left behind by renewed keys may never have been imported, so that the service
        # does not know it; where there is only one, its words matter.
        look = self._names if len(groups) == 1 else self._names_if_any
        names = {group: look(group) for group in groups}
        everything = frozenset[str]().union(*names.values())
        # An older group does no harm as long as a newer one has all that it has.
        for group in reversed(groups):
            if everything and names[group] == everything:
                return group, len(everything)
        if not everything:
            raise _no_start(self._api.who, "it has no files of this batch")
        raise _no_start(self._api.who, "the files of this batch lie in several upload groups")

    def _names(self, group: str) -> frozenset[str]:
        return self._api.read(Resource, "GET", resource_path(group)).names

    def _names_if_any(self, group: str) -> frozenset[str]:
        try:
            return self._names(group)
        except Refused:
            return frozenset()

    def _start(self, batch: Batch, group: str, kinds: Sequence[Kind]) -> list[Job]:
        body: dict[str, object] = {"resource_uuid": group}
        for kind in kinds:
            # A JSON document inside a JSON text (contracts: flighthub2 3.6).
            raw = self._connection.option(kind.option).strip()
            body[kind.parameter] = raw or _DEFAULT_PARAMETERS
        wish = self._connection.option("delete-resource-after")
        body["delete_resource_if_finish"] = wish == "yes"
        answer = self._api.once(Started, f"{_MODELS}/reconstruction/start", body)
        told = [kind.started(answer) for kind in kinds]
        if not any(model and (model.uuid or model.sub_error_code) for model in told):
            raise AnswerLost(
                f"{self._api.who} did not say whether it started the reconstruction.",
                "Postflight looks at what is running before it starts anything again.",
                leg=Leg.SERVICE,
            )
        return [self._begun(batch, kind, model) for kind, model in zip(kinds, told, strict=True)]

    def _begun(self, batch: Batch, kind: Kind, model: StartedModel | None) -> Job:
        who = self._api.who
        if model is None:
            words = f"{who} did not start this reconstruction and gave no reason."
            return Job(batch.id, kind.name, "", JobState.FAILED, words=words)
        if model.sub_error_code:
            words = f"{who} did not start this reconstruction: code {model.sub_error_code}."
            return Job(batch.id, kind.name, model.uuid, JobState.FAILED, words=words)
        if not model.uuid:
            words = f"{who} started this reconstruction without naming it."
            return Job(batch.id, kind.name, "", JobState.FAILED, words=words)
        number = 12 if model.status is None else model.status
        state, words = _state(number, who)
        return Job(batch.id, kind.name, model.uuid, state, words=words)

    def _as_seen(self, job: Job, model: Model) -> Job:
        state, words = _state(model.model_status, self._api.who)
        if model.model_status == _MAP_READY and model.zip_status == _PACKED:
            state, words = JobState.SUCCEEDED, "The map is reconstructed."
        if model.error_code:
            words += f" Code {model.error_code}."
        progress = min(max(model.reconstruction_progress or 0, 0), 100)
        if state is JobState.SUCCEEDED:
            progress = 100
        return replace(job, state=state, progress=progress, words=words + _packing(model))


def resource_path(group: str) -> str:
    return f"/open_model/resource/{quote(group, safe='')}"


def _path(job: Job) -> str:
    return f"{_MODELS}/{quote(job.id, safe='')}"


def _kinds(names: Sequence[str]) -> list[Kind]:
    unknown = set(names) - {kind.name for kind in KINDS}
    if unknown:
        raise UsageError(
            f"There is no reconstruction {', '.join(sorted(unknown))}.",
            "Choose of " + ", ".join(kind.name for kind in KINDS) + ".",
            leg=Leg.COMPUTER,
        )
    return [kind for kind in KINDS if kind.name in names]


def _unfit(batch: Batch, kind: Kind, count: int) -> Job:
    words = f"This batch has {count} files; {kind.name} takes {kind.least} to {kind.most}."
    return Job(batch.id, kind.name, "", JobState.FAILED, words=words)


def _no_start(who: str, why: str) -> BatchRefused:
    return BatchRefused(
        f"{who} cannot reconstruct this batch: {why}.",
        "Upload the folder again as a new batch, so that all its files come in one group.",
        leg=Leg.SERVICE,
    )


def _state(number: int | None, who: str) -> tuple[JobState, str]:
    if number is None:
        return JobState.UNKNOWN, f"{who} did not say how far it is."
    return _STATES.get(number, (JobState.UNKNOWN, f"{who} reports an unknown state, {number}."))


def _packing(model: Model) -> str:
    match model.zip_status:
        case 1:
            return f" Packing the result, {min(max(model.zip_progress or 0, 0), 100)} %."
        case 2:
            return " The result is packed."
        case 3:
            return " Packing the result failed."
        case None | 0:
            return ""
        case number:
            return f" Packing reports an unknown state, {number}."
