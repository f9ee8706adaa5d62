"""The receipt as one HTML page that stands alone: no script, nothing fetched, fit for print."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html import escape
from itertools import takewhile
from typing import Final, TextIO

from app.domain import words
from app.domain.states import BatchState, FileState
from app.evidence.canonical import digest, utc
from app.evidence.facts import EXCEPTIONS, Evidence, FileEvidence
from app.evidence.style import STYLE

HEAD: Final = '<!doctype html>\n<html lang="en" data-made-by="postflight-receipt">\n'
_META = (
    '<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="referrer" content="no-referrer">\n'
    '<meta http-equiv="Content-Security-Policy"'
    " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
)
_LEGEND = (
    "MD5 and SHA-256 are Postflight's own, of the bytes as they were read from the card and sent. "
    "The etag is what the storage said of "
    "the bytes it keeps: of a file sent in one piece usually their MD5, of a file sent in parts a "
    "value of its own, ending in the number of parts. Proved: sent, the storage took it; sized, it "
    "has the right length; matched, the etag or a checked Content-MD5 shows the same bytes; "
    "re-read, a second reading of the card gave the same bytes; registered, the service "
    "acknowledged it. The JSON receipt made together with this "
    "page has the digest below; it no longer fits when anything in it was changed."
)
# Whoever reads a receipt is rarely the one who could do something about it.
_FILE_WORDS = {**words.FILE_WORDS, FileState.FAILED: "Not delivered"}
_BATCH_WORDS = {**words.BATCH_WORDS, BatchState.ATTENTION: "Not complete"}


def write_html(evidence: Evidence, stream: TextIO) -> None:
    """Exceptions first, then every file, written piece by piece."""
    for piece in _page(evidence):
        stream.write(piece)


def _page(evidence: Evidence) -> Iterator[str]:
    title = escape(evidence.batch.title)
    top = _common_folder(evidence)
    yield f"{HEAD}<head>\n{_META}<title>{title} – delivery receipt</title>\n"
    yield f"<style>{STYLE}{_running_head(evidence)}</style>\n</head>\n<body>\n<main>\n"
    yield f'<p class="kind">Postflight delivery receipt</p>\n<h1><bdi>{title}</bdi></h1>\n'
    yield _verdict(evidence)
    yield _facts(evidence, top)
    yield from _exceptions(evidence)
    yield from _notes(evidence)
    yield from _files(evidence, top)
    yield f"<footer>\n<p>{_LEGEND}</p>\n<p>Digest: <code>{digest(evidence)}</code></p>\n"
    yield "</footer>\n</main>\n</body>\n</html>\n"


def _running_head(evidence: Evidence) -> str:
    """On paper at the top of each page but the first, which says it larger."""
    said = f"Postflight delivery receipt: {evidence.batch.title}, batch {evidence.batch.id[:8]}"
    # Numbers instead of characters: no title can end the text, or the style.
    text = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in said)
    box = f'@top-left {{ content: "{text}"; font: 8pt sans-serif; }}'
    return f"@page {{ {box} }}\n@page :first {{ @top-left {{ content: none; }} }}\n"


# -- the head ------------------------------------------------------------------------------------


def _verdict(evidence: Evidence) -> str:
    """What matters, in one sentence and one that explains it."""
    total, delivered = len(evidence.files), evidence.delivered
    if not total:
        said = "This batch has no files."
    elif delivered == total:
        said = "The file was delivered." if total == 1 else f"All {total} files were delivered."
    else:
        said = f"{delivered} of {words.files(total)} delivered."
    good = delivered == total > 0 and evidence.batch.state is BatchState.DELIVERED
    kind, mark = ("good", "✔") if good else ("warn", "!")
    rest = f"<p>{escape(more)}</p>" if (more := _why(evidence)) else ""
    return (
        f'<div class="verdict {kind}"><span aria-hidden="true">{mark}</span>'
        f"<div>{escape(said)}{rest}</div></div>\n"
    )


def _why(evidence: Evidence) -> str:
    batch = evidence.batch
    if waiting := evidence.waiting:
        verb = "was" if waiting == 1 else "were"
        said = f"{words.files(waiting)} {verb} still on the way when this receipt was made."
        return f"{said} {batch.reason.title}" if batch.reason else said
    if evidence.count(*EXCEPTIONS):
        return "The exceptions are listed below."
    if batch.state is BatchState.DELIVERED:
        return ""
    if batch.reason:
        return batch.reason.title
    return "The service had not taken over the whole batch yet." if evidence.files else ""


def _facts(evidence: Evidence, top: str) -> str:
    batch, place = evidence.batch, evidence.destination
    facts = [("Sent to", f"{place.connection} ({place.title})"), ("Address", place.address)]
    facts += [(_label(key), value) for key, value in place.options.items()]
    facts += [(_label(place.group_name), text) for text in _group_ids(evidence)]
    facts += [("Bucket", bucket) for bucket in _buckets(evidence)]
    facts += [("Keys begin with", top)]
    facts += [
        (
            f"{words.kind(job.kind)} model",
            f"{words.JOB_WORDS[job.state]}, {job.progress} % {job.id}",
        )
        for job in evidence.jobs
    ]
    facts += [
        ("Batch", f"{batch.id} ({_BATCH_WORDS[batch.state].lower()})"),
        ("From", ", ".join(evidence.roots)),
        ("Files", _amount(evidence)),
        ("Began", _moment(evidence, batch.created_at)),
        ("Ended", _moment(evidence, batch.finished_at)),
        ("Receipt made", _moment(evidence, evidence.made_at)),
        ("In UTC", utc(evidence.made_at) or ""),
        ("Times", f"local, {_zone(evidence)}"),
        ("Made by", f"Postflight {evidence.version}"),
    ]
    rows = (
        f"<div><dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd></div>\n"
        for name, value in facts
        if value
    )
    return f'<dl class="facts">\n{"".join(rows)}</dl>\n'


def _amount(evidence: Evidence) -> str:
    exact = f"{evidence.size():,}".replace(",", "\u202f")
    return f"{len(evidence.files)}, {words.size(evidence.size())} ({exact} bytes)"


def _label(key: str) -> str:
    return key.replace("_", " ").replace("-", " ").capitalize().replace(" uuid", " UUID")


def _group_ids(evidence: Evidence) -> list[str]:
    name = evidence.destination.group_name
    return list(dict.fromkeys(g.id for g in evidence.groups if g.id)) if name else []


def _buckets(evidence: Evidence) -> list[str]:
    found = (f"{group.bucket} at {group.endpoint}" for group in evidence.groups if group.bucket)
    return list(dict.fromkeys(found))


def _common_folder(evidence: Evidence) -> str:
    """What all object keys begin with: said once, and not on each line."""
    tops = [_key_folder(item).split("/")[:-1] for item in evidence.files if item.object_key]
    # What the first and the last in order share, all between them share.
    first, last = min(tops, default=list[str]()), max(tops, default=list[str]())
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(f"{part}/" for part, _ in shared)


def _key_folder(item: FileEvidence) -> str:
    """What the service put in front of the path, or of the name where it keeps no folders."""
    key = item.object_key
    ours = next((ending for ending in _endings(item) if key.endswith(f"/{ending}")), "")
    return key.removesuffix(ours)


def _endings(item: FileEvidence) -> tuple[str, ...]:
    return item.path, unicodedata.normalize("NFC", item.path), item.name


# -- the lists -----------------------------------------------------------------------------------


def _exceptions(evidence: Evidence) -> Iterator[str]:
    yield "<h2>Exceptions</h2>\n"
    if not evidence.count(*EXCEPTIONS):
        yield "<p>None.</p>\n"
        return
    yield '<table class="files"><colgroup><col><col class="size"><col class="state"><col>'
    yield "</colgroup>\n<thead>"
    yield '<tr><th scope="col">File</th><th scope="col" class="number">Size</th>'
    yield '<th scope="col">State</th><th scope="col">What happened</th></tr></thead>\n<tbody>\n'
    for item in evidence.exceptions():
        yield (
            f"<tr><td><bdi>{escape(item.path)}</bdi></td>"
            f'<td class="number">{words.size(item.size)}</td>'
            f"<td>{_FILE_WORDS[item.state]}</td><td>{escape(_said(item))}</td></tr>\n"
        )
    yield "</tbody></table>\n"


def _said(item: FileEvidence) -> str:
    if item.fault:
        return f"{item.fault.title} {item.fault.hint}".strip()
    if item.state is FileState.DROPPED:
        return item.words or "It was left out on request."
    return item.words


def _notes(evidence: Evidence) -> Iterator[str]:
    if not evidence.notes:
        return
    yield '<h2>Notes</h2>\n<table class="notes"><colgroup><col class="time"><col></colgroup><tbody>'
    for note in evidence.notes:
        time = _moment(evidence, note.at)
        yield f'<tr><td class="time dim">{time}</td><td>{escape(note.words)}</td></tr>\n'
    yield "</tbody></table>\n"


def _files(evidence: Evidence, top: str) -> Iterator[str]:
    yield "<h2>Files</h2>\n"
    yield '<table class="files"><colgroup><col><col class="size"><col class="state">'
    yield '<col class="time"></colgroup>\n<thead>'
    yield '<tr><th scope="col">File</th><th scope="col" class="number">Size</th>'
    yield f'<th scope="col">State</th><th scope="col" class="time">Time ({_zone(evidence)})</th>'
    yield "</tr></thead>\n<tbody>\n"
    for item in evidence.files:
        yield _row(evidence, item, top)
    yield "</tbody></table>\n"


def _row(evidence: Evidence, item: FileEvidence, top: str) -> str:
    marks = "".join(
        f"<span>{name} <code>{escape(value)}</code></span>"
        for name, value in _marks(item, top)
        if value
    )
    # Of an exception all was said above.
    said = _said(item) if item.state not in EXCEPTIONS else ""
    if said:
        marks += f"<span>{escape(said)}</span>"
    below = f'<span class="marks">{marks}</span>' if marks else ""
    return (
        f"<tr><td><bdi>{escape(item.path)}</bdi>{below}</td>"
        f'<td class="number">{words.size(item.size)}</td><td>{_FILE_WORDS[item.state]}</td>'
        f'<td class="time">{_moment(evidence, item.changed_at)}</td></tr>\n'
    )


def _marks(item: FileEvidence, top: str) -> list[tuple[str, str]]:
    """Only what says more than the lines above it."""
    base = unicodedata.normalize("NFC", item.path.rpartition("/")[2])
    same = item.md5 and item.md5 == item.etag.lower()
    key = item.object_key.removeprefix(top)
    return [
        ("Sent as", item.name if item.name != base else ""),
        ("MD5 and etag", item.md5 if same else ""),
        ("MD5", "" if same else item.md5),
        ("SHA-256", item.sha256),
        ("Etag", "" if same else item.etag),
        ("Key", key if key not in _endings(item) else ""),
        ("Id", item.remote_id),
        ("Attempts", str(item.attempts) if item.attempts > 1 else ""),
        ("Proved", ", ".join(item.levels)),
    ]


def _moment(evidence: Evidence, at: float | None) -> str:
    return evidence.local(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _zone(evidence: Evidence) -> str:
    offset = evidence.local(evidence.made_at).strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"
