"""Draws what was measured: a bar for each client, as long as it took beside Postflight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from statistics import median

_WIDTH, _LEFT, _WORDS, _ROW, _GAP = 760, 110, 190, 22, 34
_OURS, _OTHERS, _INK = "#0b6e8f", "#b9c6d0", "#1b2733"


def drawn(title: str, walls: Mapping[str, Mapping[str, Sequence[float]]], ours: str) -> str:
    """An SVG. `walls`: seconds of each run, by client, by workload."""
    rows: list[str] = []
    y = 2 * _GAP
    for workload, clients in walls.items():
        rows.append(_text(12, y, workload, bold=True))
        y += 10
        medians = {client: median(runs) for client, runs in clients.items()}
        longest = max(medians.values())
        for client, seconds in sorted(medians.items(), key=lambda item: item[1]):
            length = (_WIDTH - _LEFT - _WORDS) * seconds / longest
            rows.append(_text(12, y + 15, client, bold=client == ours))
            colour = _OURS if client == ours else _OTHERS
            rows.append(
                f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_ROW - 5}" rx="3"'
                f' fill="{colour}"/>'
            )
            runs = clients[client]
            words = f"{seconds:.2f} s ({min(runs):.2f} to {max(runs):.2f})"
            rows.append(_text(_LEFT + length + 8, y + 15, words))
            y += _ROW
        y += _GAP
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}"'
            f' height="{y}" font-family="sans-serif" font-size="13" fill="{_INK}">',
            f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>',
            _text(12, 28, title, bold=True),
            *rows,
            "</svg>\n",
        )
    )


def _text(x: float, y: float, words: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}"{weight}>{escape(words)}</text>'
