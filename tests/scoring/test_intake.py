"""Records → facts and cursors in a real PostgreSQL, whatever the records are."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.scoring.intake import WAITING, Intake, Record
from shared.contracts import catalogue
from tests.scoring import year
from tests.servers import Databases


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Any]:
    pool = await asyncpg.create_pool(await databases.new("scoring"), min_size=1, max_size=4)
    yield pool
    pool.terminate()


async def intake_on(pool: Any) -> Intake:
    intake = Intake(pool, catalogue.read)
    await intake.reload()
    return intake


async def keys(pool: Any) -> set[tuple[str, int]]:
    return {(row["key"], row["version"]) for row in await pool.fetch("select key, version from fact")}


async def letters(pool: Any) -> list[tuple[str, int, str]]:
    rows = await pool.fetch("select stream, pseq, reason from dead_letter order by topic, partition, pseq")
    return [(row["stream"], row["pseq"], row["reason"]) for row in rows]


def spoiled(record: Record, value: bytes) -> Record:
    return record._replace(value=value)


def as_type(record: Record, type: str) -> Record:
    """The same record of another type, in headers and value."""
    value = json.loads(record.value or b"")
    headers = [(k, type.encode() if k == "type" else v) for k, v in record.headers]
    return record._replace(value=json.dumps({**value, "type": type}).encode(), headers=headers)


async def test_facts_and_cursors_are_written_together(pool: Any) -> None:
    intake = await intake_on(pool)
    await intake.take(year.records([year.OPENED, year.reported("putuo", "a"), year.visited("putuo", "v", 8000)]))
    assert await keys(pool) == {("activity-a#activity", 1), ("visit-v#visit", 1)}
    row = await pool.fetchrow("select * from fact where kind = 'visit'")
    assert (row["unit"], row["part"], row["value"], row["topic"]) == ("putuo", "routine", 8000, "ligong.inspection")
    assert await pool.fetchval("select count(*) from season_rules") == 1
    again = await intake_on(pool)
    assert again.cursors == intake.cursors
    assert sum(cursor.pseq for cursor in again.cursors.values()) == 3


async def test_what_comes_again_is_dropped(pool: Any) -> None:
    records = year.records([year.reported("putuo", "a"), year.corrected("putuo", "a"), year.reported("putuo", "b")])
    intake = await intake_on(pool)
    for batch in (records[:1], records, records, records[1:]):
        await intake.take(batch)
    assert len(await keys(pool)) == 3


async def test_of_two_workers_one_wins_and_nothing_is_doubled(pool: Any) -> None:
    records = year.records([year.reported("putuo", f"{n}") for n in range(200)])

    async def work() -> None:
        intake = await intake_on(pool)
        while sum(cursor.pseq for cursor in intake.cursors.values()) < 200:
            try:
                await intake.take(records)
            except Exception as error:
                assert type(error).__name__ == "Moved"
                await intake.reload()

    await asyncio.gather(work(), work(), work())
    assert len(await keys(pool)) == 200


async def test_a_gap_is_not_stepped_over(pool: Any) -> None:
    first, second, third = year.records([year.paper("putuo", n, late=True) for n in (1, 2, 3)])
    intake = await intake_on(pool)
    await intake.take([first, third])
    assert len(await keys(pool)) == 1
    await intake.take([second, third])
    assert len(await keys(pool)) == 3


async def test_a_fork_is_never_applied(pool: Any) -> None:
    ours = year.records([year.paper("putuo", 1, late=True), year.paper("putuo", 2, late=True)])
    others = year.records([year.began("putuo"), year.paper("putuo", 2, late=True)])
    headers = [(k, str(uuid4()).encode() if k in ("id", "previd") else v) for k, v in others[1].headers]
    intake = await intake_on(pool)
    await intake.take([ours[0], others[1]._replace(headers=headers)])
    assert intake.forks == {(ours[0].topic, ours[0].partition)}
    assert await letters(pool) == []
    await intake.take(ours)  # the owner's own event follows after all
    assert intake.forks == set()
    assert len(await keys(pool)) == 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"not json", "Unreadable: not a CloudEvent of ours"),
        (b"", "Unreadable: not a CloudEvent of ours"),
        (b"\xff\xfe", "Unreadable: not a CloudEvent of ours"),
        (b"[]", "Unreadable: not a CloudEvent of ours"),
        (b'{"id": 1}', "Unreadable: not a CloudEvent of ours"),
        (b"[" * 100_000, "Unreadable: not a CloudEvent of ours"),
    ],
)
async def test_a_value_that_cannot_be_read_parks_its_stream_alone(pool: Any, value: bytes, reason: str) -> None:
    entries = [year.paper("putuo", n, late=True) for n in (1, 2, 3)]
    first, second, third, *rest = year.records([*entries, year.reported("putuo", "b")])
    intake = await intake_on(pool)
    await intake.take([first, spoiled(second, value), third, *rest])
    found = await letters(pool)
    assert [pseq for _, pseq, _ in found] == [2, 3]
    assert found[0][2].startswith(reason)
    assert found[1][2] == WAITING
    assert {key for key, _ in await keys(pool)} == {"registration-2021-putuo#late_paper-1", "activity-b#activity"}
    assert sum(cursor.pseq for cursor in intake.cursors.values()) == 4


async def test_a_parked_stream_stays_parked_after_a_restart(pool: Any) -> None:
    first, second, third = year.records([year.paper("putuo", n, late=True) for n in (1, 2, 3)])
    await (await intake_on(pool)).take([first, spoiled(second, b"{}")])
    await (await intake_on(pool)).take([third])
    assert [pseq for _, pseq, _ in await letters(pool)] == [2, 3]


@pytest.mark.parametrize("type", ["ligong.activity.activity_celebrated.v1", "ligong.activity.activity_reported.v2"])
async def test_an_unknown_type_or_version_is_a_dead_letter(pool: Any, type: str) -> None:
    first, second = year.records([year.reported("putuo", "a"), year.reported("putuo", "b")])
    intake = await intake_on(pool)
    await intake.take([as_type(first, type), second])
    assert await letters(pool) == [("activity-a", 1, f"UnknownEvent: unknown event type {type!r}")]
    assert {key for key, _ in await keys(pool)} == {"activity-b#activity"}


async def test_data_that_does_not_fit_its_contract_is_a_dead_letter(pool: Any) -> None:
    (record,) = year.records([year.reported("putuo", "a")])
    value = json.loads(record.value or b"")
    del value["data"]["occurred_at"]
    await (await intake_on(pool)).take([spoiled(record, json.dumps(value).encode())])
    ((_, _, reason),) = await letters(pool)
    assert "occurred_at" in reason


async def test_what_the_database_refuses_is_a_dead_letter_and_the_rest_goes_on(pool: Any) -> None:
    good, bad, more = year.records([year.reported("putuo", id) for id in ("a", "b", "c")])
    value = (bad.value or b"").replace("样例活动".encode(), b"a\\u0000b")
    await (await intake_on(pool)).take([good, spoiled(bad, value), more])
    assert {key for key, _ in await keys(pool)} == {"activity-a#activity", "activity-c#activity"}
    ((stream, _, _),) = await letters(pool)
    assert stream == "activity-b"


@pytest.mark.parametrize("headers", [(), [("type", b"x")], [("pseq", b"\xff")]])
async def test_a_record_without_headers_of_ours_is_set_aside(pool: Any, headers: Any) -> None:
    stray = Record("ligong.activity", 0, 0, 1_600_000_000_000, headers, b"\0 anything")
    (record,) = year.records([year.reported("putuo", "a")])
    intake = await intake_on(pool)
    await intake.take([stray, record, stray])
    assert await pool.fetchval("select record from set_aside") == b"\0 anything"
    assert await letters(pool) == []
    assert len(await keys(pool)) == 1
