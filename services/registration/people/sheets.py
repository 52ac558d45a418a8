"""The workbooks that units fill in and get back: the template with its lists, and the copy with its faults."""

from collections.abc import Sequence
from io import BytesIO

import xlsxwriter

from services.registration.model.roster_commands import MOST_PEOPLE
from services.registration.people.checking import Fault
from services.registration.people.upload import COLUMNS, COMPLAINT, Row
from shared.kernel.sheets import Sheet

TITLE = "参赛人员"
WIDTHS = {"name": 14, "mobile": 18, "badge": 18, "team": 28, "duty": 20, "affiliation": 36}
NOTES = (
    "1. 在“参赛人员”表中从第2行起，每人填一行；不要改动第1行表头，不要合并单元格。",
    "2. 姓名、管理归属必填；手机号码和执法证号至少填一项。同一赛季按执法证号（没有的按手机号码）识别同一人。",
    "3. 每名参赛人员在一个赛季只有一个管理归属，已在其他单位名单中的，请对方先办理转隶。",
    "4. 所在团队从下拉列表选择（取自本单位登记表），不属于任何团队的留空。",
    "5. 管理归属填写管理该人员的单位全称，可从下拉列表选择，也可另填。",
    f"6. 一次最多{MOST_PEOPLE}人。有任何一行填错，整份不导入，并返回标出全部错误的副本，改正后可直接上传该副本。",
    "7. 已在本单位名单中的人员再次导入，以新填的内容为准；名单中没有出现的人员不受影响。",
)


def template(teams: Sequence[str], affiliations: Sequence[str]) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "bg_color": "#eef3fa", "bottom": 1})
        sheet, notes, lists = (book.add_worksheet(name) for name in (TITLE, "填写说明", "选项"))
        sheet.freeze_panes(1, 0)
        for n, (name, title) in enumerate(COLUMNS.items()):
            sheet.set_column(n, n, WIDTHS[name], text)
            sheet.write_string(0, n, title, head)
        notes.set_column(0, 0, 100, book.add_format({"text_wrap": True}))
        notes.write_column(0, 0, NOTES)
        lists.hide()
        for n, (column, choices, binding) in enumerate(
            (("team", teams, "stop"), ("affiliation", affiliations, "information"))
        ):
            if not choices:
                continue
            for row, choice in enumerate(choices):
                lists.write_string(row, n, choice)
            letter, at = "AB"[n], list(COLUMNS).index(column)
            sheet.data_validation(
                1,
                at,
                MOST_PEOPLE,
                at,
                {
                    "validate": "list",
                    "source": f"=选项!${letter}$1:${letter}${len(choices)}",
                    "error_type": binding,
                    "error_title": "请从列表选择",
                    "error_message": "这一项不在列表中，请核对。",
                },
            )
    return file.getvalue()


def annotated(rows: Sequence[Row], faults: Sequence[Fault]) -> bytes:
    """The uploaded rows at their lines, each with what is wrong there."""
    complaints: dict[int, list[str]] = {}
    for fault in faults:
        complaints.setdefault(fault.line, []).append(
            f"{fault.field}：{fault.sentence}" if fault.field else fault.sentence
        )
    file = BytesIO()
    columns = [*((title, WIDTHS[name]) for name, title in COLUMNS.items()), (COMPLAINT, 80)]
    sheet = Sheet(file, TITLE, columns)
    line = 1
    for row in rows:
        for _ in range(line + 1, row.line):
            sheet.add(())
        line = row.line
        told = complaints.get(line, [])
        sheet.add((*row.cells.values(), "\n".join(told)), faulty=bool(told))
    sheet.close()
    return file.getvalue()
