"""The one durable queue, of reminders and e-mails, as plain rows.

An own table rather than a job library: reminders are due by the rules' clock, which in a demo is not the database's;
they are planned anew when a deadline moves; and each has to meet its registration's events one at a time.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.notification import texts
from services.notification.reminders import (
    AFTER,
    Audience,
    Deadline,
    Followed,
    Registration,
    audiences,
    deadline,
    evolve,
    plan,
    reminder_id,
)
from shared.contracts.registration import SeasonOpened
from shared.kernel.bus import Received
from shared.kernel.messages import SHANGHAI

CHANNEL = "job"  # NOTIFY: something new waits
MOMENTS = ("closes_at", "since", "resubmit_before")

REGISTRATION = "season, unit, name, closes_at, since, stage, resubmit_before, contact, copies, copies_due"


def registration_of(row: Any) -> Registration:
    moments = {name: row[name] and row[name].astimezone(SHANGHAI) for name in MOMENTS}
    return Registration(**{name: row[name] for name in REGISTRATION.split(", ")} | moments)


async def apply(conn: Any, events: Sequence[Received]) -> None:
    """Remembers what `ligong.registration` says, and plans anew whatever it changes."""
    for received in events:
        event = received.event
        if isinstance(event, SeasonOpened):
            await _season(conn, event)
        elif isinstance(event, Followed):
            await _follow(conn, event, received.recorded.recorded)
    await conn.execute("select pg_notify($1, '')", CHANNEL)


async def _season(conn: Any, event: SeasonOpened) -> None:
    days = event.document.registration.reminder_working_days
    await conn.execute(
        "insert into season values ($1, $2) on conflict (season) do update set days = excluded.days", event.season, days
    )
    rows = await conn.fetch(f"select {REGISTRATION} from registration where season = $1 for update", event.season)
    for row in rows:  # units whose opening arrived first: streams have no order among them
        await _replan(conn, registration_of(row))


async def _follow(conn: Any, event: Followed, recorded: datetime) -> None:
    sql = f"select {REGISTRATION} from registration where season = $1 and unit = $2 for update"
    row = await conn.fetchrow(sql, event.season, event.unit)
    before = registration_of(row) if row else None
    after = evolve(before, event, recorded)
    await conn.execute(
        f"""insert into registration ({REGISTRATION}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (season, unit) do update set name = $3, closes_at = $4, since = $5, stage = $6,
            resubmit_before = $7, contact = $8, copies = $9, copies_due = $10""",
        *asdict(after).values(),
    )
    if before is None or deadline(before) != deadline(after):
        await _replan(conn, after)


async def _replan(conn: Any, reg: Registration) -> None:
    """NOT-1: reminders of a deadline that no longer holds are cancelled, those of the one that holds wait."""
    days = await conn.fetchval("select days from season where season = $1", reg.season)
    due = deadline(reg)
    wanted = plan(due, tuple(days), reg.since) if due and days is not None else []
    ids = [reminder_id(reg, due, reminder.step) for reminder in wanted] if due else []
    await conn.execute(
        """update job set state = 'cancelled'
           where kind = 'reminder' and state = 'waiting' and season = $1 and unit = $2 and id <> all($3)""",
        reg.season,
        reg.unit,
        ids,
    )
    await conn.executemany(
        """insert into job (id, kind, season, unit, deadline, deadline_at, step, due)
           values ($1, 'reminder', $2, $3, $4, $5, $6, $7)
           on conflict (id) do update set state = 'waiting' where job.state = 'cancelled'""",
        [
            (id, reg.season, reg.unit, due.kind, due.at, reminder.step, reminder.due)
            for id, reminder in zip(ids, wanted, strict=True)
            if due
        ],
    )


async def due(conn: Any, now: datetime) -> int:
    """Reminders that are due and have not been given yet."""
    count: int = await conn.fetchval(
        "select count(*) from job where kind = 'reminder' and state = 'waiting' and due <= $1", now
    )
    return count


async def next_due(conn: Any, now: datetime) -> datetime | None:
    """When the next reminder is due after `now`."""
    at: datetime | None = await conn.fetchval(
        "select min(due) from job where kind = 'reminder' and state = 'waiting' and due > $1", now
    )
    return at


async def give(conn: Any, now: datetime) -> bool:
    """Gives one unit the reminder that is due, in one transaction; False when nobody is left who may have one.

    The registration's row is locked meanwhile: an event that changes or completes it comes before or after, and
    another instance takes another unit, or finds on a second look that this one has been given its reminder.
    """
    async with conn.transaction():
        row = await conn.fetchrow(
            f"""select {REGISTRATION} from registration r where exists (
                    select from job j where (j.season, j.unit) = (r.season, r.unit)
                    and kind = 'reminder' and state = 'waiting' and due <= $1)
                limit 1 for update skip locked""",
            now,
        )
        if row is None:
            return False
        reg = registration_of(row)
        rows = await conn.fetch(
            """select id, deadline, deadline_at, step from job where kind = 'reminder' and state = 'waiting'
               and season = $1 and unit = $2 and due <= $3 order by due""",
            reg.season,
            reg.unit,
            now,
        )
        for job in rows[:-1]:
            await _close(conn, job["id"], "superseded")
        for job in rows[-1:]:
            await _give(conn, reg, job, now)
    return True


async def _give(conn: Any, reg: Registration, job: Any, now: datetime) -> None:
    """NOT-1: a reminder that was held up says what is true by now; after its deadline, only the next is given."""
    due = Deadline(job["deadline"], job["deadline_at"].astimezone(SHANGHAI))
    if now >= due.at and job["step"] != AFTER:
        return await _close(conn, job["id"], "superseded")
    whom = audiences(reg, job["step"])
    for audience in whom:
        await tell(conn, reg, job["id"], audience, texts.reminder(reg, due, now, audience), now)
    if "unit" in whom:
        await write(conn, reg, due, job["id"], job["step"])
    return await _close(conn, job["id"], "done")


async def write(conn: Any, reg: Registration, due: Deadline, job: UUID, step: int) -> None:
    """NOT-2: the e-mail of a reminder waits in the transaction that gives the reminder."""
    await conn.execute(
        """insert into job (id, kind, reminder, season, unit, deadline, deadline_at, step, due, state, reason)
           values ($1, 'email', $2, $3, $4, $5, $6, $7, now(), $8, $9)""",
        uuid5(job, "email"),
        job,
        reg.season,
        reg.unit,
        due.kind,
        due.at,
        step,
        "waiting" if reg.contact else "nobody",
        None if reg.contact else "该单位尚未填报联系人",
    )
    await conn.execute("select pg_notify($1, '')", CHANNEL)


async def tell(conn: Any, reg: Registration, job: UUID, audience: Audience, text: texts.Text, now: datetime) -> None:
    """NOT-2: the in-app message is written in the transaction that ends the reminder: exactly once."""
    await conn.execute(
        """insert into message (id, reminder, audience, season, unit, title, body, at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        uuid5(job, audience),
        job,
        audience,
        reg.season,
        reg.unit,
        text.title,
        text.body,
        now,
    )


async def _close(conn: Any, job: UUID, state: str) -> None:
    await conn.execute("update job set state = $2 where id = $1", job, state)
