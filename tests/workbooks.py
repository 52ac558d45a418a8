"""Lists of people as units would fill them in, in order and out of it."""

import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

HEAD = ("姓名", "手机号码", "执法证号", "所在团队", "职务", "管理归属")
OWN = "上海市黄浦区城市管理行政执法局"


def person(n: int, **changes: str) -> list[str]:
    """A visibly synthetic row."""
    given = {"name": f"样例{n}", "mobile": "", "badge": f"YL-{n:06d}", "team": "", "duty": "队员", "own": OWN}
    return list({**given, **changes}.values())


def workbook(
    rows: Sequence[Sequence[Any]], head: Sequence[str] = HEAD, more: Callable[[Any, Any], None] | None = None
) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("参赛人员")
        for n, row in enumerate((head, *rows)):
            sheet.write_row(n, 0, row)
        if more:
            more(book, sheet)
    return file.getvalue()


def repacked(content: bytes, **entries: bytes) -> bytes:
    """The archive with further entries; `__` in a name stands for `/`, `_bin` at its end for `.bin`."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for name, entry in entries.items():
            new.writestr(name.replace("__", "/").replace("_bin", ".bin"), entry)
    return file.getvalue()


def lines_of(content: bytes) -> list[list[Any]]:
    rows: list[list[Any]] = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    return rows
