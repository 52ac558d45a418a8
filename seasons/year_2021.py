"""Writes `seasons/2021/scenario.jsonl`: a synthetic year of the 2021 season as commands. `make generate` runs it.

Everything in it is invented and looks so. Draws are seeded, so that the same file comes out each time.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from stdnum.cn import uscc

from services.activity.model import activity as activities
from services.activity.model import visit as visits
from shared.contracts import season_file
from shared.contracts.season import SeasonDocument, Unit, points
from shared.kernel.messages import SHANGHAI, command_id

FOLDER = Path(__file__).parent / "2021"
SEASON = 2021
FIRST, LAST = date(2021, 6, 21), date(2021, 11, 26)  # of the activities

# Counts by item and checklist scores that docs beside the scenario derive by hand (totals.md).
CHONGMING = {"1.1": 4, "1.2": 3, "1.3": 0, "2.1": 5, "2.2": 7, "2.3": 2, "3.1": 4, "3.2": 3, "3.3": 1}
LINGANG = {"1.1": 2, "1.2": 5, "1.3": 3, "2.1": 2, "2.2": 1, "2.3": 4, "3.1": 6, "3.2": 6, "3.3": 2}
TWINS = ("zongdui", "jichang")  # the same year, so that they tie
BY_HAND: dict[str, dict[str, list[str]]] = {
    "chongming": {"initial": ["92"], "routine": ["88.5", "91", "90"], "midyear": ["85"], "final": ["90.25"]},
    "lingang": {"initial": ["80"], "routine": ["75", "82", "79.5"], "midyear": ["88"], "final": ["86.5"]},
}
THEMES: dict[str, tuple[str, list[str | None]]] = {
    "1.1": ("重大活动环境保障", ["建党百年", "第十届花博会", "第四届进博会", "疫情防控"]),
    "1.2": ("非现场执法试点", [None]),
    "1.3": ("毗邻区域环境整治", [None]),
    "2.1": ("执法队伍实训", [None]),
    "2.2": ("一支部一品牌建设", [None]),
    "2.3": ("岗位练兵比武", [None]),
    "3.1": ("市民投诉办理攻坚", [None]),
    "3.2": ("社区工作室服务日", [None]),
    "3.3": ("普法宣传活动", ["7.15公众开放日", "城管执法局长接热线", None]),
}
JOINT: dict[
    str, tuple[str, str, str, int]
] = {  # cross-province operations: unit → province, authority, place, how many
    "qingpu": ("jiangsu", "江苏省样例市城市管理局", "苏沪样例毗邻路段", 2),
    "jiading": ("jiangsu", "江苏省样例县城市管理局", "苏沪样例毗邻集镇", 1),
    "jinshan": ("zhejiang", "浙江省样例市综合行政执法局", "浙沪样例毗邻路段", 2),
    "songjiang": ("zhejiang", "浙江省样例县综合行政执法局", "浙沪样例毗邻河道", 1),
}
BASIS = "沪苏浙省际毗邻区域共同管辖执法协作机制（样例）"
AGREED = [
    "season",
    "unit",
    "activity",
    "name",
    "province",
    "authority",
    "place",
    "legal_basis",
    "occurred_at",
    "cases_found",
]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


@dataclass
class Year:
    """The steps as they are written; sorted by time at the end."""

    document: SeasonDocument
    draw: random.Random = field(default_factory=lambda: random.Random(SEASON))
    steps: list[dict[str, Any]] = field(default_factory=list)

    def step(
        self, when: datetime, who: str, do: str, key: str, body: dict[str, Any], refused: str | None = None
    ) -> None:
        line = {"at": when.isoformat(), "as": who, "do": do, "key": key, "body": body}
        self.steps.append({**line, "refused": refused} if refused else line)

    def workdays(self) -> list[date]:
        """Mondays to Fridays of the activities' time."""
        span = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
        return [day for day in span if day.weekday() < 5]


def person(unit: Unit, duty: str, number: int) -> dict[str, str]:
    """Visibly nobody: no name, no number that can be dialled, an address that cannot exist."""
    return {
        "name": f"样例{unit.short}{duty}",
        "mobile": f"000-{unit.order:02d}-{number:04d}",
        "email": f"{unit.id}-{number}@ligong.example",
        "duty": duty,
    }


def sample_code(unit: Unit) -> str:
    """A credit code that is valid in form and says EXAMPLE where the organisation's number would be."""
    body = f"11{unit.region}EXAMPL{unit.order:02d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    rest = 11 - sum(letters.index(c) * w for c, w in zip(body[8:], weights, strict=True)) % 11  # GB 11714
    body += {10: "X", 11: "0"}.get(rest, str(rest))
    return body + str(uscc.calc_check_digit(body))


