"""The log file: one line per event, and no secret in it whatever a library says."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import MappingProxyType
from typing import Final

FILE_NAME: Final = "postflight.log"
MASK: Final = "***"
_MOST_BYTES: Final = 2 * 1024 * 1024
_KEPT: Final = 5
# These tell each request and header at their lower levels.
_TALKATIVE: Final = (
    "asyncio", "boto3", "botocore", "httpcore", "httpx", "keyring", "urllib3", "wakepy",
)  # fmt: skip

# Whatever is called like a secret is one: X-User-Token, X-Auth-Token, X-Amz-Signature,
# AWSAccessKeyId, session_token, secretAccessKey, Authorization, password, Huawei's ak and sk.
# An exception is not, so that the words after SecretsError stay.
# What stands in front of the telling word needs no matching; all lengths are bounded and nothing is
# tried twice (`+` after a count), so that no line makes the search slow.
_NAME: Final = (
    r"(?:(?:passw(?:or)?d|passphrase|secret|token|signature|credential|authorization|cookie"
    r"|access[-_]?key)[\w.-]{0,40}+(?<!rror)|(?<![\w.-])(?:ak|sk|x-organization-key)(?![\w.-]))"
)
_QUOTED: Final = re.compile(
    rf"""(?ix) (?P<keep> {_NAME} ["']? \s* [:=,] \s* b? )
    (?P<v>["']) (?:\\.|(?!(?P=v)).)* (?: (?P=v) | $ )""",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(rf'(?i)(?P<keep>{_NAME}\\"\s*:\s*)\\"[^"]*"')
_HEADER: Final = re.compile(
    r"(?i)(?P<keep>\b(?:authorization|cookie)\s*[:=]\s*)[^'\"\r\n]+",
)
_PLAIN: Final = re.compile(
    rf"""(?ix) (?P<keep> {_NAME} ["']? \s* [:=] \s* ) (?!\*\*\*) [^\s"'&;,<>]+"""
)
_USER: Final = re.compile(r"(?P<keep>://)[^/\s@:]{1,100}:[^/\s@]{0,200}(?=@)")
_ELEMENT: Final = re.compile(rf"(?i)(?P<keep><(?:[\w.:-]{{0,40}}?{_NAME}|StringToSign\w*)>)[^<]*")
_SCHEME: Final = re.compile(r"(?P<keep>\b(?:Bearer|Basic|AWS)\s+)[\w.:+/=-]{6,}")
_JWT: Final = re.compile(r"(?<![\w-])eyJ[\w-]{5,}+\.[\w-]+\.[\w-]*")


def redact(text: str) -> str:
    """`text` with everything that looks like a secret replaced by `***`; harmless to repeat."""
    text = _ESCAPED.sub(rf'\g<keep>\\"{MASK}\\"', text)
    text = _QUOTED.sub(rf"\g<keep>\g<v>{MASK}\g<v>", text)
    for pattern in (_HEADER, _PLAIN, _ELEMENT, _SCHEME, _USER):
        text = pattern.sub(rf"\g<keep>{MASK}", text)
    return _JWT.sub(MASK, text)


class OneLine(logging.Formatter):
    """UTC time, level, thread, logger and words on a single redacted line, tracebacks included."""

    converter = time.gmtime

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s.%(msecs)03dZ %(levelname)s %(threadName)s %(name)s %(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )

    def format(self, record: logging.LogRecord) -> str:
        # Here and not in a Filter: only the finished text holds arguments and tracebacks.
        lines = redact(super().format(record)).splitlines()
        words = " | ".join(line.strip() for line in lines if line.strip())
        return "".join(c if c.isprintable() else "\ufffd" for c in words)


class _Rotating(RotatingFileHandler):
    """`levels` are the loggers' own, to be given back."""

    levels: Mapping[str, int] = MappingProxyType({})

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full disk, a read-only folder: the line is lost, and nobody's terminal is littered."""

    def close(self) -> None:
        """What a full disk did not take is tried once more here, and may fail again."""
        try:
            super().close()
        except OSError:
            self.stream = None

    def doRollover(self) -> None:  # noqa: N802
        """Windows renames no file that another Postflight has open: then it just grows on."""
        try:
            super().doRollover()
        except OSError:
            if self.stream is None:  # pyright: ignore[reportUnnecessaryComparison]
                self.stream = self._open()


def set_up(folder: Path, level: int = logging.INFO) -> logging.Handler:
    """Writes all loggers to a rotating file in `folder`; call once, `tear_down` gives it back.

    A log that cannot be written never stops the program.
    """
    handler = _Rotating(
        folder / FILE_NAME, maxBytes=_MOST_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True
    )
    handler.setFormatter(OneLine())
    handler.levels = {name: logging.getLogger(name).level for name in ("root", *_TALKATIVE)}
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    return handler


def set_level(level: int) -> None:
    """How much is written from now on; libraries stay at their warnings."""
    logging.getLogger().setLevel(level)


def tear_down(handler: logging.Handler) -> None:
    logging.captureWarnings(False)
    logging.getLogger().removeHandler(handler)
    handler.close()
    if isinstance(handler, _Rotating):
        for name, level in handler.levels.items():
            logging.getLogger(name).setLevel(level)
