"""A partner's read of a feed, as http-feeds (long poll) and as SSE."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.feeds import entries
from services.feeds.entries import Entry
from services.feeds.model import ID, Status, standing
from services.feeds.news import News
from shared.kernel.clock import Clock
from shared.kernel.messages import Actor
from shared.kernel.problems import Problem

BEAT = 15.0  # seconds of silence after which an open SSE stream says that it is alive
TICK = 0.2  # seconds between two looks at a demo's clock, which moves in leaps and tells nobody
CHUNK = 100  # entries read at once into an open SSE stream

CLOSED: dict[Status, str] = {
    "future": "共享协议尚未生效，请在协议约定的生效时刻后再读取。",
    "expired": "共享协议已到期，不再提供数据；如需继续，请与上海市城管执法立功竞赛办公室另行订立协议。",
    "revoked": "共享协议已撤销，不再提供数据；如有疑问，请与上海市城管执法立功竞赛办公室联系。",
}


@dataclass(frozen=True)
class Feed:
    """A feed opened for one partner. `pool` of the service; `demo` when the clock is a scenario's."""

    id: str
    who: Actor
    pool: Any
    clock: Clock
    news: News
    demo: bool

    async def admit(self, conn: Any) -> float:
        """FED-3: asked with every read: a 404 or 403 problem, or the seconds until it has to be asked again."""
        if not re.fullmatch(ID, self.id):
            raise _unknown()
        agreement = await entries.one_agreement(conn, self.id)
        if agreement.terms is None or self.who.partner is None or agreement.terms.partner != self.who.partner:
            raise _unknown()
        now = await self.clock.now()
        status = standing(agreement, now)
        if status != "current":
            raise Problem(403, CLOSED[status], rule="FED-3")
        return TICK if self.demo else (agreement.terms.expires_at - now).total_seconds()

    async def _read(self, seq: int, limit: int) -> tuple[list[Entry], float]:
        """FED-3: what follows `seq`, in one snapshot with the agreement: a revocation is before it or after it."""
        async with self.pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            patience = await self.admit(conn)
            return await entries.after(conn, self.id, seq, limit), patience

    async def start(self, last: str | None) -> int:
        """FED-2: the number of the entry to go on after. An id that this feed never delivered is a 400 problem."""
        if last is None:
            return 0
        with contextlib.suppress(ValueError):
            seq = await entries.place(self.pool, self.id, UUID(last))
            if seq is not None:
                return seq
        raise Problem(400, "lastEventId 不是本数据源发出过的事件；请用最后收到的事件的 id，或去掉该参数从头读取。")

    async def poll(self, seq: int, limit: int, timeout: float) -> list[Entry]:
        """What follows `seq`; where there is nothing yet, what comes within `timeout` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            news = self.news.next
            found, patience = await self._read(seq, limit)
            rest = end - loop.time()
            if found or rest <= 0 or self.news.over:
                return found
            await _wait(news, min(rest, patience))

    async def follow(self, seq: int) -> AsyncIterator[bytes]:
        """What follows `seq` as server-sent events, for as long as the partner may read."""
        yield b": open\n\n"
        loop = asyncio.get_running_loop()
        spoke = loop.time()
        while not self.news.over:
            news = self.news.next
            try:
                found, patience = await self._read(seq, CHUNK)
            except Problem as problem:
                yield f"event: closed\ndata: {json.dumps(problem.body(), ensure_ascii=False)}\n\n".encode()
                return
            for entry in found:
                seq = entry.seq
                yield b"id: %s\ndata: %s\n\n" % (str(entry.id).encode(), entry.body)
            if found:
                spoke = loop.time()
                continue
            if loop.time() - spoke >= BEAT:
                yield b": alive\n\n"
                spoke = loop.time()
            await _wait(news, min(BEAT, patience))


async def _wait(news: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(news.wait(), max(seconds, 0))


def _unknown() -> Problem:
    """FED-1: whether a feed is another's or does not exist at all, the answer is the same."""
    return Problem(404, "没有这个数据源，或您无权读取；请核对地址和凭证。")