def form(unit: Unit, **changes: Any) -> dict[str, Any]:
    municipal = unit.group == "municipal"
    category = "municipal-force" if municipal else "district-bureau"
    teams = [
        {"name": f"{unit.short}样例{n}队", "field": f, "category": c, "size": 8 + 3 * n + unit.order}
        for n, f, c in [(1, "livelihood", "subdistrict-team"), (2, "digital", "specialised-team")]
    ]
    code = None if municipal else sample_code(unit)
    return {
        "season": SEASON,
        "unit": unit.id,
        "outcome": "here",
        "credit_code": code,
        "no_credit_code_reason": "样例：由上级单位统一登记" if municipal else None,
        "field": "livelihood" if unit.order % 2 else "major-events",
        "category": category,
        "theme": "当好排头兵，立功为人民（样例）",
        "teams": teams,
        "leader": person(unit, "主要领导", 1),
        "deputy": person(unit, "分管领导", 2),
        "contact": person(unit, "联系人", 3),
        **changes,
    }


def registrations(year: Year) -> None:
    """24 May to the end of June: in time, returned, extended, refused as late, elsewhere with a photocopy."""
    year.step(
        at(date(2021, 5, 20), 10), "office", "registration/open-season", "open-season", {"season_file": "season.yaml"}
    )
    for unit in year.document.units:
        day = date(2021, 5, 24) + timedelta(days=(unit.order * 3) % 18)
        day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
        register(year, unit, day)


def register(year: Year, unit: Unit, day: date) -> None:
    whose = {"season": SEASON, "unit": unit.id}
    change = {"outcome": "administrative", "zone": "样例行政关系所属赛区"} if unit.id == "zimaoqu" else {}
    hands_in = form(unit, **change)
    accepted = day + timedelta(days=1)
    paper_day, copies = day + timedelta(days=2), 1 if change else 4
    year.step(at(day, 10), unit.id, "registration/start-registration", f"start-{unit.id}", whose)
    match unit.id:
        case "changning":  # too late; then an extension for a reason
            late = date(2021, 6, 18)
            year.step(at(late, 9), unit.id, "registration/submit-registration", f"late-{unit.id}", hands_in, "REG-2")
            extend(year, unit, at(late, 14), at(date(2021, 6, 25), 0), "样例：办公系统切换，材料补齐后上报")
            day, accepted, paper_day = date(2021, 6, 21), date(2021, 6, 22), date(2021, 6, 23)
        case "fengxian":  # asked for more time before the deadline
            extend(year, unit, at(date(2021, 6, 16), 14), at(date(2021, 6, 23), 0), "样例：机构调整，负责人待明确")
            day, accepted, paper_day = date(2021, 6, 21), date(2021, 6, 22), date(2021, 6, 22)
        case "yangpu":  # returned with reasons by field, then in order
            wrong = form(unit, theme="样例")
            year.step(at(day, 15), unit.id, "registration/submit-registration", f"first-{unit.id}", wrong)
            reasons = {"竞赛主题": "请写明本单位的竞赛主题", "参赛团队": "请核对团队人数"}
            back = {**whose, "reasons": reasons, "resubmit_before": at(date(2021, 6, 15), 0).isoformat()}
            year.step(at(accepted, 14), "office", "registration/return-registration", f"return-{unit.id}", back)
            day, accepted, paper_day = (d + timedelta(days=4) for d in (day, accepted, paper_day))
        case "lingang":  # two of the four copies come after the deadline
            paper_day = date(2021, 6, 17)
        case _:
            pass
    year.step(at(day, 16), unit.id, "registration/submit-registration", f"submit-{unit.id}", hands_in)
    year.step(at(accepted, 14, 30), "office", "registration/accept-registration", f"accept-{unit.id}", whose)
    for n, (when, count) in enumerate(papers(unit, paper_day, copies)):
        year.step(
            at(when, 15), "office", "registration/receive-paper", f"paper-{unit.id}-{n}", {**whose, "copies": count}
        )
    plan(year, unit, max(accepted, paper_day) + timedelta(days=1))


def papers(unit: Unit, day: date, copies: int) -> list[tuple[date, int]]:
    if unit.id == "lingang":
        return [(day, 2), (date(2021, 6, 21), 2)]
    return [(day, copies)] if unit.order % 3 else [(day, 1), (day + timedelta(days=1), copies - 1)][: copies or 1]


