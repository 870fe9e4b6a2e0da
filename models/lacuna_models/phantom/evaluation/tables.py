"""What was measured, as rows and columns: one representation for JSON and for Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from lacuna_models.phantom.evaluation.statistics import Figure, Paired

Cell = Figure | float | int | str | None
Progress = Callable[[str, int, int], None]  # what is measured, how much of it, of how much


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a card. ``rows`` maps a row's name to its cells, as many as ``columns``."""

    title: str
    head: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[Cell, ...]]
    note: str = ""

    def cell(self, row: str, column: str) -> Cell:
        """Return one cell."""
        return self.rows[row][self.columns.index(column)]

    def mean(self, row: str, column: str) -> float:
        """Return one cell's number; a figure's mean.

        Raises:
            ValueError: there is no number.
        """
        value = self.cell(row, column)
        if isinstance(value, Figure):
            return value.mean
        if isinstance(value, int | float):
            return float(value)
        raise ValueError(f"{self.title}: {row}, {column} holds no number")

    def markdown(self) -> str:
        """Return the table as Markdown, under its title."""
        lines = [f"### {self.title}", ""]
        lines += [
            f"| {' | '.join((self.head, *self.columns))} |",
            "|---" * len(self.columns) + "|---|",
        ]
        lines += [
            f"| {' | '.join((name, *map(_worded, row)))} |" for name, row in self.rows.items()
        ]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])


@dataclass(frozen=True, slots=True)
class Card:
    """All tables of one evaluation."""

    model: str
    model_hash: str
    seed: int
    tables: tuple[Table, ...]
    sibling: str = ""

    def table(self, title: str) -> Table:
        """Return the table of a title."""
        return next(table for table in self.tables if table.title == title)

    def markdown(self) -> str:
        """Return all tables as Markdown."""
        return "\n\n".join(table.markdown() for table in self.tables)

    def json(self) -> str:
        """Return the card as JSON: tables by title, rows by name, cells by column; no NaN."""
        tables = {
            table.title: {
                name: {c: _plain(cell) for c, cell in zip(table.columns, row, strict=True)}
                for name, row in table.rows.items()
            }
            for table in self.tables
        }
        said = {"model": self.model, "model_hash": self.model_hash, "seed": self.seed}
        return json.dumps(said | {"sibling": self.sibling, "tables": tables}, indent=2)


def paired_cells(tested: Paired) -> tuple[Cell, ...]:
    """Return a gain, its t and its p as cells."""
    return tested.gain, round(tested.t, 2), _probability(tested.p)


def _probability(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"


def _worded(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return "-" if math.isnan(cell) else f"{cell:.3f}" if abs(cell) < 10 else f"{cell:.0f}"
    return str(cell)


def _plain(cell: Cell) -> object:
    if isinstance(cell, Figure):
        return {name: _plain(value) for name, value in asdict(cell).items()}
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
