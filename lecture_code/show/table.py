"""`Table`: results with a name for every row and column, units, and the best marked.

    Table(
        {"CMA-ES": {"return": [310, 295, 322], "time": 4.1},
         "CEM": {"return": [250, 221, 263], "time": 3.9}},
        units={"time": "s"}, best={"return": "high"}, caption="Five minutes of search.")

A cell is a number, words, or several numbers, which stand for one result a seed: the
median is shown with the lowest and the highest. The element `<result-table>` sorts by a
click on the head of a column; without JavaScript the table is just a table. In a
notebook the same table is shown, and its plain text is what a checked cell keeps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np

from .page import prose, static_page

Cell = float | str | Sequence[float]
MARK = "★"  # beside the best value of a column


@dataclass(frozen=True)
class Entry:
    """A cell as it is shown: its words, and the number by which its column is sorted.

    Attributes:
        text: what the reader sees.
        value: the number, or the median of several numbers; None for words.
        is_best: whether the cell is marked as the best of its column.
    """

    text: str
    value: float | None = None
    is_best: bool = False


class Table:
    """A table of results.

    Args:
        rows: row label → column label → cell. Columns stand in the order in which they
            first appear; a cell that is missing is shown as "–".
        caption: visible above the table; `code` and *emphasis* are marked up.
        units: column → unit, shown in the head of the column.
        best: column → "high" or "low": the best row is set in bold with a star.
        digits: decimals of every column, or column → decimals. By default a column
            shows its largest number with at least three digits.
        corner: what the row labels are ("method"), above the first column.

    Raises:
        ValueError: there are no rows, a number is not finite, or `units`, `best` or
            `digits` names a column that does not exist; the message names the culprit.
        TypeError: a cell is neither a number nor words nor several numbers.
    """

    def __init__(
        self,
        rows: Mapping[str, Mapping[str, Cell]],
        *,
        caption: str = "",
        units: Mapping[str, str] | None = None,
        best: Mapping[str, Literal["high", "low"]] | None = None,
        digits: int | Mapping[str, int] | None = None,
        corner: str = "",
    ) -> None:
        self.columns = list(
            dict.fromkeys(name for row in rows.values() for name in row)
        )
        if not self.columns:
            raise ValueError("a table needs at least one row with one cell")
        self.caption = caption
        self.corner = corner
        self.units, self.best = dict(units or {}), dict(best or {})
        fixed = digits if isinstance(digits, Mapping) else {}
        _require_columns(self.columns, units=self.units, best=self.best, digits=fixed)
        self.entries: dict[str, dict[str, Entry]] = {label: {} for label in rows}
        for name in self.columns:
            wanted = fixed.get(name) if isinstance(digits, Mapping) else digits
            cells = {label: row[name] for label, row in rows.items() if name in row}
            for label, entry in _column(
                name, cells, wanted, self.best.get(name)
            ).items():
                self.entries[label][name] = entry
        self.alt = self._describe()

    def html(self) -> str:
        """`<result-table>` with a complete table in it."""
        head = "".join(self._head(name) for name in self.columns)
        corner = (
            f'<th scope="col">{prose(self.corner)}</th>' if self.corner else "<td></td>"
        )
        caption = f"<caption>{prose(self.caption)}</caption>" if self.caption else ""
        body = "".join(
            f'<tr><th scope="row">{prose(label)}</th>'
            + "".join(_cell(row.get(name, Entry("–"))) for name in self.columns)
            + "</tr>"
            for label, row in self.entries.items()
        )
        note = f'<p class="rg-note">{MARK} best of its column</p>' if self.best else ""
        return (
            '<result-table class="rg-shown"><div class="rg-table-box">'
            f'<table class="rg-table">{caption}'
            f"<thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody>"
            f"</table></div>{note}</result-table>"
        )

    def text(self) -> str:
        """The table as plain text, the columns aligned."""
        heads = [self.corner, *map(self._title, self.columns)]
        lines = [
            [label, *(_plain(row.get(name, Entry("–"))) for name in self.columns)]
            for label, row in self.entries.items()
        ]
        widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
        kinds = ["words", *map(self._kind, self.columns)]
        shown = [
            "  ".join(
                part.rjust(width) if kind == "number" else part.ljust(width)
                for part, width, kind in zip(line, widths, kinds, strict=True)
            ).rstrip()
            for line in (heads, *lines)
        ]
        return "\n".join([self.caption] * bool(self.caption) + shown)

    def _title(self, name: str) -> str:
        """The head of a column with its unit: 'time [s]'."""
        return f"{name} [{self.units[name]}]" if name in self.units else name

    def _head(self, name: str) -> str:
        order = f' data-best="{self.best[name]}"' if name in self.best else ""
        unit = escape(self.units.get(name, ""))
        words = prose(name) + f' <span class="rg-unit">[{unit}]</span>' * bool(unit)
        return f'<th scope="col" class="rg-{self._kind(name)}"{order}>{words}</th>'

    def _kind(self, name: str) -> str:
        """How a column is set: 'number' or 'words'."""
        entries = [row[name] for row in self.entries.values() if name in row]
        return (
            "number" if any(entry.value is not None for entry in entries) else "words"
        )

    def _describe(self) -> str:
        """The table in a sentence, for who cannot see it."""
        rows = ", ".join(self.entries)
        columns = ", ".join(map(self._title, self.columns))
        begin = f"Table: {self.caption}" if self.caption else "Table."
        return f"{begin} Rows: {rows}. Columns: {columns}."

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        plain = {"text/plain": self.text()}
        if static_page():
            return {"text/html": self.html(), **plain}
        from .live import HtmlWidget, views

        return {**plain, **views(HtmlWidget(html=self.html()))}


def _require_columns(columns: Sequence[str], **named: Mapping[str, Any]) -> None:
    for argument, given in named.items():
        if unknown := sorted(set(given) - set(columns)):
            raise ValueError(
                f"{argument} names {', '.join(unknown)}; the columns are "
                f"{', '.join(columns)}"
            )
        if argument == "best" and (odd := set(given.values()) - {"high", "low"}):
            raise ValueError(f"best must be 'high' or 'low'; got {odd.pop()!r}")


def _column(
    name: str, cells: Mapping[str, Cell], digits: int | None, best: str | None
) -> dict[str, Entry]:
    """The cells of one column as they are shown, row label → entry.

    Args:
        name: of the column, for messages.
        cells: row label → cell.
        digits: decimals, or None to choose them for the whole column.
        best: "high", "low" or None.
    """
    values = {
        label: _numbers(f"{name} of {label}", cell)
        for label, cell in cells.items()
        if not isinstance(cell, str)
    }
    decimals = _decimals(values.values()) if digits is None else digits
    medians = {label: float(np.median(value)) for label, value in values.items()}
    rounded = {label: round(value, decimals) for label, value in medians.items()}
    winner = None
    if best is not None and rounded:
        winner = (max if best == "high" else min)(rounded.values())
    shown = {
        label: Entry(cell) for label, cell in cells.items() if isinstance(cell, str)
    }
    for label, value in values.items():
        words = _spread(value, decimals)
        shown[label] = Entry(words, medians[label], rounded[label] == winner)
    return shown


def _numbers(where: str, cell: Any) -> np.ndarray:
    """The numbers of a cell, shape (seeds,).

    Raises:
        TypeError: the cell holds something that is not a number.
        ValueError: it holds no number, or one that is not finite.
    """
    values = np.atleast_1d(np.asarray(cell))
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise TypeError(
            f"{where} must be a number, a str, or several numbers; got {cell!r}"
        )
    if not values.size or not np.isfinite(values).all():
        raise ValueError(f"{where} needs finite numbers, or words; got {cell!r}")
    return values


def _decimals(values: Any) -> int:
    """Decimals with which the largest number of a column has three digits; none where
    all numbers are whole.
    """
    numbers = [np.asarray(value) for value in values]
    if all(value.dtype.kind in "iu" for value in numbers):
        return 0
    largest = max(float(np.abs(value).max()) for value in numbers)
    return max(0, 2 - math.floor(math.log10(largest))) if largest > 0 else 2


def _spread(values: np.ndarray, decimals: int) -> str:
    """'310', or for several seeds the median with the ends: '310 (295–322)'."""
    middle = _number(float(np.median(values)), decimals)
    if values.size == 1:
        return middle
    low, high = (_number(float(end), decimals) for end in (values.min(), values.max()))
    between = "–" if values.min() >= 0 else " to "  # a dash beside a minus misleads
    return f"{middle} ({low}{between}{high})"


def _number(value: float, decimals: int) -> str:
    """A number with its decimals, a true minus sign, and no minus before zero."""
    shown = f"{round(value, decimals) + 0.0:,.{decimals}f}"
    return shown.replace("-", "−")


def _plain(entry: Entry) -> str:
    return f"{MARK} {entry.text}" if entry.is_best else entry.text


def _cell(entry: Entry) -> str:
    """`<td>` of an entry."""
    if entry.value is None:
        return f'<td class="rg-words">{prose(entry.text)}</td>'
    middle, _, ends = _plain(entry).partition(" (")  # '310' and '295–322)'
    shown = middle + f' <span class="rg-ends">({ends}</span>' * bool(ends)
    shown = f"<strong>{shown}</strong>" if entry.is_best else shown
    return f'<td class="rg-number" data-value="{entry.value:.10g}">{shown}</td>'
