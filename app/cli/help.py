"""Commands whose help and whose complaints about wrong use are in the language that is spoken."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import IO, Any, Final

import click
from rich.cells import cell_len

from app.cli import speech
from app.speech.catalogue import Catalogue

_PARAGRAPH: Final = "\n\n"
_WIDE: Final = "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
_CLOSING: Final = "，。；：、）！？”》"  # none of these may begin a line
# Where a line may be broken: after each Chinese character, and at blanks.
_PIECE: Final = re.compile(rf"[{_WIDE}][{_CLOSING}]*|[^\s{_WIDE}]+[{_CLOSING}]*|\s+")
_EXTRA: Final = re.compile(r"(?P<help>.*?)(?P<extra>  \[[^\]]*\])?", re.DOTALL)


class Page(click.HelpFormatter):
    """click's own in English. In Chinese it is filled by the width of characters, not by words."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        if (words := speech.catalogue()) is not None and prefix is None:
            prefix = words.click.translate("Usage:")
        super().write_usage(prog, args, prefix)

    def write_heading(self, heading: str) -> None:
        if (words := speech.catalogue()) is None:
            super().write_heading(heading)
        else:
            self.write(" " * self.current_indent + words.click.translate(f"{heading}:") + "\n")

    def write_text(self, text: str) -> None:
        if (words := speech.catalogue()) is None:
            super().write_text(text)
            return
        indent = " " * self.current_indent
        told = (helped(words, one) for one in text.split(_PARAGRAPH))
        pages = ["\n".join(indent + line for line in self._folded(one, 0)) for one in told]
        self.write(_PARAGRAPH.join(pages) + "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        if (words := speech.catalogue()) is None:
            super().write_dl(rows, col_max, col_spacing)
            return
        told = list(rows)
        column = min(max((len(name) for name, _ in told), default=0), col_max) + col_spacing
        for name, text in told:
            lines = self._folded(helped(words, text), column)
            start = " " * self.current_indent
            if len(name) > column - col_spacing:
                self.write(f"{start}{name}\n")
                name = ""
            for line in lines or [""]:
                self.write(f"{start}{name:<{column}}{line}".rstrip() + "\n")
                name = ""

    def _folded(self, text: str, column: int) -> list[str]:
        return folded(text, max(self.width - self.current_indent - column, 20))


def folded(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns; a Chinese character takes two."""
    lines = [""]
    for piece in _PIECE.findall(text):
        blank = piece.isspace()
        if cell_len(lines[-1]) + (0 if blank else cell_len(piece)) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        if lines[-1] or not blank:
            lines[-1] += " " if blank else piece
    return [line.rstrip() for line in lines if line.strip()]


def helped(words: Catalogue, text: str) -> str:
    """A paragraph or the help of an option, and click's mark that it is required."""
    plain = " ".join(text.split())
    if plain in words.help:
        return words.help[plain]
    found = _EXTRA.fullmatch(text)
    if found is not None and found["extra"]:
        inside = found["extra"].strip(" []")
        return f"{helped(words, found['help'])} [{words.click.translate(inside)}]"
    services, colon, rest = plain.partition(": ")
    if colon and " " not in services:  # cloud-api/metastudio: what a service's field is for
        if (told := words.engine.translate(rest)) != rest:
            return f"{services}: {told}"
        what, bracket, choices = rest.rpartition(" (")
        return f"{services}: {words.engine.translate(what)}{bracket}{choices}"
    return words.click.translate(plain)


class _Context(click.Context):
    formatter_class = Page


class Command(click.Command):
    context_class = _Context

    def get_short_help_str(self, limit: int = 45) -> str:
        return _short(self) or super().get_short_help_str(limit)


class Group(click.Group):
    context_class = _Context
    command_class = Command

    def get_short_help_str(self, limit: int = 45) -> str:
        return _short(self) or super().get_short_help_str(limit)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with _said():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with _said():
            return super().invoke(ctx)


def _short(command: click.Command) -> str:
    """The first paragraph as a whole: Chinese is short, and click would cut it between words."""
    known = speech.catalogue() is not None and command.help
    return " ".join(known.split(_PARAGRAPH)[0].split()) if known else ""


@contextmanager
def _said() -> Generator[None]:
    """What click says of wrong use, in the language that is spoken."""
    words = speech.catalogue()
    try:
        yield
    except (click.exceptions.NoArgsIsHelpError, _Complaint):
        raise
    except click.Abort:
        if words is None:
            raise
        click.echo(words.click.translate("Aborted!"), file=sys.stderr)
        raise click.exceptions.Exit(1) from None
    except click.UsageError as error:
        if words is None:
            raise
        raise _Complaint(error, words) from None


class _Complaint(click.UsageError):
    def __init__(self, english: click.UsageError, words: Catalogue) -> None:
        super().__init__(words.click.translate(english.format_message()), english.ctx)
        self._words = words

    def show(self, file: IO[Any] | None = None) -> None:
        say, ctx = self._words.click.translate, self.ctx
        lines = [say("Error:") + self.message]
        if ctx is not None:
            option = ctx.help_option_names[-1]
            hint = say(f"Try '{ctx.command_path} {option}' for help.")
            lines = [ctx.get_usage(), hint, "", *lines]
        click.echo("\n".join(lines), file=file or sys.stderr)
