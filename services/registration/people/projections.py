"""What the lists of people show, kept up with the log. Details stay sealed: these tables hold references."""

from collections.abc import Sequence
from typing import Any, assert_never, cast, get_args

from services.registration.model.roster import RosterEvent
from shared.contracts.people import (
    Listed,
    ParticipantCorrected,
    ParticipantLeft,
    ParticipantReceived,
    ParticipantsListed,
    ParticipantTransferred,
    PersonErased,
)
from shared.kernel.bus import Received
from shared.kernel.messages import SHANGHAI, Recorded
from shared.kernel.projector import Projection

LEAVING = {"moved": "调离", "retired": "退休", "withdrawn": "退出竞赛", "mistake": "登记有误"}

# A person who is named again keeps their place and the day since when they have taken part.
_LIST = """
    insert into participant (season, unit, person, record, team, affiliation, since, place)
    select $1, $2, person, record, team, affiliation, $3, $4 + n
    from unnest($5::uuid[], $6::uuid[], $7::text[], $8::text[])
         with ordinality as u (person, record, team, affiliation, n)
    on conflict (season, unit, person) do update
    set record = excluded.record, team = excluded.team, affiliation = excluded.affiliation, erased = false"""
_CORRECT = """
    update participant set person = $4, record = $5, team = $6, affiliation = $7
    where season = $1 and unit = $2 and person = $3"""
_REMOVE = "delete from participant where season = $1 and unit = $2 and person = $3"
_ERASE = "update participant set erased = true where season = $1 and unit = $2 and person = $3"
_HISTORY = """
    insert into roster_history (stream, version, event, at, actor, what, other, why)
    values ($1, $2, $3, $4, $5, $6, $7, $8)"""


async def apply(conn: Any, received: Sequence[Received]) -> None:
    for each in received:
        if isinstance(each.event, get_args(RosterEvent)):
            event, at = cast(RosterEvent, each.event), each.recorded
            await _apply(conn, event, at)
            await conn.execute(_HISTORY, at.stream, at.version, at.id, at.recorded, at.actor, *words(event))


async def _apply(conn: Any, event: RosterEvent, at: Recorded) -> None:
    place, row = at.pos * 1000, (event.season, event.unit)
    match event:
        case ParticipantsListed(people=people):
            await _list(conn, event, people, at.recorded.astimezone(SHANGHAI).date(), place)
        case ParticipantReceived(now=now, on=on):
            await _list(conn, event, (now,), on, place)
        case ParticipantCorrected(was=was, now=now):
            if was != now.person.person:  # one who was erased may have been named again
                await conn.execute(_REMOVE, *row, now.person.person)
            ref = now.person
            await conn.execute(_CORRECT, *row, was, ref.person, ref.record, now.team, now.affiliation)
        case ParticipantTransferred(now=now):
            await conn.execute(_REMOVE, *row, now.person.person)
        case ParticipantLeft(person=person):
            await conn.execute(_REMOVE, *row, person)
        case PersonErased(person=person):
            await conn.execute(_ERASE, *row, person)
        case _:
            assert_never(event)


async def _list(conn: Any, event: RosterEvent, people: Sequence[Listed], since: Any, place: int) -> None:
    await conn.execute(
        _LIST,
        event.season,
        event.unit,
        since,
        place,
        [each.person.person for each in people],
        [each.person.record for each in people],
        [each.team for each in people],
        [each.affiliation for each in people],
    )


def words(event: RosterEvent) -> tuple[str, str | None, str | None]:
    """What happened, as the history says it after the actor's name; the unit that `{unit}` stands for; and why."""
    match event:
        case ParticipantsListed(people=people):
            return f"登报参赛人员{len(people)}人", None, None
        case ParticipantCorrected():
            return "更正参赛人员1人", None, None
        case ParticipantLeft(on=on, reason=reason):
            return f"移出参赛人员1人，{_day(on)}起", None, LEAVING[reason]
        case ParticipantTransferred(to=to, on=on):
            return f"转隶1人至{{unit}}，{_day(on)}起", to, None
        case ParticipantReceived(source=source, on=on):
            return f"接收转隶1人，来自{{unit}}，{_day(on)}起", source, None
        case PersonErased():
            return "删除1人的个人信息", None, None
        case _:
            assert_never(event)


def _day(on: Any) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


ROSTERS = Projection("rosters", apply)
