"""What the outstanding list, the versions with their receipts, and the history of materials show."""

from collections.abc import Sequence
from typing import Any, assert_never, cast, get_args

from services.registration.model.dates import moment, until
from services.registration.model.material import MaterialEvent
from shared.contracts.materials import (
    MaterialAccepted,
    MaterialPaperReceived,
    MaterialReturned,
    MaterialSubmitted,
)
from shared.contracts.registration import SeasonOpened
from shared.kernel.bus import Received
from shared.kernel.messages import Recorded
from shared.kernel.projector import Projection

_OWN = get_args(MaterialEvent)

_ASK = """
    insert into material (season, unit, material, official_order, place, unit_name, short, unit_group, name, formats,
                          due, copies_due, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""
_VERSION = """
    insert into material_version (season, unit, material, number, event, at, actor, on_behalf, sha256, name, size,
                                  kind, late)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""
_HISTORY = """
    insert into material_history (stream, version, event, at, actor, what, why) values ($1, $2, $3, $4, $5, $6, $7)"""
# Accepted, with all of its paper here, it is complete.
_STAND = "case when copies >= copies_due then 'completed' else 'accepted' end"


def _update(columns: str) -> str:
    """Parameters: $1 season, $2 unit, $3 material, $4 the stream's version, $5 when; from $6 on those of `columns`."""
    return f"""
        update material set version = $4, updated_at = $5, {columns}
        where season = $1 and unit = $2 and material = $3"""


_SUBMIT = _update("status = 'submitted', number = $6, late = $7, submitted_at = $5, reason = null")
_RETURN = _update(
    """status = 'returned', reason = $6, resubmit_before = $7, copies = 0, late_paper = false, accepted_at = null"""
)
_ACCEPT = _update(f"status = {_STAND}, accepted_at = $5")
_PAPER = _update(
    """copies = $6, late_paper = late_paper or $7,
       status = case when accepted_at is not null and $6 >= copies_due then 'completed' else status end"""
)


async def apply(conn: Any, received: Sequence[Received]) -> None:
    for each in received:
        if isinstance(each.event, SeasonOpened):
            await conn.executemany(_ASK, asked(each.event, each.recorded))
        elif isinstance(each.event, _OWN):
            await _change(conn, cast(MaterialEvent, each.event), each.recorded)


def asked(opened: SeasonOpened, at: Recorded) -> list[tuple[Any, ...]]:
    """A row for each material that the season asks of each unit."""
    return [
        (
            opened.season,
            unit.id,
            material.id,
            unit.order,
            place,
            unit.name,
            unit.short,
            unit.group,
            material.name,
            list(material.formats),
            material.due,
            material.copies,
            at.recorded,
        )
        for unit in opened.document.units
        for place, material in enumerate(opened.document.materials)
        if material.units in ("all", unit.group)
    ]


async def _change(conn: Any, event: MaterialEvent, at: Recorded) -> None:
    which = (event.season, event.unit, event.material)
    row = (*which, at.version, at.recorded)
    match event:
        case MaterialSubmitted():
            await conn.execute(_SUBMIT, *row, event.number, event.late)
            await conn.execute(_VERSION, *which, event.number, at.id, at.recorded, at.actor, *_file(event))
        case MaterialReturned():
            await conn.execute(_RETURN, *row, event.reason, event.resubmit_before)
        case MaterialAccepted():
            await conn.execute(_ACCEPT, *row)
        case MaterialPaperReceived():
            await conn.execute(_PAPER, *row, event.received, event.late)
        case _:
            assert_never(event)
    await conn.execute(_HISTORY, at.stream, at.version, at.id, at.recorded, at.actor, *words(event))


def _file(event: MaterialSubmitted) -> tuple[Any, ...]:
    return event.on_behalf, event.sha256, event.name, event.size, event.kind, event.late


def words(event: MaterialEvent) -> tuple[str, str | None]:
    """What happened, as the history says it after the actor's name; and why, where a reason was given."""
    match event:
        case MaterialSubmitted():
            behalf, late = "代为" if event.on_behalf else "", "，迟交" if event.late else ""
            return f"{behalf}报送第{event.number}版“{event.name}”{late}", None
        case MaterialReturned():
            return f"退回第{event.number}版，请于{until(event.resubmit_before)}前重新报送", event.reason
        case MaterialAccepted():
            return f"接收第{event.number}版", None
        case MaterialPaperReceived():
            late = "，迟交" if event.late else ""
            count = f"{event.copies}份，已收{event.received}份（共{event.required}份）"
            return f"签收纸质资料{count}，{moment(event.received_at)}收到{late}", None
        case _:
            assert_never(event)


LISTS = Projection("material-lists", apply)
