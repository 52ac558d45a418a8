"""A partner's feed end to end: activity's events over a real Kafka, read over HTTP by the partner."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest

from shared.kernel import store
from shared.kernel.messages import Actor, Event
from shared.kernel.tokens import mint
from tests.feeds.given import FIELDS, OPERATION_TYPE, operation
from tests.integration import spoiled
from tests.integration.client import (
    HUANGPU,
    INSPECTOR,
    LEADER,
    OFFICE,
    PARTNER,
    SERVICE,
    Client,
    Deployment,
    Reply,
    connected,
    deployment,
    written,
)
from tests.integration.fresh import without_topics
from tests.integration.fuzzed import fuzz
from tests.processes import SECRET, Process, free_port, started
from tests.servers import Databases, KafkaServer
from tests.spec import at

ZHEJIANG = Actor("partner-2", "partner", partner="zhejiang")
TERMS: dict[str, Any] = {
    "agreement": "js-2021",
    "partner": "jiangsu",
    "province": "jiangsu",
    "name": "沪苏毗邻区域执法信息共享协议",
    "purpose": "省际毗邻区域共同管辖执法协作",
    "legal_basis": "沪苏浙省际毗邻区域共同管辖执法协作机制",
    "fields": {OPERATION_TYPE: list(FIELDS)},
    "starts_at": "2021-07-01T00:00:00+08:00",
    "expires_at": "2021-12-31T00:00:00+08:00",
}
BATCH = "application/cloudevents-batch+json"


@dataclass
class World:
    at: Deployment
    owner: Any  # activity's database
    client: Client
    process: Process
    sent: int = 0

    async def happen(self, *events: Event) -> list[UUID]:
        """Appends events to activity's log, each as a command of its own; gives their ids."""
        ids = [UUID(int=self.sent + n) for n in range(1, len(events) + 1)]
        self.sent += len(events)
        proposals = [
            store.Proposal(
                command=uuid4(),
                body=b"",
                actor="qingpu-1",
                recorded=at("07-10 12:00"),
                events=[store.NewEvent(id, f"activity-{id}", 1, event.topic, event.type(), event.model_dump_json())],
            )
            for id, event in zip(ids, events, strict=True)
        ]
        async with self.owner.acquire() as conn:
            await store.append(conn, proposals)
        return ids

    async def feed(self, who: Actor | None = PARTNER, id: str = "js-2021", **params: object) -> Reply:
        headers = {"Authorization": f"Bearer {mint(SECRET, who)}"} if who else {}
        url = f"{self.process.url}/feeds/{id}"
        async with self.client.http.get(
            url, params={name: str(value) for name, value in params.items()}, headers=headers
        ) as answer:
            text = await answer.text()
            return Reply(answer.status, answer.content_type, json.loads(text), answer.headers)

    async def ids(self, **params: Any) -> list[UUID]:
        return [UUID(event["id"]) for event in (await self.feed(**params)).done()]

    async def arrived(self, ids: Sequence[UUID]) -> None:
        """The feed holds exactly these."""
        async with asyncio.timeout(30):
            while len(found := await self.ids()) < len(ids):
                await asyncio.sleep(0.05)
        assert sorted(found) == sorted(ids)


@pytest.fixture
async def world(databases: Databases, kafka: KafkaServer) -> AsyncIterator[World]:
    """Activity and feeds running on 10 July, an agreement with Jiangsu concluded."""
    made = await deployment(databases, await without_topics(kafka.bootstrap), "activity", "feeds", "registration")
    await made.set_clock("07-10 12:00")
    activity, feeds = made.process("activity"), made.process("feeds")
    owner = await asyncpg.create_pool(made.urls["activity"], min_size=1, max_size=4)
    async with started(activity, feeds), aiohttp.ClientSession() as http:
        client = Client(http, feeds.url, "feeds")
        (await client.give("conclude-agreement", TERMS)).done()
        yield World(made, owner, client, feeds)
    owner.terminate()


async def test_a_partner_gets_exactly_what_is_agreed(world: World) -> None:
    """FED-1."""
    first, _, third = await world.happen(operation(), operation(province="zhejiang"), operation(name="太浦河联合巡查"))
    await world.arrived([first, third])
    reply = await world.feed()
    assert reply.type == BATCH
    event = next(event for event in reply.done() if event["id"] == str(first))
    assert set(event) == {"specversion", "id", "type", "source", "time", "datacontenttype", "sequence", "data"}
    assert set(event["data"]) == set(FIELDS)
    assert "qingpu" not in json.dumps(event)
    assert "内部小结" not in json.dumps(reply.body, ensure_ascii=False)
    assert [event["sequence"] for event in reply.body] == [f"{n:016d}" for n in (1, 2)]

    last = reply.body[-1]["id"]
    assert (await world.feed(lastEventId=last)).done() == []
    assert (await world.feed(lastEventId=reply.body[0]["id"])).done() == reply.body[1:]
    assert (await world.feed(limit=1)).done() == reply.body[:1]
    (await world.feed(lastEventId=str(uuid4()))).problem(400, "lastEventId")


