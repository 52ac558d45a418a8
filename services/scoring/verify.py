"""Do the boards that are shown, the facts and the owners' logs say the same? (guarantee 5)"""

import asyncio
from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog
from prometheus_client import Gauge

from services.scoring import repair, standing, tallies
from services.scoring.audit import Audit, BrokenChain, Place, Position
from services.scoring.intake import CONSUMER
from services.scoring.logs import Logs, ShortLog
from services.scoring.scheme import boards, checksum, titles
from services.scoring.standing import Key, Stored
from services.scoring.tallies import Vector
from shared.contracts.season import SeasonDocument

log = structlog.get_logger()

UNVERIFIED = Gauge("ligong_scoring_unverified", "Boards that were found not to follow from the recorded events")


_AUDITED = """insert into audited as a values ($1, $2, $3, $4) on conflict (topic, partition)
    do update set pseq = excluded.pseq, digest = excluded.digest where a.pseq < excluded.pseq"""


class Finding(NamedTuple):
    """What a verification comes to: which boards agree three ways, and whether the logs themselves are in order."""

    agree: bool
    boards: dict[Key, bool]
    reasons: list[str]
    readable: bool
    pending: int


class _Snapshot(NamedTuple):
    """Boards as stored, and as they follow from the facts at the position that they are stored with."""

    stored: Stored
    documents: dict[int, SeasonDocument]
    made: dict[Key, str]
    skipped: set[Place]
    known: dict[tuple[str, int], Position]