def extend(year: Year, unit: Unit, when: datetime, until: datetime, reason: str) -> None:
    body = {"season": SEASON, "unit": unit.id, "closes_at": until.isoformat(), "reason": reason}
    year.step(when, "office", "registration/extend-deadline", f"extend-{unit.id}", body)


def plan(year: Year, unit: Unit, day: date) -> None:
    body = {
        "season": SEASON,
        "unit": unit.id,
        "theme": "当好排头兵，立功为人民（样例）",
        "goals": ["样例目标：市民投诉按时办结", "样例目标：队伍实训全覆盖"],
        "measures": ["样例措施：每月一次专项行动", "样例措施：每季一次岗位练兵"],
        "timetable": ["样例：六月动员", "样例：七至十一月实施", "样例：十二月总结"],
        "principal_leader": person(unit, "主要领导", 1),
        "deputy_leader": person(unit, "分管领导", 2),
        "leading_group": [person(unit, "领导小组成员", 4)],
        "participants": [person(unit, "参赛人员", 5), person(unit, "参赛人员", 6)],
    }
    year.step(at(day, 11), unit.id, "activity/file-plan", f"plan-{unit.id}", body)


def programme(year: Year, unit: Unit) -> dict[str, int]:
    """How many activities in each item."""
    match unit.id:
        case "chongming":
            return CHONGMING
        case "lingang":
            return LINGANG
        case _:
            most = {"1.1": 8, "1.2": 8, "1.3": 8, "2.1": 7, "2.2": 7, "2.3": 7, "3.1": 8, "3.2": 9, "3.3": 7}
            counts = {item: year.draw.randint(3, count) for item, count in most.items()}
            if unit.id == "zimaoqu":  # registered elsewhere: not open to it
                counts["1.2"] = counts["1.3"] = 0
            return counts


def activity(year: Year, unit: Unit, item: str, n: int, day: date, joint: bool) -> str:
    """Schedules and reports one; returns its id."""
    name, campaigns = THEMES[item]
    label = f"{item}-{n}-{unit.id}"
    whose = {"season": SEASON, "unit": unit.id}
    takes_place = at(day, 9, 30)
    planned = {
        **whose,
        "item": item,
        "campaign": campaigns[n % len(campaigns)],
        "name": f"{unit.short}{name}第{n + 1}次（样例）",
        "place": f"{unit.short}样例点位{n + 1}",
        "planned_for": takes_place.isoformat(),
    }
    early = max(day - timedelta(days=7), FIRST + timedelta(days=4))
    scheduled = at(early, 10) if early < day else at(day, 8)
    year.step(scheduled, unit.id, "activity/schedule-activity", f"schedule-{label}", planned)
    id = activities.id_of(command_id(unit.id, f"schedule-{label}"))
    report: dict[str, Any] = {
        **whose,
        "activity": id,
        "occurred_at": takes_place.isoformat(),
        "headcount": 12 + (unit.order * 7 + n * 5) % 60,
        "outcome": "样例：按方案完成，现场秩序良好",
    }
    if joint:
        report["cross_province"] = joint_operation(unit)
    year.step(at(day, 17), unit.id, "activity/report-activity", f"report-{label}", report)
    return id


def joint_operation(unit: Unit) -> dict[str, Any]:
    province, authority, place, _ = JOINT[unit.id]
    return {
        "province": province,
        "authority": authority,
        "place": place,
        "legal_basis": BASIS,
        "partner_headcount": 18,
        "cases_found": 4,
        "summary": "样例：联合巡查，现场移交线索",
    }


def year_of(year: Year, unit: Unit, counts: dict[str, int]) -> None:
    """A unit's activities, spread over the workdays, and the corrections that some need."""
    days = year.workdays()
    ids: dict[tuple[str, int], str] = {}
    for item, count in counts.items():
        joint = JOINT[unit.id][3] if unit.id in JOINT and item == "1.3" else 0
        for n in range(max(count, joint)):
            day = days[5 + (n * 17 + unit.order * 3 + int(item[0]) * 11 + int(item[2]) * 5) % (len(days) - 6)]
            ids[item, n] = activity(year, unit, item, n, day, n < joint)
    whose = {"season": SEASON, "unit": unit.id}
    if unit.id == "lingang":  # one that does not count after all: counted as 6 of 3.2, then 5
        body = {**whose, "activity": ids["3.2", 5], "withdrawn": True, "reason": "样例：与另一项活动重复上报"}
        year.step(at(date(2021, 12, 20), 10), "office", "activity/correct-report", "withdraw-lingang", body)
    if unit.order % 4 == 0 and unit.id not in BY_HAND:
        body = {**whose, "activity": ids["2.1", 0], "headcount": 40, "reason": "样例：参加人数统计有误"}
        year.step(at(date(2021, 12, 1), 10), unit.id, "activity/correct-report", f"correct-{unit.id}", body)


