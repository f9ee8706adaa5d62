"""What is asked before something about a batch is given up, deleted or forgotten."""

from __future__ import annotations

from app.engine.engine import Snapshot
from app.ui.language import nt, t
from app.ui.look.strips import Question


def cancelling(snapshot: Snapshot, service: str) -> Question:
    there = snapshot.counts.delivered
    stays = nt(
        "{n} file is already at {service} and stays there. The others are not sent.",
        "{n} files are already at {service} and stay there. The others are not sent.",
        there,
        service=service,
    )
    nothing = t("Nothing of it has reached {service} yet, and nothing will.", service=service)
    return Question(
        t("Cancel {title}?", title=snapshot.batch.title),
        stays if there else nothing,
        t("Cancel the batch"),
        t("Keep sending"),
    )


def deleting(snapshot: Snapshot, service: str) -> Question:
    return Question(
        nt(
            "Delete {n} file at {service}?",
            "Delete {n} files at {service}?",
            snapshot.counts.delivered,
            service=service,
        ),
        t("What was reconstructed from them is deleted with them. The card stays as it is."),
        t("Delete at the service…"),
        t("Keep them"),
    )


def deleting_for_good(snapshot: Snapshot, service: str) -> Question:
    return Question(
        t("This cannot be undone. Are the files still somewhere else?"),
        t("They are deleted at {service}, and Postflight cannot bring them back.", service=service),
        nt("Yes, delete {n} file", "Yes, delete {n} files", snapshot.counts.delivered),
        t("Keep them"),
    )


def removing(count: int) -> Question:
    return Question(
        nt("Remove {n} batch from the history?", "Remove {n} batches from the history?", count),
        t("What was delivered stays where it is, but no receipt can be made of it any more."),
        nt("Remove {n} batch", "Remove {n} batches", count),
        t("Keep it"),
    )
