"""What the printed form says, by its Chinese labels: the placeholders of its templates, and what is compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.registration.documents.stored import Version
from services.registration.model.rules import rule_of
from shared.contracts.common import Outcome
from shared.contracts.registration import RegistrationForm, Team
from shared.contracts.season import Choice, SeasonDocument
from shared.kernel.messages import PersonRef
from shared.kernel.people import Person

Sheet = dict[str, Any]

OUTCOMES: dict[Outcome, str] = {"here": "在本分赛区登记", "administrative": "在行政关系所属赛区登记，本处备案"}
PEOPLE = ("主要领导", "分管领导", "联系人")
# What the unit stated, in the form's order: a stored version is shown and compared by these.
FIELDS = (
    *("单位名称", "统一社会信用代码", "单位性质", "单位地址", "行政关系", "登记方式", "所属赛区"),
    *("参赛领域", "主体类别"),
    *PEOPLE,
    *("竞赛主题", "竞赛目标", "本单位意见", "上级意见", "赛区意见", "签署"),
)
_ERASED = {"姓名": "（已删除）", "职务": "", "手机号码": "", "电子邮箱": ""}


def refs(form: RegistrationForm) -> list[PersonRef]:
    """Everybody whom the form names."""
    leaders = [team.leader for team in form.teams if team.leader is not None]
    return [form.leader, form.deputy, form.contact, *leaders]


def sheet(version: Version, people: Mapping[UUID, Person], season: SeasonDocument, code: str) -> Sheet:
    """`people` by their records; whoever has been erased is not in it. What the form leaves open is left blank."""
    form, rules = version.form, season.registration
    unit = season.unit(form.unit)
    assert unit is not None, "a registration is of the season's directory"
    leader, deputy, contact = (_person(people.get(ref.record)) for ref in (form.leader, form.deputy, form.contact))
    return {
        "表名": f"{form.season}年市重点工程实事立功竞赛参赛公司（单位）登记表",
        "受理赛区": season.zone.name,
        "填报时间": f"{version.at.year}年{version.at.month}月{version.at.day}日",
        "备案": form.outcome == "administrative",
        "份数": rule_of(form.outcome, season).copies,
        "核验码": code,
        "单位名称": unit.name,
        "统一社会信用代码": form.credit_code or f"无（{form.no_credit_code_reason}）",
        "单位性质": form.unit_nature or "",
        "单位地址": form.address or "",
        "行政关系": form.affiliation or "",
        "登记方式": OUTCOMES[form.outcome],
        "所属赛区": form.zone,
        "参赛领域": _name(form.field, rules.fields),
        "主体类别": _name(form.category, rules.categories),
        "主要领导": leader,
        "分管领导": deputy,
        "联系人": contact,
        "参赛团队": [_team(n, team, people, season) for n, team in enumerate(form.teams, start=1)],
        "竞赛主题": form.theme,
        "竞赛目标": form.goals or "",
        "本单位意见": form.opinion_unit or "",
        "上级意见": form.opinion_superior or "",
        "赛区意见": form.opinion_zone or "",
        "签署": _signed(form, {"leader": leader, "deputy": deputy}),
    }


def _person(person: Person | None) -> dict[str, str]:
    if person is None:
        return _ERASED
    return {"姓名": person.name, "职务": person.duty, "手机号码": person.mobile, "电子邮箱": person.email or ""}


def _team(number: int, team: Team, people: Mapping[UUID, Person], season: SeasonDocument) -> dict[str, Any]:
    rules = season.registration
    return {
        "序号": number,
        "名称": team.name,
        "负责人": _person(people.get(team.leader.record))["姓名"] if team.leader else "",
        "参赛领域": _name(team.field, rules.fields),
        "主体类别": _name(team.category, rules.categories),
        "人数": team.size,
    }


def _signed(form: RegistrationForm, leaders: Mapping[str, Mapping[str, str]]) -> str:
    """Who signed the electronic form off, and when; paper is signed by hand beside it."""
    if form.signed_off_by is None or form.signed_off_on is None:
        return ""
    day = form.signed_off_on
    return f"电子登记表已由{leaders[form.signed_off_by]['姓名']}于{day.year}年{day.month}月{day.day}日签署"


def _name(id: str, choices: Sequence[Choice]) -> str:
    return next(choice.name for choice in choices if choice.id == id)


def lines(sheet: Sheet) -> dict[str, str]:
    """What the unit stated as text by label, each team with a label of its own, whatever its place in the list."""
    stated = {label: _text(sheet[label]) for label in FIELDS}
    seen: Counter[str] = Counter()
    for team in sheet["参赛团队"]:
        seen[team["名称"]] += 1
        again = f"（{seen[team['名称']]}）" if seen[team["名称"]] > 1 else ""
        stated[f"参赛团队：{team['名称']}{again}"] = "，".join(
            part for part in (team["参赛领域"], team["主体类别"], f"{team['人数']}人", team["负责人"]) if part
        )
    return stated


def _text(value: str | Mapping[str, str]) -> str:
    return value if isinstance(value, str) else "　".join(part for part in value.values() if part)


def differences(printed: Sheet, current: Sheet) -> list[tuple[str, str, str]]:
    """Labels whose content differs, with the printed and the current text; empty where one of them has none."""
    before, now = lines(printed), lines(current)
    return [
        (label, before.get(label, ""), now.get(label, ""))
        for label in dict.fromkeys((*before, *now))
        if before.get(label, "") != now.get(label, "")
    ]