class Verifier:
    """Keeps the audit between verifications, so that the next one reads only what is new. One at a time verifies."""

    def __init__(self, pool: Any, logs: Logs) -> None:
        self._pool, self._logs = pool, logs
        self._busy = asyncio.Lock()
        self._audit: Audit | None = None
        self._skipped: set[Place] = set()
        self.mended = asyncio.Event()  # something was made anew and is to be verified soon

    async def verify(self, everything: bool) -> Finding:
        """Compares, and marks the boards accordingly.

        With `everything` the logs are read from their beginning, and every fact is held against its event. On a
        mismatch facts and boards are made anew from the logs. Raises asyncpg's and
        aiohttp's errors when one of the three cannot be asked: then nothing is known and nothing marked.
        """
        async with self._busy:
            snapshot = await self._read()
            if everything or self._audit is None or not self._skipped <= snapshot.skipped:
                self._audit = Audit(snapshot.known)
            self._skipped = snapshot.skipped
            finding = await self._compare(self._audit, snapshot)
            if everything and finding.readable:
                finding = await self._facts_too(finding, snapshot)
            if not finding.agree:
                self._audit = None
            await self._mark(finding, snapshot)
            UNVERIFIED.set(sum(not agrees for agrees in finding.boards.values()))
            if not finding.agree:
                log.error("boards do not agree", reasons=finding.reasons)
                await self._mend(finding, snapshot)
            return finding

    async def _read(self) -> _Snapshot:
        async with self._pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            vector = await standing.read_vector(conn)
            documents = await tallies.documents(conn, vector)
            counted = await tallies.up_to(conn, vector)
            dead = await conn.fetch("select topic, partition, pseq from dead_letter where consumer = $1", CONSUMER)
            known = await conn.fetch("select * from audited")
            stored = await standing.read(conn, documents)
        made = {
            (season, board.id): checksum(board.rows)
            for season, document in documents.items()
            for board in boards(document, counted.get(season, {}))
        }
        return _Snapshot(
            stored=stored,
            documents=documents,
            made=made,
            skipped={(r["topic"], r["partition"], r["pseq"]) for r in dead},
            known={(r["topic"], r["partition"]): Position(r["pseq"], r["digest"]) for r in known},
        )

    async def _compare(self, audit: Audit, snapshot: _Snapshot) -> Finding:
        recorded = {key: head.hash for key, head in snapshot.stored.heads.items()}
        shown = {key: checksum(rows) for key, rows in snapshot.stored.rows.items()}
        reasons: list[str] = []
        try:
            audited = await self._audited(audit, snapshot.stored.vector)
        except (BrokenChain, ShortLog) as broken:
            reasons.append(_broken(broken))
            audited = None
        agree: dict[Key, bool] = {}
        for key in sorted({*recorded, *shown, *snapshot.made, *(audited or {})}):
            own = list(_differences(key, recorded, shown, snapshot.made, audited))
            agree[key] = audited is not None and not own
            reasons += [f"{_title(key, snapshot.documents)}：{difference}" for difference in own]
        return Finding(
            agree=not reasons,
            boards=agree,
            reasons=reasons,
            readable=audited is not None,
            pending=len(snapshot.skipped),
        )

    async def _audited(self, audit: Audit, vector: Vector) -> dict[Key, str]:
        for place, upto in sorted(vector.items()):
            topic, _, number = place.rpartition("/")
            partition = int(number)
            after = audit.position(topic, partition)
            async for lines in self._logs.lines(topic, partition, after, upto):
                await asyncio.to_thread(audit.take, topic, partition, lines, self._skipped)
        return await asyncio.to_thread(audit.hashes)

    async def _mark(self, finding: Finding, snapshot: _Snapshot) -> None:
        """What was verified is the boards as they were read: one that has moved since is left as it is."""
        async with self._pool.acquire() as conn, conn.transaction():
            for (season, board), agrees in finding.boards.items():
                await conn.execute(
                    """update board set verified = case when $3 then 'verified' else 'unverified' end,
                           verified_at = case when $3 then now() else verified_at end
                       where season = $1 and board = $2 and (not $3 or hash = $4)""",
                    season,
                    board,
                    agrees,
                    snapshot.made.get((season, board), ""),
                )
            if self._audit is not None:
                await conn.executemany(_AUDITED, [(*part, *at) for part, at in self._audit.positions.items()])
            await conn.execute("notify boards")

    async def _facts_too(self, finding: Finding, snapshot: _Snapshot) -> Finding:
        """A fact that was altered without moving a board is a false reason for a right point."""
        async with repair.derived(self._pool, self._logs, snapshot.stored.vector, snapshot.skipped) as derived:
            differing = await derived.differing()
        if not differing:
            return finding
        return finding._replace(
            agree=False,
            boards=dict.fromkeys(finding.boards, False),
            reasons=[*finding.reasons, f"有{differing}条积分事实与其所依据的事件不符，可能被改动。"],
        )

    async def _mend(self, finding: Finding, snapshot: _Snapshot) -> None:
        """From a log that is itself at fault nothing is made."""
        if finding.readable:
            async with repair.derived(self._pool, self._logs, snapshot.stored.vector, snapshot.skipped) as derived:
                await derived.put()
            await self._pool.execute("notify boards, 'rebuild'")
            self.mended.set()


def _differences(
    key: Key, recorded: dict[Key, str], shown: dict[Key, str], made: dict[Key, str], audited: dict[Key, str] | None
) -> Iterable[str]:
    if recorded.get(key) != shown.get(key):
        yield "存储的榜单行与发布时的校验值不符，榜单行可能被改动。"
    if shown.get(key) != made.get(key):
        yield "存储的榜单与按积分事实重算的结果不一致。"
    if audited is not None and made.get(key) != audited.get(key):
        yield "按积分事实重算的结果与按原始事件独立核算的结果不一致，积分事实可能被改动。"


def _title(key: Key, documents: dict[int, SeasonDocument]) -> str:
    season, board = key
    name = titles(documents[season]).get(board, board) if season in documents else board
    return f"{season}年{name}"


def _broken(error: BrokenChain | ShortLog) -> str:
    if isinstance(error, ShortLog):
        return f"事件日志短于榜单所依据的位置（{error}），可能是从备份恢复的；请联系运维人员。"
    topic, partition, pseq = error.place
    return f"事件日志{topic}第{partition}分区第{pseq}条事件与校验链不符，事件内容可能被改动；请联系运维人员。"
