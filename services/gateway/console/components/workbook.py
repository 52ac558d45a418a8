"""Workbooks: exports of any length, and a faulty upload with its errors beside the lines."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

import xlsxwriter
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool

from shared.contracts.season_file import Fault

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SPOOL = 1_000_000  # bytes kept in memory before a temporary file is used
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Column:
    """`value` of a row: text, a number, or None for an empty cell. `width` in characters."""

    title: str
    value: Callable[[dict[str, Any]], str | int | float | None]
    width: int = 16


class _Sheet:
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


async def export(name: str, columns: Sequence[Column], rows: AsyncIterator[dict[str, Any]]) -> StreamingResponse:
    """A download of all the rows; memory does not grow with them."""
    file = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115  # closed when it has been sent
    sheet = _Sheet(file, name[:31], [(column.title, column.width) for column in columns])
    async for row in rows:
        sheet.add(column.value(row) for column in columns)
    await asyncio.to_thread(sheet.close)  # it is only now that everything is packed
    file.seek(0)

    def chunks() -> Iterable[bytes]:
        with file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return StreamingResponse(iterate_in_threadpool(chunks()), media_type=SHEET, headers=attachment(f"{name}.xlsx"))


def annotated(text: str, faults: Sequence[Fault]) -> bytes:
    """A faulty text file as a workbook: line number, line, and what is wrong there."""
    by_line: dict[int, list[str]] = {}
    for fault in faults:
        by_line.setdefault(fault.line, []).append(f"{fault.field}：{fault.sentence}" if fault.field else fault.sentence)
    file = BytesIO()
    sheet = _Sheet(file, "错误标注", (("行号", 8), ("原文", 90), ("错误和改法", 70)))
    for number, line in enumerate(text.splitlines() or [""], start=1):
        complaints = by_line.get(number, [])
        sheet.add((number, line, "\n".join(complaints)), faulty=bool(complaints))
    sheet.close()
    return file.getvalue()


def attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
