"""A unit that takes part in a season, and its plan of the year (notice §五(一))."""

from dataclasses import dataclass, replace
from typing import ClassVar, assert_never

from pydantic import Field

from shared.contracts.activity import PlanFiled, UnitAdmitted
from shared.contracts.common import Season, Text, UnitId
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Command, Refused, Role
from shared.kernel.people import Person


class UnitCommand(Command):
    season: Season = Field(title="赛季年度")
    unit: UnitId = Field(title="参赛单位")


class AdmitUnit(UnitCommand):
    """Follows from the acceptance of the unit's registration."""

    roles: ClassVar[frozenset[Role]] = frozenset({"service"})
    title: ClassVar[str] = "准予参赛"

    items: tuple[str, ...]


class FilePlan(UnitCommand):
    """The plan of the year. A plan filed again replaces the one before."""

    roles: ClassVar[frozenset[Role]] = frozenset({"unit", "office"})
    title: ClassVar[str] = "报送全年竞赛计划"

    theme: Text = Field(title="主题")
    goals: tuple[Text, ...] = Field(title="目标", max_length=50)
    measures: tuple[Text, ...] = Field(title="措施", max_length=50)
    timetable: tuple[Text, ...] = Field(title="时间安排", max_length=50)
    principal_leader: Person = Field(title="主要领导（负总责）")
    deputy_leader: Person = Field(title="分管领导（具体抓）")
    leading_group: tuple[Person, ...] = Field(title="领导小组（重协调）", max_length=50)
    participants: tuple[Person, ...] = Field(title="参赛人员（促落实）", max_length=200)


ParticipantCommand = AdmitUnit | FilePlan
ParticipantEvent = UnitAdmitted | PlanFiled


@dataclass(frozen=True)
class ParticipantState:
    """`items` of §二 that the unit may take part in; None while it is not registered."""

    items: tuple[str, ...] | None = None
    planned: bool = False


def admitted(participant: ParticipantState) -> tuple[str, ...]:
    """ACT-2: only a registered unit plans, runs activities and is inspected (§五(二)). Gives the items open to it."""
    if participant.items is None:
        raise Refused("ACT-2", "该单位的参赛登记尚未审核通过，请先在“登记注册”中办理登记。")
    return participant.items


def complete(cmd: FilePlan) -> None:
    """PLN-1: a plan states goals, measures, timetable, and who coordinates and who carries out (§四(一), §五(一))."""
    parts = ("goals", "measures", "timetable", "leading_group", "participants")
    missing = [str(FilePlan.model_fields[part].title) for part in parts if not getattr(cmd, part)]
    if missing:
        raise Refused("PLN-1", f"全年竞赛计划还缺少：{'、'.join(missing)}。请补齐后再报送。")


def file_plan(cmd: FilePlan, participant: ParticipantState) -> list[ParticipantEvent]:
    admitted(participant)
    complete(cmd)
    return [
        PlanFiled(
            season=cmd.season,
            unit=cmd.unit,
            theme=cmd.theme,
            goals=cmd.goals,
            measures=cmd.measures,
            timetable=cmd.timetable,
            principal_leader=cmd.principal_leader.named(),
            deputy_leader=cmd.deputy_leader.named(),
            leading_group=tuple(person.named() for person in cmd.leading_group),
            participants=tuple(person.named() for person in cmd.participants),
        )
    ]


def decide(cmd: ParticipantCommand, participant: ParticipantState, ctx: Context) -> list[ParticipantEvent]:
    match cmd:
        case AdmitUnit(items=items):
            if items == participant.items:
                raise Refused("ACT-2", "该单位已准予参赛。")
            return [UnitAdmitted(season=cmd.season, unit=cmd.unit, items=items)]
        case FilePlan():
            return file_plan(cmd, participant)
        case _:
            assert_never(cmd)


def evolve(participant: ParticipantState, event: ParticipantEvent) -> ParticipantState:
    match event:
        case UnitAdmitted(items=items):
            return replace(participant, items=items)
        case PlanFiled():
            return replace(participant, planned=True)
        case _:
            assert_never(event)


def stream(season: int, unit: str) -> str:
    return f"participant-{season}-{unit}"


participant: Aggregate[ParticipantCommand, ParticipantEvent, ParticipantState] = Aggregate(
    kind="participant",
    commands=(AdmitUnit, FilePlan),
    events=(UnitAdmitted, PlanFiled),
    decider=Decider(ParticipantState(), decide, evolve),
    stream=lambda cmd, _: stream(cmd.season, cmd.unit),
)
