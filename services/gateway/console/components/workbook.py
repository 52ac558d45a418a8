"""Workbooks: exports of any length, and a faulty upload with its errors beside the lines."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool

from shared.contracts.season_file import Fault
from shared.kernel.sheets import SHEET, Sheet

_SPOOL = 1_000_000  # bytes kept in memory before a temporary file is used
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Column:
    """`value` of a row: text, a number, or None for an empty cell. `width` in characters."""

    title: str
    value: Callable[[dict[str, Any]], str | int | float | None]
    width: int = 16


async def export(name: str, columns: Sequence[Column], rows: AsyncIterator[dict[str, Any]]) -> StreamingResponse:
    """A download of all the rows; memory does not grow with them."""
    file = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115  # closed when it has been sent
    sheet = Sheet(file, name[:31], [(column.title, column.width) for column in columns])
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
    sheet = Sheet(file, "错误标注", (("行号", 8), ("原文", 90), ("错误和改法", 70)))
    for number, line in enumerate(text.splitlines() or [""], start=1):
        complaints = by_line.get(number, [])
        sheet.add((number, line, "\n".join(complaints)), faulty=bool(complaints))
    sheet.close()
    return file.getvalue()


def attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
