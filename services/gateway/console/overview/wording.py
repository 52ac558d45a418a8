"""催办文字: what the office copies into a chat."""

from datetime import datetime
from typing import Any

from services.gateway.console import formats
from services.gateway.console.season import Season


def text(season: Season, rows: list[dict[str, Any]], rest: str, now: datetime) -> str:
    """Who of the rows has something left to do, what, and until when; empty where nobody has.

    `rest` is how long the season's deadline is off; a unit's own is said beside the unit.
    """
    waiting = [row for row in rows if row["waits_for"] == "unit"]
    if not waiting:
        return ""
    opening = (
        f"各参赛单位：{season.name}登记注册{_until(season.closes_at, rest, now)}。"
        f"截至{formats.moment(now)}，尚有{len(waiting)}家单位未完成："
    )
    lines = (_line(n, row, season, now) for n, row in enumerate(waiting, start=1))
    closing = (
        "请按期限登录平台填报提交电子登记表，并同步报送纸质登记表；已逾期的请尽快补办，确有困难的请联系竞赛办申请延期。"
    )
    return "\n".join([opening, *lines, closing])


def _line(n: int, row: dict[str, Any], season: Season, now: datetime) -> str:
    own = formats.at(row["closes_at"]) != formats.at(season.closes_at)
    deadline = f"（{_until(row['closes_at'], row['rest'], now)}）" if own else ""
    return f"{n}. {row['short']}：{'、'.join(row['lacking'])}{deadline}"


def _until(end: str, rest: str, now: datetime) -> str:
    if formats.is_over(end, now):
        return f"已于{formats.until(end)}截止"
    return f"于{formats.until(end)}截止" + (f"，{rest}" if rest else "")
