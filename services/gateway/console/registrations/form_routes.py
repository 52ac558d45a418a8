"""The registration form 登记表 as a unit fills it in, or the office on its behalf."""

import re
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.console.components.form import Form
from services.gateway.console.page import Here, Visit
from services.gateway.console.registrations.routes import Position, UnitPath, YearPath, registration
from services.gateway.console.season import season_of
from shared.kernel.problems import Problem

router = APIRouter(prefix="/registrations/{season}/{unit}")

COMMANDS = "/api/v1/registration"
PEOPLE = (("leader", "主要领导"), ("deputy", "分管领导"), ("contact", "联系人"))
PERSON = ("name", "duty", "mobile", "email")
TEAM = ("name", "field", "category", "size")
PLAIN = ("outcome", "zone", "credit_code", "no_credit_code_reason", "field", "category", "theme")
MOST_TEAMS = 200
# Labels of the printed form, by which the office says what to mend → the field that shows the remark.
LABELS = {
    "登记方式": "outcome",
    "所属赛区": "zone",
    "统一社会信用代码": "credit_code",
    "无信用代码的原因": "no_credit_code_reason",
    "参赛领域": "field",
    "主体类别": "category",
    "竞赛主题": "theme",
    "参赛团队": "teams",
    "主要领导": "leader",
    "分管领导": "deputy",
    "联系人": "contact",
}


@router.post("/start")
async def start(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("unit", "office")
    form = Form.of(await visit.form())
    body = {"season": season, "unit": unit}
    done = await visit.services.post("registration", f"{COMMANDS}/start-registration", body, form.key)
    return visit.go(f"/registrations/{season}/{unit}/form?at={done['position']}")


@router.get("/form")
async def fill_in(visit: Here, season: YearPath, unit: UnitPath, at: Position = 0) -> Response:
    visit.only("unit", "office")
    row = await registration(visit, season, unit, at)
    return await _show(visit, season, row, Form(values_of(row["form"])))


@router.post("/form")
async def submit(visit: Here, season: YearPath, unit: UnitPath) -> Response:
    visit.only("unit", "office")
    form = Form.of(await visit.form())
    row = await registration(visit, season, unit)
    action = form.values.get("action", "")
    if action != "submit":
        form.values = with_teams(form.values, action)
        return await _show(visit, season, row, form)
    body = {"season": season, "unit": unit, **body_of(form.values)}
    try:
        done = await visit.services.post(
            "registration", f"{COMMANDS}/submit-registration", body, form.key, form.version
        )
    except Problem as problem:
        return await _show(visit, season, row, form, form.refuse(problem))
    return visit.go(f"/registrations/{season}/{unit}?at={done['position']}")


async def _show(visit: Visit, season: int, row: dict[str, Any], form: Form, status: int = 200) -> Response:
    form.version = form.version if status != 412 and form.version else str(row["version"])
    reasons = row["returned"]["reasons"] if row["returned"] else {}
    form.returned = {LABELS.get(label, ""): reason for label, reason in reasons.items()}
    return visit.page(
        "registrations/form.html",
        status,
        season=await season_of(visit, season),
        row=row,
        form=form,
        people=PEOPLE,
        teams=team_numbers(form.values),
    )


def values_of(submitted: dict[str, Any] | None) -> dict[str, str]:
    """The form as last submitted, by the names of its inputs."""
    if submitted is None:
        return {}
    values = {name: submitted[name] or "" for name in PLAIN}
    if submitted["outcome"] == "here":
        values["zone"] = ""  # ours, which the form leaves out
    for who, _ in PEOPLE:
        person = submitted[who] or {}
        values |= {f"{who}.{name}": person.get(name) or "" for name in PERSON}
    for n, team in enumerate(submitted["teams"]):
        values |= {f"teams.{n}.{name}": str(team[name]) for name in TEAM}
    return values


def team_numbers(values: Any) -> list[int]:
    found = {int(name[1]) for key in values if (name := re.fullmatch(r"teams\.(\d{1,3})\.name", key))}
    return sorted(found)


def with_teams(values: Any, action: str) -> dict[str, str]:
    """The values after 添加团队 or, with `remove.<n>`, 删除; teams are numbered anew without gaps."""
    numbers = [n for n in team_numbers(values) if action != f"remove.{n}"]
    kept = {name: value for name, value in values.items() if not name.startswith("teams.")}
    for new, old in enumerate(numbers):
        kept |= {f"teams.{new}.{name}": values.get(f"teams.{old}.{name}", "") for name in TEAM}
    if action == "add" and len(numbers) < MOST_TEAMS:
        kept |= {f"teams.{len(numbers)}.{name}": "" for name in TEAM}
    return kept


def body_of(values: Any) -> dict[str, Any]:
    """The command that the form means. What is left empty is left out, so that the service says what it misses."""
    body: dict[str, Any] = {name: values[name] for name in PLAIN if values.get(name)}
    for who, _ in PEOPLE:
        body[who] = {name: values[f"{who}.{name}"] for name in PERSON if values.get(f"{who}.{name}")}
    body["teams"] = [
        {name: _typed(name, value) for name in TEAM if (value := values.get(f"teams.{n}.{name}"))}
        for n in team_numbers(values)
    ]
    return body


def _typed(name: str, value: str) -> str | int:
    return int(value) if name == "size" and value.isascii() and value.isdigit() and len(value) < 10 else value