PART_DAYS = {
    "initial": [date(2021, 6, 29)],
    "routine": [date(2021, 8, 12), date(2021, 9, 16), date(2021, 10, 28)],
    "midyear": [date(2021, 7, 29)],
    "final": [date(2021, 12, 8)],
}


def sheet(document: SeasonDocument, part: str, total: int) -> dict[str, str]:
    """Scores by entry that add up to a total (hundredths of 100): each loses in turn what it can."""
    (checklist,) = (c for c in document.checklists if c.part == part)
    scores = {entry.id: entry.most for entry in checklist.entries}
    missing = 10_000 - total
    for n, entry in enumerate(checklist.entries):
        loses = missing if n == len(checklist.entries) - 1 else min(entry.most, missing * entry.most // 10_000)
        loses = min(loses, scores[entry.id])
        scores[entry.id] -= loses
        missing -= loses
    for id, score in scores.items():
        taken = min(score, missing)
        scores[id] -= taken
        missing -= taken
    return {id: points(score) for id, score in scores.items()}


def assessment(year: Year, unit: Unit, totals: dict[str, list[str]]) -> None:
    """The four parts; routine visits are entered three days later, from paper (INS-4)."""
    who = "office" if unit.id == "zongdui" else "inspector"
    for part, found in totals.items():
        for n, (day, total) in enumerate(zip(PART_DAYS[part], found, strict=True)):
            later = timedelta(days=3 if part == "routine" else 0)
            body = {
                "season": SEASON,
                "unit": unit.id,
                "checklist": part,
                "scores": sheet(year.document, part, round(float(total) * 100)),
                "occurred_at": at(day, 9 + unit.order % 8).isoformat(),
                "on_paper": bool(later),
            }
            if unit.id == "zongdui" and part == "initial":  # the inspector's own unit: the office enters it instead
                year.step(at(day, 19), "inspector", "activity/record-visit", "own-unit", body, "INS-2")
            year.step(at(day + later, 20), who, "activity/record-visit", f"visit-{part}-{n}-{unit.id}", body)
    if unit.id == "lingang":  # scored 86.50 by mistake, 87.00 it was
        id = visits.id_of(command_id(who, "visit-final-0-lingang"))
        right = sheet(year.document, "final", 8700)
        body = {"season": SEASON, "unit": unit.id, "visit": id, "scores": right, "reason": "样例：合计登分有误"}
        year.step(at(date(2021, 12, 21), 10), "inspector", "activity/correct-visit", "correct-visit-lingang", body)


def drawn_totals(year: Year) -> dict[str, list[str]]:
    return {part: [points(year.draw.randrange(7000, 9900, 25)) for _ in days] for part, days in PART_DAYS.items()}


def agreement(year: Year) -> None:
    body = {
        "agreement": "js-2021",
        "partner": "jiangsu",
        "province": "jiangsu",
        "name": "沪苏毗邻区域执法信息共享协议（样例）",
        "purpose": "样例：联合执法情况互通",
        "legal_basis": BASIS,
        "fields": {"ligong.activity.cross_province_operation_conducted.v1": AGREED},
        "starts_at": at(date(2021, 6, 1), 0).isoformat(),
        "expires_at": at(date(2022, 6, 1), 0).isoformat(),
    }
    year.step(at(date(2021, 6, 11), 10), "office", "feeds/conclude-agreement", "agreement-js", body)


def steps() -> list[dict[str, Any]]:
    """The year in order of time; of one instant in the order written."""
    document = season_file.parse((FOLDER / "season.yaml").read_text(encoding="utf-8"))
    year = Year(document)
    registrations(year)
    agreement(year)
    twins = programme(year, document.units[0]), drawn_totals(year)
    for unit in document.units:
        counts, totals = programme(year, unit), drawn_totals(year)
        if unit.id in TWINS:
            counts, totals = twins
        year_of(year, unit, counts)
        assessment(year, unit, BY_HAND.get(unit.id, totals))
    return sorted(year.steps, key=lambda step: str(step["at"]))


def lines() -> Iterator[str]:
    for step in steps():
        yield json.dumps(step, ensure_ascii=False, separators=(",", ":")) + "\n"


def page() -> str:
    return "".join(lines())
