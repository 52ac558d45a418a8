"""Keeps the boards: what is new of the facts is added to exact tallies, and what changes is stored and published."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import asyncpg
import msgspec
import structlog
from msgspec.structs import replace
from prometheus_client import Counter, Gauge

from services.scoring import findings, standing, tallies
from services.scoring.scheme import Row, boards, checksum
from services.scoring.standing import Head, Key
from services.scoring.tallies import Snapshot, Tallies, Vector
from shared.kernel.clock import Clock
from shared.kernel.topics import BOARDS

log = structlog.get_logger()

LOCK = 0x6C690003  # advisory lock of the one builder
POLL = 1.0  # seconds: NOTIFY is a hint, this is the guarantee
LINGER = (
    0.02  # seconds that the boards stay as they are at least: the first event shows at once, those after it together
)
MANY = 25  # events since the last build: under load the stream, which shares the process, is given time before the next
REST = 4  # times as long as the build took
LONGEST_REST = 0.2  # seconds
# What is new is found by index, however many facts there were when the plan was made.
BY_INDEX = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off"

BUILDS = Counter("ligong_scoring_builds", "Times that the boards were brought up to date")
PENDING = Gauge("ligong_scoring_pending", "Dead letters, and events waiting behind them")
LEADS = Gauge("ligong_scoring_builder", "1 in the process that keeps the boards")


class Live(NamedTuple):
    """A board as it is shown. `pending` counts the events that it lacks."""

    head: Head
    rows: tuple[Row, ...]
    pending: int


class Publishing(Protocol):
    """Where boards go: the newest value of each key counts, until somebody else takes over."""

    def put(self, topic: str, key: str, value: bytes) -> None: ...

    def forget(self) -> None: ...


class Builder:
    """Runs in every worker; one leads, holding the lock on the connection that it works with."""

    def __init__(self, dsn: str, clock: Clock, publisher: Publishing) -> None:
        self._dsn, self._clock, self._publisher = dsn, clock, publisher
        self._wake = asyncio.Event()
        self._anew = False
        self._events = 0  # that the last build took in

    async def run(self) -> None:
        """Waits for the lead, then builds until something breaks; the caller starts it again."""
        lead = await asyncpg.connect(self._dsn)
        try:
            await lead.execute("select pg_advisory_lock($1)", LOCK)
            await lead.add_listener("facts", lambda *_: self._wake.set())
            await lead.add_listener("boards", self._told)
            LEADS.set(1)
            self._wake.clear()
            await self._load(lead, first=True)
            await self._lead(lead)
        finally:
            LEADS.set(0)
            self._publisher.forget()
            lead.terminate()

    def _told(self, *notification: Any) -> None:
        """A verification has an answer; `rebuild` when the boards must be made anew."""
        self._anew = self._anew or notification[-1] == "rebuild"
        self._wake.set()

    async def _lead(self, lead: Any) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            began = loop.time()
            if self._anew:
                await self._load(lead)
            else:
                await self._build(lead)
            BUILDS.inc()
            rest = REST * (loop.time() - began) if self._events > MANY else LINGER
            await asyncio.sleep(min(rest, LONGEST_REST))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL)

    async def _load(self, lead: Any, *, first: bool = False) -> None:
        """Counts all facts and makes every board from nothing; replaces what is stored where that differs."""
        self._anew = False
        await lead.execute("reset all")
        # rows restored from another server's dump carry transaction numbers of that server
        await lead.execute("update fact set txid = pg_current_xact_id() where txid > pg_current_xact_id()")
        async with lead.transaction(isolation="repeatable_read", readonly=True):
            now = await tallies.everything(lead)
            self._documents = await tallies.documents(lead)
            stored = await standing.read(lead, self._documents)
        await lead.execute(BY_INDEX)
        self._tallies: Tallies = {}
        self._vector, self._vector_stored = stored.vector, 0.0
        self._live = {key: Live(head, stored.rows.get(key, ()), now.pending) for key, head in stored.heads.items()}
        altered = [key for key, head in stored.heads.items() if head.hash != checksum(stored.rows.get(key, ()))]
        if first and altered:
            await self._report(lead, altered)
        made = self._make(now, self._documents)
        if altered or made != stored.rows or made.keys() != stored.heads.keys():
            self._live = {key: live._replace(rows=()) for key, live in self._live.items() if key in made}
            async with lead.transaction():
                await standing.clear(lead, made)
                await self._update(lead, now, made)
        else:
            await self._update(lead, now, {})
        for key in self._live:
            self._show(key)

    async def _report(self, lead: Any, altered: list[Key]) -> None:
        """Rows that were changed while nobody kept them are replaced like any others, but not in silence."""
        log.error("stored boards were altered", boards=altered)
        names = "、".join(f"{season}/{board}" for season, board in altered)
        await findings.keep(lead, False, [f"榜单{names}的存储行与其校验值不符，可能被改动。"], told=False)

    async def _build(self, lead: Any) -> None:
        """Adds what is new and remakes the boards of the seasons that it touches."""
        now = await tallies.since(lead, self._now.id)
        self._events = sum(now.vector.values()) - sum(self._now.vector.values())
        if now.rules != self._now.rules:
            await self._load(lead)
        else:
            for key in await self._update(lead, now, self._make(now, now.tallies)):
                self._show(key)

    def _make(self, now: Snapshot, seasons: Iterable[int]) -> dict[Key, tuple[Row, ...]]:
        tallies.add(self._tallies, now.tallies)
        return {
            (season, board.id): board.rows
            for season in seasons
            if (document := self._documents.get(season))
            for board in boards(document, self._tallies.get(season, {}))
        }

    async def _update(self, lead: Any, now: Snapshot, made: Mapping[Key, tuple[Row, ...]]) -> set[Key]:
        """Stores the boards that are to look different from now on; says which are to be shown anew."""
        at = await self._clock.now() if made else datetime.min
        changed: dict[Key, tuple[Live, list[Row]]] = {}
        for key in {**self._live, **made}:
            if change := self._change(key, made.get(key), now, at):
                changed[key] = change
        self._now = now
        if changed:
            given = [(live.head, rows) for live, rows in changed.values()]
            for head in await standing.store(lead, given, now.vector):
                key = (head.season, head.board)
                self._live[key] = changed[key][0]._replace(head=head)
        await self._remember(lead, now.vector, bool(changed))
        PENDING.set(now.pending)
        return changed.keys() | self._verified_again(now)

    def _change(
        self, key: Key, made: tuple[Row, ...] | None, now: Snapshot, at: datetime
    ) -> tuple[Live, list[Row]] | None:
        """The board's next state and its rows that differ; None while it looks as it did."""
        live = self._live.get(key)
        before = live.rows if live else ()
        rows = before if made is None else made
        season, board = key
        scheme = self._documents[season].scheme.version
        moved = live is None or rows != before or live.head.scheme != scheme
        state, verified_at = now.states.get(key, ("pending", None))
        if live and not moved and (live.pending, live.head.verified) == (now.pending, state):
            return None
        head = Head(
            season=season,
            board=board,
            revision=live.head.revision + 1 if live else 1,
            updated=at if moved or live is None else live.head.updated,
            scheme=scheme,
            hash=checksum(rows),
            verified=state,
            verified_at=verified_at,
        )
        was = {row.unit: row for row in before}
        return Live(head, rows, now.pending), [row for row in rows if was.get(row.unit) != row]

    async def _remember(self, lead: Any, vector: Vector, stored: bool) -> None:
        """The position moves with every event, the boards do not: amid traffic it is stored once a second at most."""
        time = asyncio.get_running_loop().time()
        calm = not self._wake.is_set() or time - self._vector_stored >= POLL
        if not stored and vector != self._vector and calm:
            await standing.store_vector(lead, vector)
            stored = True
        if stored:
            self._vector, self._vector_stored = vector, time

    def _verified_again(self, now: Snapshot) -> set[Key]:
        """Boards that were verified once more: they look the same, at a later hour."""
        again = set()
        for key, (_, at) in now.states.items():
            if (live := self._live.get(key)) and at and live.head.verified_at != at:
                self._live[key] = live._replace(head=replace(live.head, verified_at=at))
                again.add(key)
        return again

    def _show(self, key: Key) -> None:
        live = self._live[key]
        document = self._documents[key[0]]
        value = msgspec.json.encode(live.head.published(document, live.rows, self._now.vector, live.pending))
        for topic in BOARDS:
            self._publisher.put(topic, f"{key[0]}/{key[1]}", value)
