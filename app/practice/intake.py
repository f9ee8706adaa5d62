"""Takes a file's bytes in and holds them against the digests that came with them."""

from __future__ import annotations

import base64
import binascii
import hashlib

from app.practice.answers import no
from app.practice.message import Refused, Request
from app.practice.shelf import Received, Shelf

MOST_BYTES = 5 * 1024**3  # of one PUT


def receive(request: Request, shelf: Shelf) -> Received:
    """The body on the disk; Refused when it is not what its digests say, and nothing stays."""
    if "content-length" not in request.headers:
        words = "no Content-Length"
        raise no(411, "MissingContentLength", words, breach=words)
    if (request.body.length or 0) > MOST_BYTES:
        words = "more than 5 GiB in one PUT"
        raise no(400, "EntityTooLarge", words, breach=words)
    told_md5 = _told_md5(request)
    told_sha = request.header("x-amz-content-sha256")
    hashed = len(told_sha) == 64
    received = shelf.receive(request.body, with_sha256=hashed)
    problem: Refused | None = None
    if told_md5 and told_md5 != received.md5:
        words = "" if received.damaged else "Content-MD5 is not that of the body"
        problem = no(400, "BadDigest", "The Content-MD5 did not match.", breach=words)
    elif hashed and told_sha != received.sha256:
        words = "" if received.damaged else "X-Amz-Content-SHA256 is not that of the body"
        problem = no(400, "XAmzContentSHA256Mismatch", "The SHA-256 differs.", breach=words)
    if problem is not None:
        shelf.drop(received)
        raise problem
    return received


def _told_md5(request: Request) -> str:
    """Content-MD5 as hex, "" when none came."""
    text = request.header("content-md5")
    if not text:
        return ""
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 16:
        words = "Content-MD5 is not the base 64 of 16 bytes"
        raise no(400, "InvalidDigest", words, breach=words)
    return digest.hex()


def check_small_body(request: Request) -> None:
    """The same for a control call's body, which is kept in memory."""
    told_sha = request.header("x-amz-content-sha256")
    if len(told_sha) == 64 and told_sha != hashlib.sha256(request.load()).hexdigest():
        words = "X-Amz-Content-SHA256 is not that of the body"
        raise no(400, "XAmzContentSHA256Mismatch", words, breach=words)