async def test_a_long_poll_is_answered_when_something_comes(world: World) -> None:
    waiting = asyncio.create_task(world.feed(timeout=25_000))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    (id,) = await world.happen(operation())
    assert [event["id"] for event in (await asyncio.wait_for(waiting, 10)).done()] == [str(id)]
    assert (await world.feed(lastEventId=str(id), timeout=50)).done() == []


async def test_everybody_else_is_denied(world: World) -> None:
    """FED-1."""
    others = [(await world.feed(ZHEJIANG)), (await world.feed(id="js-1999")), (await world.feed(ZHEJIANG, "zj-2021"))]
    assert len({reply.problem(404).body["detail"] for reply in others}) == 1
    for who in (OFFICE, LEADER, HUANGPU, INSPECTOR, SERVICE):
        (await world.feed(who)).problem(403)
    (await world.feed(None)).problem(401)
    for who in (HUANGPU, INSPECTOR, LEADER, PARTNER):
        (await world.client.give("revoke-agreement", {"agreement": "js-2021", "reason": "不"}, who)).problem(403)
    (await world.client.get("agreements", HUANGPU)).problem(403)
    assert (await world.client.get("agreements", ZHEJIANG)).done()["items"] == []
    assert (await world.client.get("agreements", PARTNER)).done()["total"] == 1


async def test_revocation_takes_effect_at_once_on_both_transports(world: World) -> None:
    """FED-3."""
    ids = await world.happen(operation())
    await world.arrived(ids)
    polling = asyncio.create_task(world.feed(lastEventId=str(ids[0]), timeout=25_000))
    streaming = asyncio.create_task(_streamed(world, after=ids[0]))
    await asyncio.sleep(0.3)
    (await world.client.give("revoke-agreement", {"agreement": "js-2021", "reason": "对方未按目的使用"})).done()
    (await asyncio.wait_for(polling, 2)).problem(403, "已撤销")
    ending = (await asyncio.wait_for(streaming, 2))[-1]
    assert ending["event"] == "closed"
    assert "已撤销" in ending["data"]
    (await world.feed()).problem(403, "已撤销")
    (row,) = (await world.client.get("agreements")).done()["items"]
    assert (row["status_text"], row["revoked"], row["entries"]) == ("已撤销", "对方未按目的使用", 1)


async def test_expiry_ends_both_transports(world: World) -> None:
    """FED-3."""
    polling = asyncio.create_task(world.feed(timeout=25_000))
    streaming = asyncio.create_task(_streamed(world))
    await asyncio.sleep(0.3)
    await world.at.set_clock("12-31 00:00")
    (await asyncio.wait_for(polling, 3)).problem(403, "已到期")
    assert "已到期" in (await asyncio.wait_for(streaming, 3))[-1]["data"]


async def test_server_sent_events_resume_where_they_broke_off(world: World) -> None:
    """FED-2."""
    ids = await world.happen(operation(), operation(), operation())
    await world.arrived(ids)
    order = await world.ids()
    sent = await _streamed(world, until=2)
    assert [UUID(event["id"]) for event in sent] == order[:2]
    rest = asyncio.create_task(_streamed(world, after=order[1], until=2))
    (late,) = await world.happen(operation())
    assert [UUID(event["id"]) for event in await asyncio.wait_for(rest, 10)] == [order[2], late]
    delivered = (await world.feed()).done()
    assert [json.loads(event["data"]) for event in sent] == delivered[:2], "the same on both transports"


async def _streamed(world: World, after: UUID | None = None, until: int = 10**9) -> list[dict[str, str]]:
    """Events of the stream until so many have come, or it ends."""
    headers = {"Authorization": f"Bearer {mint(SECRET, PARTNER)}", "Accept": "text/event-stream"}
    if after:
        headers["Last-Event-ID"] = str(after)
    events: list[dict[str, str]] = []
    event: dict[str, str] = {}
    async with world.client.http.get(f"{world.process.url}/feeds/js-2021", headers=headers) as answer:
        assert answer.content_type == "text/event-stream"
        async for line in answer.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif "data" in event:
                events.append(event)
                event = {}
                if len(events) == until:
                    break
            else:
                event = {}
    return events


