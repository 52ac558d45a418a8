"""An uploaded list of people as rows of text, once it has been found to be one: .xlsx, or .csv."""

import asyncio
import csv
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import StringIO
from typing import IO

import msgspec

from services.registration.model.roster_commands import MOST_PEOPLE
from shared.kernel.filekinds import Unfit, kind_of
from shared.kernel.limits import megabytes
from shared.kernel.problems import Problem

MOST_BYTES = 5_000_000
MOST_UNPACKED = 40_000_000  # bytes; 20,000 people take about 8 million
OLD = b"\xd0\xcf\x11\xe0"  # how .xls begins, and .xlsx with a password
COLUMNS = {
    "name": "姓名",
    "mobile": "手机号码",
    "badge": "执法证号",
    "team": "所在团队",
    "duty": "职务",
    "affiliation": "管理归属",
}
COMPLAINT = "错误和改法"  # the column that an annotated copy has more; it may come back with it
_KIND = "请下载模板，填写后上传Excel（.xlsx）文件。"


@dataclass(frozen=True)
class Row:
    """A line of the file that is not empty; `cells` by column, `line` as Excel numbers it."""

    line: int
    cells: dict[str, str]


class _Told(msgspec.Struct):
    """What the reader answers with: first and last line of what is merged."""

    rows: list[list[str]]
    merged: list[tuple[int, int]]


async def rows_of(parts: AsyncIterator[bytes]) -> list[Row]:
    """Raises a 413 problem for too large a file or too many people, 415 for another kind, 422 for another content."""
    with tempfile.TemporaryFile() as content:
        size = 0
        async for part in parts:
            size += len(part)
            if size > MOST_BYTES:
                raise Problem(413, f"文件超过{megabytes(MOST_BYTES)}，请删去多余的内容或拆分后上传。")
            content.write(part)
        if size == 0:
            raise Problem(422, f"文件是空的。{_KIND}")
        try:
            lines = await _lines(content)
        except Unfit as unfit:
            raise Problem(415, str(unfit)) from None
    return _rows(lines)


async def _lines(content: IO[bytes]) -> list[list[str]]:
    content.seek(0)
    head = content.read(4)
    if head.startswith(OLD):
        raise Unfit("这是旧版Excel（.xls）文件，或设有密码的文件；请取消密码并另存为.xlsx后上传。")
    if not head.startswith(b"PK"):
        content.seek(0)
        return _separated(content.read())
    if await asyncio.to_thread(kind_of, content) != "xlsx":
        raise Unfit(f"这不是Excel表格。{_KIND}")
    await asyncio.to_thread(_moderate, content)
    return await _read(content)


def _moderate(content: IO[bytes]) -> None:
    with zipfile.ZipFile(content) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            raise Unfit("文件解压后过大，不予接收；请删去图片和多余的工作表后重新上传。")


async def _read(content: IO[bytes]) -> list[list[str]]:
    content.seek(0)
    reader = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.registration.people.reading", str(MOST_PEOPLE + 1)),
        stdin=content,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # a reader's last words could quote the file
    )
    try:
        told, _ = await asyncio.wait_for(reader.communicate(), 60)
    except TimeoutError:
        raise _unreadable() from None
    finally:
        if reader.returncode is None:
            reader.kill()
    if reader.returncode != 0:
        raise _unreadable()
    found = msgspec.json.decode(told, type=_Told)
    merged = [f"第{first}行" if first == last else f"第{first}至{last}行" for first, last in found.merged]
    if merged:
        raise Unfit(f"表格里有合并的单元格（{'、'.join(merged[:5])}），无法逐行对应；请取消合并，逐行填写后重新上传。")
    return found.rows


def _unreadable() -> Unfit:
    return Unfit("文件无法读取：已损坏，或内容远离表头；请把名单复制到新下载的模板里，再上传。")


def _separated(raw: bytes) -> list[list[str]]:
    """A .csv in UTF-8, or as Chinese Excel writes it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return [[cell.strip() for cell in line] for line in csv.reader(StringIO(text))]
    raise Unfit(f"不能接收这种格式或编码的文件。{_KIND}")


def _rows(lines: list[list[str]]) -> list[Row]:
    titles = list(COLUMNS.values())
    head = [cell for cell in (lines[0] if lines else []) if cell]
    if head not in (titles, [*titles, COMPLAINT]):
        raise Problem(422, f"第1行的表头应为：{'、'.join(titles)}。{_KIND}")
    rows = [
        Row(number, dict(zip(COLUMNS, [*line, *[""] * len(titles)], strict=False)))
        for number, line in enumerate(lines[1:], start=2)
        if any(line)
    ]
    if len(rows) > MOST_PEOPLE:
        raise Problem(413, f"一次最多导入{MOST_PEOPLE}人，请拆分后上传。")
    if not rows:
        raise Problem(422, "名单里没有人员，请从第2行起逐行填写后上传。")
    return rows
