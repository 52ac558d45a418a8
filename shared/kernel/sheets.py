"""Worksheets of any length, in which text is never taken for a formula."""

from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Sheet:
    """A worksheet written from the top, each row forgotten once written."""

    def __init__(self, file: Any, title: str, columns: Sequence[tuple[str, int]]) -> None:
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True, "in_memory": False})
        self._text = self._book.add_format({"num_format": "@"})
        self._guarded = self._book.add_format({"num_format": "@", "quote_prefix": True})
        self._fault = self._book.add_format({"num_format": "@", "bg_color": "#fde8e8"})
        head = self._book.add_format({"bold": True, "bg_color": "#eef3fa", "bottom": 1})
        self._sheet = self._book.add_worksheet(title)
        self._sheet.freeze_panes(1, 0)
        for n, (name, width) in enumerate(columns):
            self._sheet.set_column(n, n, width)
            self._sheet.write_string(0, n, name, head)
        self._row = 0

    def add(self, cells: Iterable[str | int | float | None], faulty: bool = False) -> None:
        """Text stays text, whatever it looks like: it is never taken for a formula, here or once copied elsewhere."""
        self._row += 1
        for n, cell in enumerate(cells):
            if isinstance(cell, str):
                plain = self._guarded if cell.startswith(_FORMULA) else self._text
                self._sheet.write_string(self._row, n, cell[:32_000], self._fault if faulty else plain)
            elif cell is not None:
                self._sheet.write_number(self._row, n, cell)

    def close(self) -> None:
        self._book.close()
