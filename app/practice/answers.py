"""The storage's XML: refusals and the few answers that carry text."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from app.practice.message import Refused, Reply

_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def no(status: int, code: str, message: str, *, breach: str = "") -> Refused:
    """A refusal in the storage's form."""
    return Refused(refusal(status, code, message), breach)


def refusal(status: int, code: str, message: str) -> Reply:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        "<RequestId>practice</RequestId><HostId>practice</HostId></Error>"
    )
    return Reply(status, body.encode(), {"Content-Type": "application/xml"})


def told(kind: str, *inner: str) -> Reply:
    """A 200 with an XML document; `inner` are elements that `tag` made."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{_SPACE}">{"".join(inner)}'
    return Reply(200, f"{body}</{kind}>".encode(), {"Content-Type": "application/xml"})


def tag(name: str, text: object) -> str:
    return f"<{name}>{escape(str(text))}</{name}>"


def group(name: str, inner: Iterable[str]) -> str:
    return f"<{name}>{''.join(inner)}</{name}>"
