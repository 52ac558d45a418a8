"""Makes `form.docx`, the default Word template of the 登记表.

`python -m services.registration.documents.word_template` writes it; a test holds the two together. Its placeholders
are the labels of sheet.py in double braces.
"""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

TEMPLATE = Path(__file__).with_name("form.docx")
_HALVES = (2.5, 6.0, 2.5, 6.0)
_PERSON = ("姓名", "职务", "手机号码", "电子邮箱")
_TEAM = ("序号", "名称", "负责人", "参赛领域", "主体类别", "人数")
_SEAL = "负责人（签字）：　　　　　　（盖章）　　　年　　月　　日"


def _write(paragraph: Any, text: str, size: float = 10.5, font: str = "仿宋_GB2312") -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), font
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    paragraph.paragraph_format.space_after = Pt(0)


def _fill(cell: Any, text: str, width: float, label: bool = False) -> None:
    cell.width, cell.vertical_alignment = Cm(width), WD_CELL_VERTICAL_ALIGNMENT.CENTER
    _write(cell.paragraphs[0], text, font="黑体" if label else "仿宋_GB2312")
    if label:
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _table(document: Any, rows: int, widths: Sequence[float]) -> Any:
    if document.tables:  # tables that follow each other directly would become one
        gap = document.add_paragraph()
        gap.paragraph_format.space_after, gap.paragraph_format.line_spacing = Pt(0), Pt(1)
    table = document.add_table(rows, len(widths), style="Table Grid")
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    return table


def _unit(document: Any) -> None:
    pairs = (
        ("统一社会信用代码", "单位性质"),
        ("行政关系", "所属赛区"),
        ("参赛领域", "主体类别"),
    )
    table = _table(document, 6, _HALVES)
    for row, label in ((0, "单位名称"), (2, "单位地址"), (4, "登记方式")):
        _fill(table.cell(row, 0), label, _HALVES[0], label=True)
        _fill(table.cell(row, 1).merge(table.cell(row, 3)), f"{{{{ {label} }}}}", sum(_HALVES[1:]))
    for row, pair in zip((1, 3, 5), pairs, strict=True):
        for n, label in enumerate(pair):
            _fill(table.cell(row, 2 * n), label, _HALVES[2 * n], label=True)
            _fill(table.cell(row, 2 * n + 1), f"{{{{ {label} }}}}", _HALVES[2 * n + 1])


def _people(document: Any) -> None:
    widths = (2.5, 2.6, 4.5, 3.2, 4.2)
    table = _table(document, 4, widths)
    for n, label in enumerate(("人员", *_PERSON)):
        _fill(table.cell(0, n), label, widths[n], label=True)
    for row, who in enumerate(("主要领导", "分管领导", "联系人"), start=1):
        _fill(table.cell(row, 0), who, widths[0], label=True)
        for n, part in enumerate(_PERSON, start=1):
            _fill(table.cell(row, n), f"{{{{ {who}.{part} }}}}", widths[n])


def _teams(document: Any) -> None:
    """A row for each team; the two rows above are repeated on every page."""
    widths = (1.2, 5.1, 2.4, 3.2, 3.7, 1.4)
    table = _table(document, 5, widths)
    _fill(table.cell(0, 0).merge(table.cell(0, 5)), "参赛团队（共{{ 参赛团队|length }}支）", sum(widths), label=True)
    for n, label in enumerate(("序号", "团队名称", "负责人", "参赛领域", "主体类别", "人数")):
        _fill(table.cell(1, n), label, widths[n], label=True)
    for row in table.rows[:2]:
        row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    _fill(table.cell(2, 0).merge(table.cell(2, 5)), "{%tr for 团队 in 参赛团队 %}", sum(widths))
    for n, part in enumerate(_TEAM):
        _fill(table.cell(3, n), f"{{{{ 团队.{part} }}}}", widths[n])
    _fill(table.cell(4, 0).merge(table.cell(4, 5)), "{%tr endfor %}", sum(widths))


def _opinions(document: Any) -> None:
    widths = (2.5, 14.5)
    table = _table(document, 5, widths)
    for row, label in enumerate(("竞赛主题", "竞赛目标", "本单位意见", "上级意见", "赛区意见")):
        _fill(table.cell(row, 0), label, widths[0], label=True)
        table.rows[row].height = Cm(1.2 if row < 2 else 2.2)
        cell = table.cell(row, 1)
        _fill(cell, f"{{{{ {label} }}}}", widths[1])
        if label == "本单位意见":
            _write(cell.add_paragraph(), "{{ 签署 }}", 9)
        if row >= 2:
            seal = cell.add_paragraph()
            seal.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            _write(seal, _SEAL)


def made() -> bytes:
    """The template; the same bytes each time."""
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(title, "{{ 表名 }}", 16, "方正小标宋简体")
    head = document.add_paragraph()
    head.paragraph_format.tab_stops.add_tab_stop(Cm(11.5))
    _write(head, "分赛区：{{ 受理赛区 }}{% if 备案 %}（复印件·备案）{% endif %}\t填报时间：{{ 填报时间 }}")
    for part in (_unit, _people, _teams, _opinions):
        part(document)
    _write(page.footer.paragraphs[0], "第　　份/共{{ 份数 }}份　　　　　　　　　　核验码 {{ 核验码 }}", 9)
    return _steady(document)


def _steady(document: Any) -> bytes:
    """Packed without the time of packing, so that a test can hold the committed file against this script."""
    file, packed = BytesIO(), BytesIO()
    document.save(file)
    with ZipFile(file) as before, ZipFile(packed, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(ZipInfo(name, (2021, 1, 1, 0, 0, 0)), before.read(name), ZIP_DEFLATED)
    return packed.getvalue()


if __name__ == "__main__":
    TEMPLATE.write_bytes(made())
