"""FlightHub 2's answers: code, message and data, failures as HTTP 200 too."""

from __future__ import annotations

from app.practice.checks import Members
from app.practice.message import Refused, Reply, json_reply

# Codes of contracts: flighthub2 section 2; those for a missing thing are not published.
NO_TOKEN = 200401
NO_RIGHT = 200403
NO_PROJECT = 210104
BAD_PARAMETER = 200101
NOT_THERE = 200610
NO_WAYLINE = 219001


def envelope(data: object = None, code: int = 0, message: str = "") -> Reply:
    """`data` is left out when it is None."""
    told = {"code": code, "message": message}
    return json_reply(told if data is None else {**told, "data": data})


def refused(code: int, message: str, breach: str = "") -> Refused:
    return Refused(envelope(code=code, message=message), breach)


def settle(members: Members) -> None:
    """Refuses a body that is not as the contract says."""
    if members.problems:
        words = "; ".join(members.problems)
        raise refused(BAD_PARAMETER, words, words)
