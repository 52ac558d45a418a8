"""What is wrong with a list of people: every fault of every line at once, or the people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from services.registration.model.roster_commands import Participant
from services.registration.people.upload import COLUMNS, Row
from shared.kernel.problems import sentence

_FORMATS = {
    "mobile": "应为5至20位数字，可以有“-”和“+”，请核对。",
    "badge": "应为4至30位字母或数字，可以有“-”，请核对。",
}


@dataclass(frozen=True)
class Fault:
    """`field` is the column's title, or empty where the whole line is meant."""

    line: int
    field: str
    sentence: str


def check(rows: Sequence[Row], teams: Sequence[str]) -> tuple[list[Participant], list[Fault]]:
    """As many people as rows when there is no fault. `teams` are those of the unit's form; none: any is taken."""
    people, faults = [], _twice(rows)
    for row in rows:
        try:
            people.append(_participant(row))
        except ValidationError as error:
            faults += [_fault(row.line, dict(each)) for each in error.errors(include_url=False, include_input=False)]
        team = row.cells["team"]
        if teams and team and team not in teams:
            faults.append(Fault(row.line, COLUMNS["team"], f"“{team}”不在本单位登记表的参赛团队中，请从下拉列表选择。"))
    return people, sorted(faults, key=lambda fault: fault.line)


def _participant(row: Row) -> Participant:
    given = {name: value for name, value in row.cells.items() if value}
    person = {name: given[name] for name in ("name", "mobile", "badge", "duty") if name in given}
    rest = {name: given[name] for name in ("team", "affiliation") if name in given}
    return Participant.model_validate({"person": person, **rest})


def _fault(line: int, error: dict[str, object]) -> Fault:
    where = error["loc"]
    name = str(where[-1]) if isinstance(where, tuple) else ""
    told = _FORMATS[name] if error["type"] == "string_pattern_mismatch" else sentence(error)
    return Fault(line, COLUMNS.get(name, ""), told)


def _twice(rows: Sequence[Row]) -> list[Fault]:
    """Lines that name the same person, each told of the other."""
    faults = []
    for name in ("badge", "mobile"):
        lines: dict[str, list[int]] = {}
        for row in rows:
            if value := row.cells[name].upper():
                lines.setdefault(value, []).append(row.line)
        for same in lines.values():
            for line in same if len(same) > 1 else ():
                others = "、".join(f"第{other}行" for other in same[:4] if other != line)
                faults.append(Fault(line, COLUMNS[name], f"与{others}相同，同一人只能填一行，请删去多余的或核对号码。"))
    return faults


def held_elsewhere(rows: Sequence[Row], held: Mapping[int, str]) -> list[Fault]:
    """`held` is the name of the unit that already has a line's person, by the line's index (REG-5)."""
    return [
        Fault(
            rows[n].line, "", f"此人本赛季已是“{unit}”的参赛人员，只有一个管理归属；请核对，确已调动的请对方办理转隶。"
        )
        for n, unit in held.items()
    ]