async def test_killed_amid_traffic_a_reader_misses_nothing_and_gets_nothing_twice(world: World) -> None:
    """FED-2."""
    ids: list[UUID] = []
    enough = asyncio.Event()

    async def traffic() -> None:
        while not enough.is_set():
            ids.extend(await world.happen(*[operation()] * 5))
            await asyncio.sleep(0.05)

    going = asyncio.create_task(traffic())
    async with connected(world.at.urls["feeds"]) as conn, asyncio.timeout(90):
        while await conn.fetchval("select count(*) from entry") < 20:
            await asyncio.sleep(0.01)
        held = await world.ids(limit=15)
        await world.process.kill()
        stored = await conn.fetchval("select count(*) from entry")
        while await world.owner.fetchval("select pos from log_head") < stored + 20:
            await asyncio.sleep(0.01)
        other = Process(world.process.module, world.process.environment, free_port())
        async with started(world.process, other):  # two of them now
            enough.set()
            await going
            while len(held) < len(ids):
                held += await world.ids(lastEventId=str(held[-1]), limit=70, timeout=1000)
    assert sorted(held) == sorted(ids)
    assert len(held) == len(set(held))


async def test_an_event_that_cannot_be_read_stops_the_feed_and_is_not_passed_over(world: World) -> None:
    """FED-2."""
    first = await world.happen(operation())
    await world.arrived(first)
    body = operation().model_dump_json()
    stream = f"activity-{first[0]}"
    unknown = store.NewEvent(uuid4(), stream, 2, "ligong.activity", OPERATION_TYPE.replace(".v1", ".v2"), body)
    later = store.NewEvent(uuid4(), stream, 3, "ligong.activity", OPERATION_TYPE, body)
    proposal = store.Proposal(uuid4(), b"", "qingpu-1", at("07-10 12:00"), [unknown, later])
    async with world.owner.acquire() as conn:
        await store.append(conn, [proposal])
    async with asyncio.timeout(30):
        while 'ligong_consumer_stopped{consumer="feeds"} 1.0' not in await _metrics(world):
            await asyncio.sleep(0.05)
    status = (await world.client.get("internal/status", SERVICE)).done()
    assert status["dead_letters"] == {}
    here = {cursor["at"]: cursor["pseq"] for cursor in status["cursors"]}
    assert here[f"ligong.activity/{store.partition(stream)}"] == 1, "it stands before the event"
    assert await world.ids() == first


async def _metrics(world: World) -> str:
    async with world.client.http.get(f"{world.process.url}/metrics") as answer:
        return await answer.text()


async def test_a_stop_waits_for_no_open_stream(world: World) -> None:
    streaming = asyncio.create_task(_streamed(world))
    await asyncio.sleep(0.3)
    began = asyncio.get_running_loop().time()
    await world.process.stop()
    assert asyncio.get_running_loop().time() - began < 5
    streaming.cancel()
    await asyncio.gather(streaming, return_exceptions=True)


async def test_no_bad_request_passes(world: World) -> None:
    commands = {
        "conclude-agreement": {**TERMS, "agreement": "js-2022"},
        "revoke-agreement": {"agreement": "js-2021", "reason": "对方未按目的使用"},
    }
    before = await written(world.at.urls["feeds"])
    for command, good in commands.items():
        for what, body in spoiled.bodies(good):
            reply = await world.client.give(command, body)
            assert reply.status in (400, 409, 422), (what, reply)
            reply.problem(reply.status)
        for headers in spoiled.HEADERS:
            (await world.client.post(command, good, OFFICE, headers)).problem(422)
    assert await written(world.at.urls["feeds"]) == before
    for query in (*spoiled.LISTS, "partner=A", "status=x", "q=%00"):
        (await world.client.get(f"agreements?{query}")).problem(422)
    for name, value in (("timeout", "x"), ("timeout", -1), ("timeout", 30_001), ("limit", 0), ("limit", 1001)):
        (await world.feed(PARTNER, "js-2021", **{name: value})).problem(422)
    for last in ("", "x", "00000000-0000-0000-0000-000000000000", "样例", "\0"):
        (await world.feed(lastEventId=last)).problem(400)
    for id in ("JS", "%00", "x" * 3000, "a'b", "样例", "js-2021%0a"):
        (await world.feed(id=id)).problem(404)
    for who in (OFFICE, PARTNER):
        await asyncio.to_thread(fuzz, world.process.url, who)
