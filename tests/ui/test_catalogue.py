"""The Chinese catalogue: nothing missing, nothing stale, nothing half translated."""

from __future__ import annotations

import re
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import polib
import pytest

from app.paths import Paths
from app.speech.catalogue import CATALOGUE, CLICK, ENGINE, HELP, read
from app.speech.sentences import Sentences
from tests.helpers import commands, sentences

PATH = Paths.find({}).resources / CATALOGUE

# What the reading below cannot see: names in tables without a space, texts put together of holes.
MORE = {
    "{1} bytes": "words.size",
    "{1}: {2}.": "bootstrap, the title and help of an option",
    "name": "doctor, a leg",
    "connection": "doctor, a leg",
    "clock": "doctor, a leg",
    "sign-in": "doctor, a leg",
    "project": "doctor, a leg",
    "token": "huawei_iam, checked_secret",
    "password": "huawei_iam, checked_secret",
    "pictures": "metastudio_rules, a kind of file",
    "videos": "metastudio_rules, a kind of file",
    "slides": "metastudio_rules, a kind of file",
}
# What no person reads, or not as a sentence.
NOT_SAID = {
    "WinError {1}": "details",
    "LiDAR": "the same in Chinese",
    "{1} {2} request {3}": "details",
    "GET /": "details",
    "; signed by {1}, SHA-256 {2}": "details",
    "; signed by ?, SHA-256 {1}": "details",
    "request {1}": "details",
    "answered before everything was sent": "details",
    "AWS4-HMAC-SHA256 Credential={1}/{2}/{3}/s3/aws4_request, "
    "SignedHeaders={4}, Signature={5}": "protocol",
    "PUT {1} HTTP/1.1": "protocol",
    "Host: {1}": "protocol",
    "Connection aborted.": "details",
    "Connection broken: {1}": "details",
    "Remote end closed connection without response": "details",
    "The answer was cut off in its body.": "details",
    "The answer was cut off in its head.": "details",
    "a header that would end before its end": "details",
    "packed in a way that was not asked for": "details",
    "what is packed does not end where it should": "details",
    "the whole answer took too long": "details",
    "Basic {1}": "a header",
    "file JOIN root ON root.batch = file.batch AND root.number = file.root": "SQL",
    "{1} part {2}": "a name in the keyring",
    "system volume information": "a folder's name",
    "dict[str, Any]": "a type",
    "code {1}": "details",
    "{1} code {2} {3}": "details",
    "SDK-HMAC-SHA256 Access={1}, SignedHeaders={2}, Signature={3}": "a header",
    "Sent by Postflight, {1}.": "a mark kept at the service",
    "mp4 m4v mkv mov flv 3gp wmv avi webm": "extensions",
    "jpeg jpg png bmp gif": "extensions",
    "wav mp3 m4a": "extensions",
    "ppt pptx pdf": "extensions",
    "1 entry": "a part of a longer sentence that is in the list",
    "{1} entries": "a part of a longer sentence that is in the list",
    "grant {1} {2}": "a name in the keyring",
    "not writable": "details",
    "mount does not answer": "for the log",
}

