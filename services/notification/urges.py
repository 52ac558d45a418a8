"""The office urges units 催办: an in-app message and an e-mail each, at once (NOT-4)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.notification import texts
from services.notification.queue import REGISTRATION, registration_of, tell, write
from services.notification.reminders import URGED, Deadline, Registration, urge, urge_id
from shared.kernel.messages import SHANGHAI, Refused

Refusals = dict[str, str | None]


async def accept(conn: Any, command: UUID, season: int, units: Sequence[str]) -> bool:
    """Remembers what a command asks for; False where it has asked for something else before."""
    body = hashlib.sha256(msgspec.json.encode((season, units))).digest()
    await conn.execute("insert into urging values ($1, $2) on conflict do nothing", command, body)
    same: bool = await conn.fetchval("select body = $2 from urging where command = $1", command, body)
    return same


async def unknown(conn: Any, season: int, units: Sequence[str]) -> list[str]:
    """Those of the units that the season does not have."""
    rows = await conn.fetch("select unit from registration where season = $1 and unit = any($2)", season, units)
    known = {row["unit"] for row in rows}
    return [unit for unit in units if unit not in known]


async def tell_all(conn: Any, command: UUID, season: int, units: Sequence[str], now: datetime) -> Refusals:
    """By unit the sentence why it was not urged, None where it was. Asked again, a command gets the same answer.

    One transaction for each unit: whoever follows the registrations' events locks them in an order of their own.
    """
    return {unit: await _tell(conn, command, season, unit, now) for unit in dict.fromkeys(units)}


async def _tell(conn: Any, command: UUID, season: int, unit: str, now: datetime) -> str | None:
    async with conn.transaction():
        sql = f"select {REGISTRATION} from registration where season = $1 and unit = $2 for update"
        reg = registration_of(await conn.fetchrow(sql, season, unit))
        done = await conn.fetchrow("select refusal from urge where command = $1 and unit = $2", command, unit)
        if done is not None:
            before: str | None = done["refusal"]
            return before
        id = urge_id(season, unit, now.astimezone(SHANGHAI).date())
        refusal = None
        try:
            due = urge(reg, again=await conn.fetchval("select exists (select from job where id = $1)", id))
        except Refused as refused:
            refusal = refused.sentence
        else:
            await _queue(conn, id, reg, due, now)
        await conn.execute("insert into urge values ($1, $2, $3)", command, unit, refusal)
        return refusal


async def _queue(conn: Any, id: UUID, reg: Registration, due: Deadline, now: datetime) -> None:
    """NOT-2: message, e-mail and the note that the unit was urged come together or not at all."""
    await conn.execute(
        """insert into job (id, kind, season, unit, deadline, deadline_at, step, due, state)
           values ($1, 'reminder', $2, $3, $4, $5, $6, $7, 'done')""",
        id,
        reg.season,
        reg.unit,
        due.kind,
        due.at,
        URGED,
        now,
    )
    await tell(conn, reg, id, "unit", texts.urging(reg, due, now), now)
    await write(conn, reg, due, id, URGED)


async def latest(conn: Any, season: int) -> list[Any]:
    """When each unit was urged last, and what became of the e-mail; units that never were are left out."""
    rows: list[Any] = await conn.fetch(
        """select distinct on (j.unit) j.unit, j.due as at, e.state
           from job j join job e on e.reminder = j.id
           where j.kind = 'reminder' and j.step = $2 and j.season = $1
           order by j.unit, j.due desc""",
        season,
        URGED,
    )
    return rows
