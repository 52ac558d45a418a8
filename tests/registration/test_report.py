"""The report upward: its sentences, and the document itself."""

from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document

from services.registration.overview.standings import Season, sums
from services.registration.overview.views import Standing
from services.registration.report import words
from services.registration.report.document import document
from shared.kernel.messages import SHANGHAI
from tests.spec import at

NOW = datetime(2021, 6, 18, 9, 0, tzinfo=SHANGHAI)


def unit(order: int, **changes: Any) -> Standing:
    usual: dict[str, Any] = {
        "unit": f"sample{order}",
        "name": f"样例{order}局",
        "short": f"样例{order}",
        "group": "district",
        "order": order,
        "status": "completed",
        "outcome": "here",
        "electronic": "on_time",
        "paper": "on_time",
        "copies": 4,
        "copies_due": 4,
        "teams": 2,
        "headcount": 29,
        "people": 27,
        "closes_at": at("06-18 00:00"),
        "extended_because": None,
        "returned_because": None,
        "waits_for": None,
        "lacking": (),
        "submitted_at": at("06-01 09:00"),
        "accepted_at": at("06-02 09:00"),
        "completed_at": at("06-03 09:00"),
        "version": 5,
    }
    return Standing(**(usual | changes))


RETURNED = unit(
    2,
    status="returned",
    outcome=None,
    electronic="pending",
    paper="pending",
    copies=0,
    copies_due=None,
    closes_at=at("06-26 00:00"),
    extended_because="汛期值守。",
    returned_because={"竞赛主题": "请写明主题。"},
    waits_for="unit",
    lacking=("电子登记表退回后尚未重新提交", "纸质登记表尚未报送"),
)
FILED = unit(3, group="municipal", outcome="administrative", copies=1, copies_due=1, teams=0, headcount=0, people=0)
OVERDUE = unit(4, status="accepted", paper="overdue", copies=1, waits_for="unit", lacking=("纸质登记表尚缺3份",))
SEASON = Season(
    2021, "2021年度样例竞赛", "样例〔2021〕2号", "样例分赛区", at("06-18 00:00"), (unit(1), RETURNED, FILED, OVERDUE)
)


def test_numbers_are_counted_by_group_and_together() -> None:
    district, municipal, together = sums(SEASON.units)
    assert [district.group, municipal.group, together.group] == ["district", "municipal", None]
    assert (district.units, district.completed, district.overdue, district.people) == (3, 1, 1, 81)
    assert (municipal.units, municipal.papers, municipal.headcount) == (1, 1, 0)
    assert (together.units, together.submitted, together.accepted, together.completed) == (4, 3, 3, 2)


def test_outstanding_units_are_named_with_their_reasons() -> None:
    returned, overdue = words.outstanding([RETURNED, OVERDUE])
    assert returned == (
        "1.样例2局：电子登记表退回后尚未重新提交、纸质登记表尚未报送；退回原因：竞赛主题（请写明主题）；"
        "期限延至2021年6月25日（周五）24:00，延期原因：汛期值守。"
    )
    assert overdue == "2.样例4局：纸质登记表尚缺3份；期限2021年6月17日（周四）24:00已过。"
    assert words.outstanding([]) == ["各参赛单位均已完成登记，没有未完成的单位。"]


def test_the_document_opens_and_says_all_of_it() -> None:
    found = Document(BytesIO(document(SEASON, NOW)))
    lines = [paragraph.text for paragraph in found.paragraphs]
    assert lines[0] == "关于2021年度样例竞赛登记注册情况的报告"
    assert "市住建委赛区立功竞赛领导小组办公室、市竞赛办：" in lines
    assert any("其中在本分赛区登记2家，在行政关系所属赛区登记、本处备案1家" in line for line in lines)
    assert lines[-2:] == ["样例分赛区立功竞赛领导小组办公室", "2021年6月18日"]
    groups, units = ([[cell.text for cell in row.cells] for row in table.rows] for table in found.tables)
    assert groups[-1] == ["合计", "4", "3", "3", "2", "2", "1", "6", "81"]
    assert units[2] == ["2", "样例2局", "–", "退回修改", "未到期", "未到期", "2", "27"]
    assert units[4] == ["4", "样例4局", "本分赛区登记", "待收纸质", "按时", "逾期未交（1/4）", "2", "27"]


def test_when_all_is_done_nobody_is_named() -> None:
    done = replace(SEASON, units=(unit(1),))
    lines = [paragraph.text for paragraph in Document(BytesIO(document(done, NOW))).paragraphs]
    assert "各参赛单位均已完成登记，没有未完成的单位。" in lines