# Names and signs that a Chinese sentence keeps.
KEPT = {
    "Postflight", "DJI", "FlightHub", "MetaStudio", "Cloud", "API", "IAM", "STS", "AK", "SK", "ID",
    "UUID", "URL", "S3", "s3", "MD5", "SHA", "etag", "HTTP", "http", "https", "host", "port",
    "path", "s", "JSON", "PEM", "ASCII", "Wi", "Fi", "MB", "GB", "GiB", "TB", "kB", "CSV", "HTML",
    "DJI_", "POSTFLIGHT_HOME", "NAME", "virtual", "ca", "file", "storage", "addressing",
    "signature", "drone", "model", "payload", "parameter", "project", "postflight", "batches",
    "connection", "add", "receipt", "BATCH", "o", "FILE", "json", "abcdef", "cdef", "ab", "cn",
    "north", "com", "iam", "myhuaweicloud",
    "Ctrl", "Esc", "Enter", "Space", "LiDAR", "GPS", "EXIF", "XMP", "CPU", "PNG", "ZIP", "kmz",
    "FOLDER", "MD", "README", "md", "Qt", "libxcb", "cursor", "on", "off", "csv", "html", "C",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One entry of the catalogue; `texts` are its Chinese forms."""

    context: str
    msgid: str
    plural: str
    texts: tuple[str, ...]


def entries() -> Iterator[Entry]:
    for entry in cast("list[Any]", polib.pofile(str(PATH), encoding="utf-8")):
        texts = tuple(entry.msgstr_plural.values()) or (entry.msgstr,)
        yield Entry(entry.msgctxt or "", entry.msgid, entry.msgid_plural, texts)


def face_ids() -> set[str]:
    return {
        text
        for entry in entries()
        if not entry.context
        for text in (entry.msgid, entry.plural)
        if text and all(entry.texts)
    }


def engine_ids() -> set[str]:
    return {entry.msgid for entry in entries() if entry.context == ENGINE and all(entry.texts)}


def engine_sentences() -> dict[str, str]:
    found = sentences.engine()
    return {text: place for text, place in found.items() if text not in NOT_SAID} | MORE


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_of_the_window_has_its_chinese() -> None:
    known = face_ids()
    missing = [f"{place} {text!r}" for text, place in sentences.faces().items()
               if text not in known]  # fmt: skip
    assert not missing, "\n".join(missing)


def test_every_sentence_of_the_engine_has_its_chinese() -> None:
    known = engine_ids()
    missing = [f"{place} {text!r}" for text, place in engine_sentences().items()
               if text not in known]  # fmt: skip
    assert not missing, "\n".join(missing)


def test_no_chinese_entry_is_without_a_sentence() -> None:
    stale = sorted(face_ids() - set(sentences.faces()))
    stale += sorted(engine_ids() - set(engine_sentences()))
    assert not stale, "\n".join(stale)


def test_every_paragraph_of_the_help_has_its_chinese_and_no_other_is_kept() -> None:
    kept = {entry.msgid for entry in entries() if entry.context == HELP and all(entry.texts)}
    assert kept == commands.help_paragraphs()


def test_every_context_is_one_that_is_read() -> None:
    """An entry with a slip in its context would be counted nowhere, and read as a face's own."""
    assert {entry.context for entry in entries()} == {"", ENGINE, HELP, CLICK}


def test_nothing_is_unfinished_or_put_aside() -> None:
    """Neither empty, nor a guess (fuzzy), nor left over from a sentence that is gone (#~)."""
    found = polib.pofile(str(PATH), encoding="utf-8")
    marked = [*found.untranslated_entries(), *found.fuzzy_entries(), *found.obsolete_entries()]
    assert not [entry.msgid for entry in cast("list[Any]", marked)]


def test_no_exception_from_the_list_has_become_needless() -> None:
    found = sentences.engine()
    assert not sorted(NOT_SAID.keys() - found.keys())
    assert not sorted(MORE.keys() & found.keys())


def test_no_sentence_is_translated_twice() -> None:
    seen = [(entry.context, entry.msgid) for entry in entries()]
    assert sorted(seen) == sorted(set(seen))


def test_the_window_names_its_words_where_the_catalogue_can_find_them() -> None:
    assert not sentences.dynamic()


def test_a_translation_has_the_holes_of_its_sentence() -> None:
    wrong: list[str] = []
    for entry in entries():
        pattern = re.compile(r"\{\d+\}")
        for text in entry.texts:
            if entry.context == ENGINE:
                same = set(pattern.findall(text)) == set(pattern.findall(entry.msgid))
            else:
                same = holes(text) == holes(entry.plural or entry.msgid)
            if not same:
                wrong.append(f"{entry.msgid!r} {text!r}")
    assert not wrong, "\n".join(wrong)


def test_a_translation_holds_no_english_besides_names() -> None:
    left: list[str] = []
    for entry in entries():
        for text in entry.texts:
            plain = re.sub(r"\{[^{}]*\}|--?[a-z][\w-]*|postflight [a-z]+", " ", text)
            words = set(re.findall(r"[A-Za-z_]+3?", plain)) - KEPT
            if words and text != entry.msgid and not all(len(word) == 1 for word in words):
                left.append(f"{text!r}: {sorted(words)}")
            if text == entry.msgid and words:
                left.append(f"{text!r} is English")
    assert not left, "\n".join(left)


def test_every_engine_sentence_is_found_again_once_its_holes_are_filled() -> None:
    """No template takes the words of another one away."""
    known = read(PATH).engine
    lost: list[str] = []
    for entry in entries():
        if entry.context == ENGINE:
            made = re.sub(r"\{(\d+)\}", r"'x\1'", entry.msgid)
            wanted = re.sub(r"\{(\d+)\}", r"'x\1'", entry.texts[0])
            if (said := known.translate(made)) != wanted:
                lost.append(f"{made!r} becomes {said!r}")
    assert not lost, "\n".join(lost)


def test_the_catalogue_is_read_and_searched_fast(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures are for the reader: nothing is asserted about time on a shared machine."""
    began = time.perf_counter()
    catalogue = read(PATH)
    loaded = time.perf_counter()
    many = [f"The storage at host{number}.example.org is busy." for number in range(5000)]
    many += [f"a word {number} that no one of us said" for number in range(5000)]
    known = [catalogue.engine.translate(sentence) for sentence in many]
    done = time.perf_counter()
    figures = f"catalogue {1000 * (loaded - began):.0f} ms, 10,000 sentences {done - loaded:.2f} s"
    with capsys.disabled():
        print(f"\n{figures}")  # noqa: T201
    assert known[4999] == "存储 host4999.example.org 繁忙。"
    assert known[9999] == many[9999]


def test_an_empty_catalogue_leaves_every_sentence_as_it_is() -> None:
    assert Sentences({}).translate("The file is empty.") == "The file is empty."
