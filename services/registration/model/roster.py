"""Who takes part for a unit in a season 参赛人员: each person for one unit only (notice §五(二))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import assert_never
from uuid import UUID

from services.registration.model import season as seasons
from services.registration.model.form import of_the_system
from services.registration.model.registration import named
from services.registration.model.roster_commands import (
    CorrectParticipant,
    ErasePerson,
    ListParticipants,
    Participant,
    ReceiveParticipant,
    RemoveParticipant,
    RosterCommand,
    TransferParticipant,
)
from shared.contracts.people import (
    Listed,
    ParticipantCorrected,
    ParticipantLeft,
    ParticipantReceived,
    ParticipantsListed,
    ParticipantTransferred,
    PersonErased,
)
from shared.contracts.season import SeasonDocument
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import SHANGHAI, Claim, PersonRef, Refused

CHUNK = 500  # people in one event: it stays well below what Kafka takes as a message

RosterEvent = (
    ParticipantsListed
    | ParticipantCorrected
    | ParticipantLeft
    | ParticipantTransferred
    | ParticipantReceived
    | PersonErased
)


@dataclass(frozen=True)
class RosterState:
    """Who is on the unit's list, each with the sealed record of their details."""

    people: Mapping[UUID, UUID] = field(default_factory=dict)


def each_once(people: Sequence[Participant]) -> None:
    """REG-5: a list names each person once, or their management affiliation would not be one (§五(二))."""
    seen: dict[UUID, int] = {}
    for n, each in enumerate(people, start=1):
        before = seen.setdefault(each.person.named().person, n)
        if before != n:
            raise Refused("REG-5", f"名单第{before}人和第{n}人是同一人（执法证号或手机号码相同），请只保留一个。")


def on_the_list(person: UUID, roster: RosterState) -> PersonRef:
    """REG-5: only the unit that holds a person's management affiliation changes or gives it up (§五(二))."""
    record = roster.people.get(person)
    if record is None:
        raise Refused("REG-5", "该人员不在本单位的参赛人员名单中，可能已转隶或移出；请刷新名单后核对。")
    return PersonRef(person=person, record=record)


def not_in_the_future(on: date, now: datetime) -> None:
    """REG-5: a change of affiliation is stated once it has happened: until then the old one holds (office rule)."""
    if on > now.astimezone(SHANGHAI).date():
        raise Refused("REG-5", "日期不能晚于今天；请在调动生效后办理。")


def to_another_unit(cmd: TransferParticipant) -> None:
    """REG-5: a transfer leads to another unit's management affiliation (§五(二))."""
    if cmd.to == cmd.unit:
        raise Refused("REG-5", "转入单位就是现在的单位，无需转隶；只换团队的，请改用更正。")


def _listed(each: Participant) -> Listed:
    return Listed(person=each.person.named(), team=each.team, affiliation=each.affiliation)


def name(cmd: ListParticipants) -> list[RosterEvent]:
    each_once(cmd.people)
    people = [_listed(each) for each in cmd.people]
    return [
        ParticipantsListed(season=cmd.season, unit=cmd.unit, people=tuple(people[start : start + CHUNK]))
        for start in range(0, len(people), CHUNK)
    ]


def correct(cmd: CorrectParticipant, roster: RosterState) -> list[RosterEvent]:
    on_the_list(cmd.participant, roster)
    now = _listed(cmd.now)
    if now.person.person != cmd.participant and now.person.person in roster.people:
        raise Refused("REG-5", "更正后的执法证号或手机号码是名单中另一人的，请核对；确为同一人的，请移出其中一条。")
    return [ParticipantCorrected(season=cmd.season, unit=cmd.unit, was=cmd.participant, now=now)]


def remove(cmd: RemoveParticipant, roster: RosterState, ctx: Context) -> list[RosterEvent]:
    on_the_list(cmd.participant, roster)
    not_in_the_future(cmd.on, ctx.now)
    return [ParticipantLeft(season=cmd.season, unit=cmd.unit, person=cmd.participant, on=cmd.on, reason=cmd.reason)]


def transfer(cmd: TransferParticipant, roster: RosterState, ctx: Context) -> list[RosterEvent]:
    of_the_system(cmd.to, _season(cmd, ctx))
    to_another_unit(cmd)
    ref = on_the_list(cmd.participant, roster)
    not_in_the_future(cmd.on, ctx.now)
    now = Listed(person=ref, team=cmd.team, affiliation=cmd.affiliation)
    return [ParticipantTransferred(season=cmd.season, unit=cmd.unit, now=now, to=cmd.to, on=cmd.on)]


