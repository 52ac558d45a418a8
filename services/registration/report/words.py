"""The sentences of the report upward. Pure."""

from datetime import date, datetime

from services.registration.model.dates import until
from services.registration.model.standing import Status, Timeliness
from services.registration.overview.standings import Season
from services.registration.overview.views import Standing, Sum
from shared.kernel.messages import SHANGHAI

RECIPIENTS = "市住建委赛区立功竞赛领导小组办公室、市竞赛办："  # as §四(一) names them
GROUPS = {"district": "区局", "municipal": "市属", None: "合计"}
STATUSES: dict[Status, str] = {
    "opened": "未填报",
    "started": "填报中",
    "submitted": "待审核",
    "returned": "退回修改",
    "accepted": "待收纸质",
    "completed": "已完成",
}
TIMELINESS: dict[Timeliness, str] = {
    "pending": "未到期",
    "overdue": "逾期未交",
    "on_time": "按时",
    "extended": "延期内",
    "late": "逾期",
}
OUTCOMES = {"here": "本分赛区登记", "administrative": "行政关系所属赛区登记，本处备案", None: "–"}


def day(at: date) -> str:
    """A date as official letters write it (GB/T 9704-2012): `2021年6月18日`."""
    return f"{at.year}年{at.month}月{at.day}日"


def title(season: Season) -> str:
    return f"关于{season.name}登记注册情况的报告"


def opening(season: Season, now: datetime) -> str:
    at = now.astimezone(SHANGHAI)
    return (
        f"按照市竞赛办登记注册制要求和{season.notice}通知的部署，"
        f"我分赛区组织各参赛单位登记注册，截止时间为{until(season.closes_at)}。"
        f"现将截至{day(at.date())}{at:%H:%M}的情况报告如下。"
    )


def numbers(season: Season, total: Sum) -> str:
    done = [unit for unit in season.units if unit.status in ("accepted", "completed")]
    here = sum(unit.outcome == "here" for unit in done)
    return (
        f"应登记单位{total.units}家，已提交电子登记表{total.submitted}家，审核通过{total.accepted}家"
        f"（其中在本分赛区登记{here}家，在行政关系所属赛区登记、本处备案{len(done) - here}家），"
        f"纸质登记表收齐{total.papers}家，表件齐全、登记完成{total.completed}家。"
        f"参赛团队{total.teams}支，登记表所填团队人数合计{total.headcount}人，已列入名单的参赛人员{total.people}人。"
    )


def outstanding(units: list[Standing]) -> list[str]:
    """One line for each unit that is not complete: what is lacking, and why."""
    if not units:
        return ["各参赛单位均已完成登记，没有未完成的单位。"]
    return [f"{n}.{unit.name}：{_why(unit)}。" for n, unit in enumerate(units, start=1)]


def _why(unit: Standing) -> str:
    parts = ["、".join(unit.lacking)]
    if unit.returned_because:
        parts.append(
            "退回原因：" + "，".join(f"{label}（{_plain(why)}）" for label, why in unit.returned_because.items())
        )
    if unit.extended_because:
        parts.append(f"期限延至{until(unit.closes_at)}，延期原因：{_plain(unit.extended_because)}")
    elif "overdue" in (unit.electronic, unit.paper):
        parts.append(f"期限{until(unit.closes_at)}已过")
    return "；".join(parts)


def _plain(sentence: str) -> str:
    """A reason inside a sentence: without the full stop that it may end with."""
    return sentence.strip().rstrip("。；，")
