"""Guarantee 1: the append's verdicts, against a model that is plainly right."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.kernel.messages import COMMANDS, NOBODY, SHANGHAI, Claim, event_id
from shared.kernel.store import NewEvent, Proposal, Verdict, append, partition, read_streams
from tests.servers import Databases

NOW = datetime(2021, 6, 1, 9, tzinfo=SHANGHAI)
STREAMS = ["a-1", "a-2", "a-3", "b-1"]


@dataclass(frozen=True)
class Wish:
    """A command as the property draws it: small numbers, so that everything collides."""

    number: int
    body: int
    stream: str
    version: int
    events: int
    reads: tuple[tuple[str, int], ...]
    claims: tuple[tuple[str, bool], ...]

    def proposal(self) -> Proposal:
        id = uuid5(COMMANDS, str(self.number))
        new = [
            NewEvent(
                event_id(id, n), self.stream, self.version + n, "ligong.test", "ligong.test.done.v1", f'{{"n":{n}}}'
            )
            for n in range(self.events)
        ]
        held = [(Claim("label", key, "T-1", "", release=release), self.stream) for key, release in self.claims]
        return Proposal(id, bytes([self.body]), "office", NOW, new, self.reads, held)


@dataclass
class Model:
    pos: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    commands: dict[int, tuple[int, int]] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)

    def judge(self, wish: Wish) -> Verdict:
        if wish.number in self.commands:
            body, pos = self.commands[wish.number]
            return Verdict("again" if body == wish.body else "reused", pos)
        reads = [(wish.stream, wish.version - 1), *wish.reads]
        if any(self.versions.get(stream, 0) != version for stream, version in reads):
            return Verdict("stale", self.pos)
        for key, release in wish.claims:
            holder = self.claims.get(key)
            if not release and holder not in (None, wish.stream):
                return Verdict("taken", self.pos, holder)
        self.commands[wish.number] = (wish.body, self.pos + 1)
        self.versions[wish.stream] = self.versions.get(wish.stream, 0) + wish.events
        self.pos += wish.events
        for key, release in wish.claims:
            if not release:
                self.claims[key] = wish.stream
            elif self.claims.get(key) == wish.stream:
                del self.claims[key]
        return Verdict("ok", self.pos)


def distinct(wishes: list[Wish]) -> list[Wish]:
    return list({wish.number: wish for wish in wishes}.values())


wishes = st.builds(
    Wish,
    number=st.integers(0, 30),
    body=st.integers(0, 1),
    stream=st.sampled_from(STREAMS),
    version=st.integers(1, 5),
    events=st.integers(1, 3),
    reads=st.lists(st.tuples(st.sampled_from(STREAMS), st.integers(0, 3)), max_size=1).map(tuple),
    claims=st.lists(st.tuples(st.sampled_from("xyz"), st.booleans()), max_size=2, unique_by=lambda c: c[0]).map(tuple),
)


@pytest.fixture(scope="module")
async def log(databases: Databases) -> asyncpg.Connection:
    return await asyncpg.connect(await databases.new("feeds"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(wishes, min_size=1, max_size=8).map(distinct), min_size=1, max_size=5))
async def test_verdicts_are_those_of_the_model(batches: list[list[Wish]], log: asyncpg.Connection) -> None:
    await log.execute("truncate event, command, claim, log_partition; update log_head set pos = 0")
    model = Model()
    for batch in batches:
        # a wish that drew the right version by chance is rare; half of them are put right
        right = [
            Wish(w.number, w.body, w.stream, model.versions.get(w.stream, 0) + 1, w.events, (), w.claims)
            if n % 2 == 0
            else w
            for n, w in enumerate(batch)
        ]
        verdicts = await append(log, [w.proposal() for w in right])
        assert verdicts == [model.judge(w) for w in right]
    await check_log(log, model)


async def check_log(log: asyncpg.Connection, model: Model) -> None:
    """Positions and, by partition, sequences are dense, chained by `previd` and by digest."""
    rows = await log.fetch("select *, data::text as body from event order by pos")
    assert [row["pos"] for row in rows] == list(range(1, model.pos + 1))
    assert {r["scope"] + r["key"]: r["stream"] for r in await log.fetch("select * from claim")} == {
        "label" + key: stream for key, stream in model.claims.items()
    }
    last: dict[int, tuple[int, UUID, bytes]] = {}
    for row in rows:
        pseq, id, digest = last.get(row["partition"], (0, NOBODY, b""))
        assert row["partition"] == partition(row["stream"])
        assert (row["pseq"], row["previd"]) == (pseq + 1, id)
        again = await log.fetchval(
            "select event_digest($1, $2, $3, $4, $5, $6, $7)",
            digest, row["id"], row["stream"], row["version"], row["type"], row["body"], row["actor"],
        )  # fmt: skip
        assert row["digest"] == again
        last[row["partition"]] = (row["pseq"], row["id"], row["digest"])
    for stream, events in (await read_streams(log, STREAMS)).items():
        assert [e.version for e in events] == list(range(1, model.versions.get(stream, 0) + 1))


async def test_a_batch_with_broken_data_leaves_nothing(log: asyncpg.Connection) -> None:
    await log.execute("truncate event, command, claim, log_partition; update log_head set pos = 0")
    fine = Wish(1, 0, "a-1", 1, 1, (), ()).proposal()
    id = uuid5(COMMANDS, "broken")
    broken = Proposal(id, b"", "office", NOW, [NewEvent(id, "a-2", 1, "ligong.test", "t", "{not json")])
    with pytest.raises(asyncpg.DataError):
        await append(log, [fine, broken])
    assert await log.fetchval("select count(*) from event") == 0
    assert await log.fetchval("select pos from log_head") == 0