def receive(cmd: ReceiveParticipant) -> list[RosterEvent]:
    return [ParticipantReceived(season=cmd.season, unit=cmd.unit, now=cmd.now, source=cmd.source, on=cmd.on)]


def erase(cmd: ErasePerson, roster: RosterState) -> list[RosterEvent]:
    """REG-5: with the person's details goes the claim on them (§五(二)); erasing again does nothing."""
    if cmd.person not in roster.people:
        return []
    return [PersonErased(season=cmd.season, unit=cmd.unit, person=cmd.person)]


def _season(cmd: RosterCommand, ctx: Context) -> SeasonDocument:
    """The season that the command is about, which names its unit."""
    season = seasons.opened(ctx.see(seasons.season.decider, seasons.stream(cmd.season)), cmd.season)
    of_the_system(cmd.unit, season)
    return season


def decide(cmd: RosterCommand, roster: RosterState, ctx: Context) -> list[RosterEvent]:
    _season(cmd, ctx)
    match cmd:
        case ListParticipants():
            return name(cmd)
        case CorrectParticipant():
            return correct(cmd, roster)
        case RemoveParticipant():
            return remove(cmd, roster, ctx)
        case TransferParticipant():
            return transfer(cmd, roster, ctx)
        case ReceiveParticipant():
            return receive(cmd)
        case ErasePerson():
            return erase(cmd, roster)
        case _:
            assert_never(cmd)


def evolve(roster: RosterState, event: RosterEvent) -> RosterState:
    match event:
        case ParticipantsListed(people=people):
            return RosterState({**roster.people, **{each.person.person: each.person.record for each in people}})
        case ParticipantCorrected(was=was, now=now):
            return RosterState({**_without(roster, was), now.person.person: now.person.record})
        case ParticipantReceived(now=now):
            return RosterState({**roster.people, now.person.person: now.person.record})
        case ParticipantTransferred(now=now):
            return RosterState(_without(roster, now.person.person))
        case ParticipantLeft(person=person) | PersonErased(person=person):
            return RosterState(_without(roster, person))
        case _:
            assert_never(event)


def _without(roster: RosterState, person: UUID) -> dict[UUID, UUID]:
    return {each: record for each, record in roster.people.items() if each != person}


def claims(event: RosterEvent, _: str) -> list[Claim]:
    """REG-5: one management affiliation a person and season, also when two units name somebody at once (§五(二))."""
    match event:
        case ParticipantsListed(people=people):
            return [affiliation(event.season, each.person.person) for each in people]
        case ParticipantCorrected(was=was, now=now):
            given_up = [] if was == now.person.person else [affiliation(event.season, was, release=True)]
            return [*given_up, affiliation(event.season, now.person.person)]
        case ParticipantReceived(now=now):
            return [affiliation(event.season, now.person.person)]
        case ParticipantTransferred(now=now):
            return [affiliation(event.season, now.person.person, release=True)]
        case ParticipantLeft(person=person) | PersonErased(person=person):
            return [affiliation(event.season, person, release=True)]
        case _:
            assert_never(event)


def scope(season: int) -> str:
    return f"affiliation-{season}"


def affiliation(season: int, person: UUID, release: bool = False) -> Claim:
    return Claim(
        scope=scope(season),
        key=str(person),
        rule="REG-5",
        sentence="名单中有人员本赛季已是{holder}的参赛人员，每名参赛人员只有一个管理归属；请核对，确已调动的请对方办理转隶。",
        release=release,
    )


def stream(season: int, unit: str) -> str:
    return f"roster-{season}-{unit}"


roster: Aggregate[RosterCommand, RosterEvent, RosterState] = Aggregate(
    kind="roster",
    commands=(
        ListParticipants,
        CorrectParticipant,
        RemoveParticipant,
        TransferParticipant,
        ReceiveParticipant,
        ErasePerson,
    ),
    events=(
        ParticipantsListed,
        ParticipantCorrected,
        ParticipantLeft,
        ParticipantTransferred,
        ParticipantReceived,
        PersonErased,
    ),
    decider=Decider(RosterState(), decide, evolve),
    stream=lambda cmd, _: stream(cmd.season, cmd.unit),
    reads=lambda cmd: (seasons.stream(cmd.season),),
    claims=claims,
    named=named,
)
