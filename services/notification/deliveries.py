"""Sends what waits for the e-mail channel. Several instances may: a row in work is locked."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol

import aiohttp
import asyncpg
import structlog

from services.notification import mail, texts
from services.notification.mail import Letter, NotSent, Outcome, Server
from services.notification.queue import CHANNEL
from shared.kernel.tokens import service_token

log = structlog.get_logger()

State = Literal["waiting", "done", "failed", "unknown", "nobody", "cancelled"]

WAITS = [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)]
LOOK = 30.0  # seconds: NOTIFY is a hint, this is the guarantee

_NEXT = """
    select id from job where kind = 'email' and state = 'waiting' and due <= now()
    order by due limit 1 for no key update skip locked"""
# Read once the row is locked: what its last holder wrote down is visible only then.
_JOB = """
    select j.id, j.season, j.unit, j.tries, m.title, m.body,
           r.stage <> 'completed' and coalesce(r.resubmit_before, r.closes_at) = j.deadline_at as holds,
           exists (select from attempt a where a.job = j.id and a.outcome is null) as interrupted
    from job j
    join registration r on (r.season, r.unit) = (j.season, j.unit)
    join message m on m.reminder = j.reminder and m.audience = 'unit'
    where j.id = $1"""


class Unreachable(Exception):
    """The registration service does not answer."""


@dataclass(frozen=True)
class Contact:
    name: str
    email: str


class Contacts(Protocol):
    async def of(self, season: int, unit: str) -> Contact | None: ...


class RegistrationContacts:
    """Asks registration whom to write to, each time: addresses are stored nowhere else."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str) -> None:
        self._http, self._url, self._key = http, url, key

    async def of(self, season: int, unit: str) -> Contact | None:
        """None where the unit has named nobody, or nobody with an e-mail address. Raises Unreachable."""
        headers = {"Authorization": f"Bearer {service_token(self._key, 'notification')}"}
        try:
            url = f"{self._url}/internal/contacts/{season}/{unit}"
            async with self._http.get(url, headers=headers, timeout=aiohttp.ClientTimeout(total=10)) as answer:
                if answer.status == 404:
                    return None
                answer.raise_for_status()
                found = (await answer.json())["contact"]
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError):
            raise Unreachable from None
        return Contact(found["name"], found["email"]) if found and found.get("email") else None


@dataclass(frozen=True)
class _Settled:
    """What becomes of the e-mail. `wait` until the next attempt, where it waits again."""

    state: State
    reason: str | None = None
    wait: timedelta = timedelta()


class Deliveries:
    """The e-mail channel's worker. Runs until its connection breaks; the caller starts it again."""

    def __init__(self, dsn: str, pool: Any, contacts: Contacts, server: Server | None) -> None:
        self._dsn, self._pool, self._contacts, self._server = dsn, pool, contacts, server

    async def run(self) -> None:
        # A connection of its own, as its transaction stays open for as long as the mail server takes.
        conn = await asyncpg.connect(self._dsn)
        wake = asyncio.Event()
        try:
            await conn.add_listener(CHANNEL, lambda *_: wake.set())
            while True:
                wake.clear()
                if await self.step(conn):
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), await self._pause(conn))
        finally:
            conn.terminate()

    async def _pause(self, conn: Any) -> float:
        """Seconds until the next e-mail is due."""
        wait = await conn.fetchval(
            """select extract(epoch from min(due) - now())::float8 from job
               where kind = 'email' and state = 'waiting' and due > now()"""
        )
        return LOOK if wait is None else min(wait, LOOK)

    async def step(self, conn: Any) -> bool:
        """Deals with one e-mail; False when none is due. Its row stays locked until its fate is written down."""
        async with conn.transaction():
            id = await conn.fetchval(_NEXT)
            if id is None:
                return False
            job = await conn.fetchrow(_JOB, id)
            settled = await self._settle(conn, job)
            await conn.execute(
                "update job set state = $2, reason = $3, due = now() + $4, tries = tries + 1 where id = $1",
                id,
                settled.state,
                settled.reason,
                settled.wait,
            )
            log.info("e-mail", job=str(id), state=settled.state, reason=settled.reason)
        return True

    async def _settle(self, conn: Any, job: Any) -> _Settled:
        if job["interrupted"]:
            await self._outcome(conn, job, "unknown")
            return _Settled("unknown", "发送过程中断，可能已发送")
        if not job["holds"]:
            return _Settled("cancelled", "登记已完成或期限已变更，不再发送")
        try:
            contact = await self._contacts.of(job["season"], job["unit"])
        except Unreachable:
            return _again(job, "登记服务暂时无法查询联系人邮箱")
        if contact is None:
            return _Settled("nobody", "该单位没有可用的联系人邮箱")
        try:
            return _settled(job, await self._send(conn, job, contact))
        except NotSent as error:
            return _settled(job, error.outcome)

    async def _send(self, conn: Any, job: Any, contact: Contact) -> Outcome:
        if self._server is None:
            return Outcome("refused", "尚未配置邮件服务器")
        text = f"{contact.name}同志：\n\n{job['body']}\n\n{texts.SIGNATURE}\n"
        letter = Letter(str(job["id"]), contact.email, job["title"], text)
        content = mail.compose(letter, self._server.sender)
        async with self._server.connected() as smtp:
            await self._intend(job)
            outcome = await mail.hand_over(smtp, letter, self._server.sender, content)
        await self._outcome(conn, job, _KNOWN[outcome.fate])
        return outcome

    async def _intend(self, job: Any) -> None:
        """NOT-2: the intent is committed, apart from what holds the row, before anything is handed over."""
        await self._pool.execute(
            "insert into attempt (job, n) select $1, coalesce(max(n), 0) + 1 from attempt where job = $1", job["id"]
        )

    @staticmethod
    async def _outcome(conn: Any, job: Any, outcome: str) -> None:
        await conn.execute("update attempt set outcome = $2 where job = $1 and outcome is null", job["id"], outcome)


_KNOWN = {"sent": "sent", "refused": "not sent", "failed": "not sent", "unknown": "unknown"}


def _settled(job: Any, outcome: Outcome) -> _Settled:
    match outcome.fate:
        case "sent":
            return _Settled("done")
        case "refused":
            return _Settled("failed", outcome.reason)
        case "unknown":
            return _Settled("unknown", outcome.reason)
        case "failed":
            return _again(job, outcome.reason)


def _again(job: Any, reason: str | None) -> _Settled:
    """NOT-2: tried again after growing waits, then shown as failed."""
    if job["tries"] >= len(WAITS):
        return _Settled("failed", reason)
    return _Settled("waiting", reason, WAITS[job["tries"]])
