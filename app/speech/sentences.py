"""Finished English sentences of the layers below, found again by their templates and said anew."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

_HOLE: Final = re.compile(r"\{(\d+)\}")
_WORD: Final = re.compile(r"\w+")
_BREAK: Final = re.compile(r"(?<=[.!?]) (?=\S)")
_PLAIN: Final = re.compile(r"[\d.,:–-]+ ?%?|[0-9a-f:]*:[0-9a-f:]+|'[^']*'")
_GAP: Final = re.compile(r"(?<=[\u3000-\u9fff]) (?=[\u3000-\u9fff])")
_FEW: Final = 8  # letters
_KEPT: Final = 20_000
_DEEPEST: Final = 4


@dataclass(frozen=True, slots=True)
class _Template:
    pattern: re.Pattern[str]
    holes: tuple[int, ...]
    text: str
    weight: int  # characters outside of the holes: more of them tell more
    weak: bool  # so few that a server's own words may look like it


class Sentences:
    """Translates by exact words first, then by templates with holes: `{1} cannot be reached.`"""

    def __init__(self, texts: dict[str, str]) -> None:
        self._exact = {source: text for source, text in texts.items() if not _HOLE.search(source)}
        self._by_word: dict[str, list[_Template]] = defaultdict(list)
        self._wordless: list[_Template] = []
        self._known: dict[str, str | None] = {}
        self._index({source: text for source, text in texts.items() if _HOLE.search(source)})

    def translate(self, sentence: str) -> str:
        """The sentence unchanged where nothing of it is known."""
        known = self._find(sentence, 0)
        return sentence if known is None else known

    def _index(self, templates: dict[str, str]) -> None:
        words = {source: _whole_words(source) for source in templates}
        common = Counter(word for found in words.values() for word in found)
        for source, text in templates.items():
            template = _compile(source, text)
            if words[source]:
                rarest = min(words[source], key=lambda word: (common[word], -len(word), word))
                self._by_word[rarest].append(template)
            else:
                self._wordless.append(template)

    def _find(self, sentence: str, depth: int) -> str | None:
        if sentence in self._exact:
            return self._exact[sentence]
        if depth > _DEEPEST or not sentence:
            return None
        if sentence not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[sentence] = self._work_out(sentence, depth)
        return self._known[sentence]

    def _work_out(self, sentence: str, depth: int) -> str | None:
        whole = self._by_template(sentence, depth)
        if whole is not None and not whole[1]:
            return whole[0]
        parts = _BREAK.split(sentence)
        joined = self._by_parts(parts, depth) if len(parts) > 1 else None
        if joined is None and whole is not None:
            return whole[0]
        return joined or self._by_list(sentence, depth)

    def _by_template(self, sentence: str, depth: int) -> tuple[str, bool] | None:
        """The words, and whether a hole had to take more than one sentence."""
        found = {word for word in _WORD.findall(sentence) if word in self._by_word}
        candidates = [one for word in found for one in self._by_word[word]] + self._wordless
        spare: tuple[_Template, tuple[str, ...]] | None = None
        for template in sorted(candidates, key=lambda one: -one.weight):
            match = template.pattern.fullmatch(sentence)
            if match is None:
                continue
            values = match.groups()
            if template.weak and not self._trusted(values, depth):
                continue
            if not any(_BREAK.search(value) for value in values):
                return self._fill(template, values, depth), False
            spare = spare or (template, values)
        return None if spare is None else (self._fill(*spare, depth), True)

    def _trusted(self, values: tuple[str, ...], depth: int) -> bool:
        """Holes that are ours: one is a phrase we know, or they are single words with a number."""
        if any(self._find(value.strip(), depth + 1) is not None for value in values):
            return True
        single = not any(" " in value for value in values)
        return single and any(_PLAIN.fullmatch(value) for value in values)

    def _fill(self, template: _Template, values: tuple[str, ...], depth: int) -> str:
        by_hole = dict(zip(template.holes, values, strict=True))

        def fill(hole: re.Match[str]) -> str:
            value = by_hole.get(int(hole[1]), "")
            known = self._find(value.strip(), depth + 1)
            return value if known is None else known

        return _GAP.sub("", _HOLE.sub(fill, template.text))

    def _by_list(self, sentence: str, depth: int) -> str | None:
        """410 delivered, 2 skipped: only where each of them is known."""
        items = sentence.split(", ")
        known = [self._find(item, depth + 1) for item in items] if 1 < len(items) < 8 else []
        texts = [text for text in known if text is not None]
        return "，".join(texts) if texts and len(texts) == len(items) else None

    def _by_parts(self, parts: list[str], depth: int) -> str | None:
        """Known sentences in a row, the longest runs first; unknown ones stay between them."""
        done: list[str] = []
        any_known = False
        while parts:
            for end in range(len(parts) - (not done), 0, -1):
                known = self._find(" ".join(parts[:end]), depth + 1)
                if known is not None:
                    break
            else:
                end, known = 1, None
            any_known = any_known or known is not None
            done.append(parts[0] if known is None else known)
            parts = parts[end:]
        return _join(done) if any_known else None


def _whole_words(source: str) -> set[str]:
    """Words that stand alone in every sentence of the template, away from what fills a hole."""
    marked = _HOLE.sub("\0", source)
    return {
        match[0]
        for match in _WORD.finditer(marked)
        if "\0" not in (marked[match.start() - 1 : match.start()], marked[match.end() :][:1])
    }


def _compile(source: str, text: str) -> _Template:
    pieces = _HOLE.split(source)
    literals, holes = pieces[::2], pieces[1::2]
    pattern = "(.+?)".join(re.escape(piece) for piece in literals)
    letters = sum(character.isalpha() for piece in literals for character in piece)
    weak = letters < _FEW and (not literals[0] or letters < _FEW - 2)
    form = re.compile(pattern, re.DOTALL)
    return _Template(form, tuple(map(int, holes)), text, sum(map(len, literals)), weak)


def _join(sentences: list[str]) -> str:
    """Chinese full stops carry their own room."""
    text = ""
    for sentence in sentences:
        text += sentence if not text or text.endswith(("。", "！", "？")) else f" {sentence}"
    return text
