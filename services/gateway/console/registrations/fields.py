"""The registration form's inputs: what the services' form is called on the page, and back."""

import re
from collections.abc import Mapping
from typing import Any

from shared.contracts.season import FormField

PEOPLE = (("leader", "主要领导"), ("deputy", "分管领导"), ("contact", "联系人"))
PERSON = ("name", "duty", "mobile", "email")
TEAM = ("name", "field", "category", "size")
OPINIONS = (("opinion_unit", "本单位意见"), ("opinion_superior", "上级意见"), ("opinion_zone", "赛区意见"))
PLAIN: tuple[str, ...] = (
    *("outcome", "zone", "credit_code", "no_credit_code_reason", "unit_nature", "address", "affiliation"),
    *("field", "category", "theme", "goals", *(name for name, _ in OPINIONS), "signed_off_by", "signed_off_on"),
)
MOST_TEAMS = 200
# Labels of the printed form, by which the office says what to mend → the field that shows the remark.
LABELS: dict[str, FormField] = {
    "登记方式": "outcome",
    "所属赛区": "zone",
    "统一社会信用代码": "credit_code",
    "无信用代码的原因": "no_credit_code_reason",
    "单位性质": "unit_nature",
    "单位地址": "address",
    "行政关系": "affiliation",
    "参赛领域": "field",
    "主体类别": "category",
    "竞赛主题": "theme",
    "竞赛目标": "goals",
    "参赛团队": "teams",
    "主要领导": "leader",
    "分管领导": "deputy",
    "联系人": "contact",
    "本单位意见": "opinion_unit",
    "上级意见": "opinion_superior",
    "赛区意见": "opinion_zone",
    "签署领导": "signed_off_by",
    "签署日期": "signed_off_on",
}
_OURS = re.compile(rf"({'|'.join(PLAIN)}|(leader|deputy|contact|teams\.\d{{1,3}})\..+)")


def values_of(submitted: dict[str, Any] | None) -> dict[str, str]:
    """The form as last submitted, by the names of its inputs."""
    if submitted is None:
        return {}
    values = {name: submitted[name] or "" for name in PLAIN}
    if submitted["outcome"] == "here":
        values["zone"] = ""  # ours, which the form leaves out
    for who, _ in PEOPLE:
        values |= _person(who, submitted[who])
    for n, team in enumerate(submitted["teams"]):
        values |= {f"teams.{n}.{name}": str(team[name]) for name in TEAM}
        values |= _person(f"teams.{n}.leader", team["leader"])
    return values


def _person(where: str, person: dict[str, Any] | None) -> dict[str, str]:
    return {f"{where}.{name}": (person or {}).get(name) or "" for name in PERSON}


def written(values: Mapping[str, str]) -> dict[str, str]:
    """What a draft keeps of a page's form: what was filled in, without what the page needs for itself."""
    return {name: value for name, value in values.items() if value and _OURS.fullmatch(name)}


def team_numbers(values: Mapping[str, str]) -> list[int]:
    found = {int(name[1]) for key in values if (name := re.match(r"teams\.(\d{1,3})\.", key))}
    return sorted(found)


def with_teams(values: Mapping[str, str], action: str) -> dict[str, str]:
    """The values after 添加团队 or, with `remove.<n>`, 删除; teams are numbered anew without gaps."""
    numbers = [n for n in team_numbers(values) if action != f"remove.{n}"]
    kept = {name: value for name, value in values.items() if not name.startswith("teams.")}
    for new, old in enumerate(numbers):
        prefix = f"teams.{old}."
        kept |= {
            f"teams.{new}.{name.removeprefix(prefix)}": value
            for name, value in values.items()
            if name.startswith(prefix)
        }
    if action == "add" and len(numbers) < MOST_TEAMS:
        kept |= {f"teams.{len(numbers)}.{name}": "" for name in TEAM}
    return kept


def body_of(values: Mapping[str, str]) -> dict[str, Any]:
    """The form that the page means. What is left empty is left out, so that the service says what it misses."""
    body: dict[str, Any] = {name: values[name] for name in PLAIN if values.get(name)}
    for who, _ in PEOPLE:
        body[who] = _filled(values, who)
    body["teams"] = [_team(values, f"teams.{n}") for n in team_numbers(values)]
    return body


def _filled(values: Mapping[str, str], where: str) -> dict[str, str]:
    return {name: value for name in PERSON if (value := values.get(f"{where}.{name}"))}


def _team(values: Mapping[str, str], where: str) -> dict[str, Any]:
    team: dict[str, Any] = {name: _typed(name, value) for name in TEAM if (value := values.get(f"{where}.{name}"))}
    leader = _filled(values, f"{where}.leader")
    return {**team, "leader": leader} if leader else team


def _typed(name: str, value: str) -> str | int:
    return int(value) if name == "size" and value.isascii() and value.isdigit() and len(value) < 10 else value
