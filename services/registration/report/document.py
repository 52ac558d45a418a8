"""登记情况汇总报告: the report upward as .docx, laid out as official letters are (GB/T 9704-2012)."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from services.registration.overview.standings import Season, sums
from services.registration.overview.views import Standing, Sum
from services.registration.report import words
from shared.kernel.messages import SHANGHAI

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

TITLE, HEADING, TEXT = ("方正小标宋简体", 22), ("黑体", 16), ("仿宋_GB2312", 16)
CELL, HEAD = ("仿宋_GB2312", 10.5), ("黑体", 10.5)
MARGINS = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}  # mm
LINE = Pt(28)

Font = tuple[str, float]


def document(season: Season, now: datetime) -> bytes:
    """The whole report as it is true at `now`."""
    made = _page()
    _paragraph(made, words.title(season), TITLE, WD_ALIGN_PARAGRAPH.CENTER)
    _paragraph(made, "", TEXT)
    _paragraph(made, words.RECIPIENTS, TEXT)
    _paragraph(made, words.opening(season, now), TEXT, indent=True)
    groups = sums(season.units)
    _paragraph(made, "一、总体情况", HEADING, indent=True)
    _paragraph(made, words.numbers(season, groups[-1]), TEXT, indent=True)
    _groups(made, groups)
    _paragraph(made, "二、各单位登记情况", HEADING, indent=True)
    _units(made, season.units)
    _paragraph(made, "三、未完成登记的单位及原因", HEADING, indent=True)
    for line in words.outstanding([unit for unit in season.units if unit.waits_for is not None]):
        _paragraph(made, line, TEXT, indent=True)
    _paragraph(made, "", TEXT)
    _paragraph(made, f"{season.zone}立功竞赛领导小组办公室", TEXT, WD_ALIGN_PARAGRAPH.RIGHT)
    _paragraph(made, words.day(now.astimezone(SHANGHAI).date()), TEXT, WD_ALIGN_PARAGRAPH.RIGHT)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def _page() -> Any:
    made = Document()
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for name, width in MARGINS.items():
        setattr(section, name, Mm(width))
    return made


def _groups(made: Any, groups: Sequence[Sum]) -> None:
    head = ("组别", "应登记", "已提交", "审核通过", "纸质收齐", "登记完成", "逾期", "团队", "参赛人员")
    rows = [
        (
            words.GROUPS[each.group],
            each.units,
            each.submitted,
            each.accepted,
            each.papers,
            each.completed,
            each.overdue,
            each.teams,
            each.people,
        )
        for each in groups
    ]
    _table(made, head, rows, (18, *(17,) * 8))


def _units(made: Any, units: Sequence[Standing]) -> None:
    head = ("序号", "参赛单位", "登记方式", "状态", "电子登记表", "纸质登记表", "团队", "参赛人员")
    rows = [
        (
            unit.order,
            unit.name,
            words.OUTCOMES[unit.outcome],
            words.STATUSES[unit.status],
            words.TIMELINESS[unit.electronic],
            f"{words.TIMELINESS[unit.paper]}（{unit.copies}/{unit.copies_due}）"
            if unit.copies_due
            else words.TIMELINESS[unit.paper],
            unit.teams,
            unit.people,
        )
        for unit in units
    ]
    _table(made, head, rows, (10, 42, 30, 16, 16, 20, 10, 12))


def _table(made: Any, head: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[float]) -> None:
    """`widths` in mm; the head is repeated on each page."""
    table = made.add_table(rows=1 + len(rows), cols=len(head), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row, values, font in zip(table.rows, (head, *rows), (HEAD, *(CELL,) * len(rows)), strict=True):
        for cell, value, width in zip(row.cells, values, widths, strict=True):
            cell.width = Mm(width)
            paragraph = cell.paragraphs[0]
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _run(paragraph, str(value), font)
    _paragraph(made, "", CELL)


def _paragraph(
    made: Any, text: str, font: Font, align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY, indent: bool = False
) -> None:
    paragraph = made.add_paragraph()
    paragraph.alignment = align
    layout = paragraph.paragraph_format
    layout.space_after, layout.line_spacing_rule, layout.line_spacing = Pt(0), WD_LINE_SPACING.EXACTLY, LINE
    if indent:
        layout.first_line_indent = Pt(2 * font[1])
    _run(paragraph, text, font)


def _run(paragraph: Any, text: str, font: Font) -> None:
    """Chinese letters have a font name of their own, which the library does not set."""
    name, size = font
    run = paragraph.add_run(text)
    run.font.name, run.font.size = name, Pt(size)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)
