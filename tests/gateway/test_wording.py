"""催办文字: what the office copies into a chat."""

from datetime import datetime
from typing import Any

from services.gateway.console.overview.wording import text
from services.gateway.console.season import Season
from shared.kernel.messages import SHANGHAI

CLOSES = "2021-06-18T00:00:00+08:00"
SEASON = Season(2021, "样例竞赛", {"registration": {"closes_at": CLOSES}}, [])


def row(short: str, **changes: Any) -> dict[str, Any]:
    usual = {"short": short, "waits_for": "unit", "lacking": ["纸质登记表尚缺4份"], "closes_at": CLOSES, "rest": ""}
    return usual | changes


def at(day: int) -> datetime:
    return datetime(2021, 6, day, 9, 0, tzinfo=SHANGHAI)


def test_it_names_the_deadline_the_working_days_and_who_has_something_left_to_do() -> None:
    rows = [row("甲"), row("乙", waits_for="office"), row("丙", waits_for=None)]
    lines = text(SEASON, rows, "剩余3个工作日", at(11)).splitlines()
    assert lines[0] == (
        "各参赛单位：样例竞赛登记注册于2021年6月17日（周四）24:00截止，剩余3个工作日。"
        "截至2021年6月11日（周五）09:00，尚有1家单位未完成："
    )
    assert lines[1:-1] == ["1. 甲：纸质登记表尚缺4份"]


def test_a_deadline_of_a_unit_s_own_is_said_beside_it_and_a_past_one_is_past() -> None:
    extended = row("甲", closes_at="2021-06-26T00:00:00+08:00", rest="剩余5个工作日", lacking=["一", "二"])
    lines = text(SEASON, [extended], "已截止", at(18)).splitlines()
    assert "登记注册已于2021年6月17日（周四）24:00截止。" in lines[0]
    assert lines[1] == "1. 甲：一、二（于2021年6月25日（周五）24:00截止，剩余5个工作日）"


def test_there_is_nothing_to_copy_when_nobody_is_outstanding() -> None:
    assert text(SEASON, [row("甲", waits_for=None)], "", at(11)) == ""
