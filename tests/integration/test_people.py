"""Who takes part, over HTTP on real engines: import from Excel, one affiliation also under race, erasure."""

import asyncio
import json
import random
import re
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition
from yarl import URL

from shared.kernel.messages import Actor
from shared.kernel.store import PARTITIONS
from shared.kernel.tokens import mint
from tests.integration.client import (
    DOCUMENT,
    HUANGPU,
    INSPECTOR,
    LEADER,
    OFFICE,
    SERVICE,
    XUHUI,
    Client,
    Deployment,
    Reply,
    connected,
    deployment,
    until,
    written,
)
from tests.processes import SECRET, started
from tests.servers import Databases, KafkaServer
from tests.workbooks import HEAD, OWN, lines_of, person, repacked, workbook

TOPIC = "ligong.registration"
JINGAN = Actor("jingan-1", "unit", unit="jingan")


@dataclass
class World:
    at: Deployment
    client: Client
    pid: int

    @property
    def database(self) -> str:
        return self.at.urls["registration"]

    async def upload(self, content: Any, who: Actor = HUANGPU, unit: str = "", key: str = "") -> Reply:
        headers = {"Idempotency-Key": key or str(uuid4()), "Content-Type": "application/octet-stream"}
        return await self.client.post(f"rosters/2021/{unit or who.unit}/files", content, who, headers)

    async def people(self, who: Actor = OFFICE, position: int = 0, **params: Any) -> Any:
        return (await self.client.get("rosters/2021/people", who, min_position=position, **params)).done()

    async def one(self, n: int, who: Actor = HUANGPU) -> Any:
        """Somebody newly imported."""
        done = (await self.upload(workbook([person(n)]), who)).done()
        return (await self.people(who, done["position"], q=f"YL-{n:06d}"))["items"][0]


def peak(pid: int) -> float:
    """MiB of memory that a process has had at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


@pytest_asyncio.fixture(scope="module")
async def world(databases: Databases, clean_kafka: KafkaServer) -> AsyncIterator[World]:
    """Registration running, the season of 2021 open."""
    at = await deployment(databases, clean_kafka.bootstrap, "registration")
    await at.set_clock("06-01 09:00")
    process = at.process("registration")
    async with started(process), aiohttp.ClientSession() as http:
        assert process.process is not None
        world = World(at, Client(http, process.url, "registration"), process.process.pid)
        (await world.client.give("open-season", {"document": DOCUMENT})).done()
        await until(world.database, "select count(*) = 20 from registration")
        yield world


# Import -------------------------------------------------------------------------------------------------------


async def test_a_filled_in_template_is_imported_listed_and_counted(world: World) -> None:
    template = await _bytes(world, "rosters/2021/huangpu/template", HUANGPU)
    assert lines_of(template)[0] == list(HEAD)
    rows: list[list[Any]] = [
        person(1, mobile="000-0000-0001", team="外滩中队"),
        ["=样例2", 13800000, "", "南京路中队", "", OWN],  # numbers come as Excel stores them
        person(3, team="外滩中队"),
    ]
    done = (await world.upload(workbook(rows))).done()
    assert (done["added"], done["updated"]) == (3, 0)

    found = await world.people(HUANGPU, done["position"])
    assert [item["details"]["name"] for item in found["items"]] == ["样例1", "=样例2", "样例3"]
    assert found["items"][1]["details"] == {"name": "=样例2", "mobile": "13800000", "badge": "", "duty": ""}
    assert found["items"][0]["since"] == "2021-06-01"
    leader = await world.people(LEADER, unit="huangpu")
    assert leader["items"][0]["details"]["mobile"] == "000****0001"
    assert [item["team"] for item in (await world.people(team="外滩中队"))["items"]] == ["外滩中队"] * 2
    assert (await world.people(q="yl-000001"))["total"] == 1
    assert (await world.people(q="南京路"))["total"] == 1
    counts = (await world.client.get("rosters", season=2021)).done()["items"]
    assert len(counts) == 20
    assert counts[0] == {"unit": "huangpu", "people": 3, "teams": 2}
    assert (await world.client.get("rosters", XUHUI, season=2021)).done()["items"] == [
        {"unit": "xuhui", "people": 0, "teams": 0}
    ]

    again = (await world.upload(workbook([person(3, team="南京路中队"), person(4)]))).done()
    assert (again["added"], again["updated"]) == (1, 1)
    assert (await world.people(HUANGPU, again["position"], team="南京路中队"))["total"] == 2
    history = (await world.client.get("rosters/2021/huangpu/history", HUANGPU)).done()["items"]
    assert [(entry["actor"], entry["what"]) for entry in history] == [
        ("huangpu-1", "登报参赛人员3人"),
        ("huangpu-1", "登报参赛人员2人"),
    ]


async def test_the_same_upload_repeated_is_imported_once(world: World) -> None:
    content, key = workbook([person(11), person(12)]), str(uuid4())
    first = (await world.upload(content, XUHUI, key=key)).done()
    before = await written(world.database)
    again = (await world.upload(content, XUHUI, key=key)).done()
    assert again["events"] == first["events"]
    assert await written(world.database) == before


async def test_every_faulty_line_is_reported_at_once_and_nothing_is_imported(world: World) -> None:
    taken = await world.one(20, XUHUI)
    assert taken["unit"] == "xuhui"
    rows = [
        person(21),
        ["", "000-0000-0022", "", "", "", OWN],
        person(23, mobile="没有"),
        [],
        person(25, own=""),
        person(26, badge="", mobile=""),
        person(27),
        person(28, badge="YL-000027"),
    ]
    before = await written(world.database)
    reply = (await world.upload(workbook(rows))).problem(422, "6行有错误", "没有导入")
    assert await written(world.database) == before
    faults = {(fault["line"], fault["field"]): fault["detail"] for fault in reply.body["faults"]}
    assert set(faults) == {
        (3, "姓名"), (4, "手机号码"), (6, "管理归属"), (7, ""), (8, "执法证号"), (9, "执法证号")
    }  # fmt: skip
    assert "第9行" in faults[8, "执法证号"]
    assert "第8行" in faults[9, "执法证号"]

    copy = b64decode(reply.body["annotated"])
    lines = lines_of(copy)
    assert lines[0] == [*HEAD, "错误和改法"]
    assert [bool(line[6]) for line in lines] == [True, False, True, True, False, True, True, True, True]
    assert lines[8][:3] == ["样例28", "", "YL-000027"]

    held = (await world.upload(workbook([person(29), person(20)]))).problem(422, "1行有错误")
    assert "徐汇" in held.body["faults"][0]["detail"]
    assert held.body["faults"][0]["line"] == 3
    # an annotated copy may come back as it is, once mended
    (await world.upload(workbook([[*person(29), "样例：已改"]], [*HEAD, "错误和改法"]))).done()


def _merged(_: Any, sheet: Any) -> None:
    sheet.merge_range(1, 3, 2, 3, "外滩中队")


def _far(_: Any, sheet: Any) -> None:
    sheet.write_string(1_048_575, 16_383, "远")


ROWS = [person(31), person(32)]
GOOD = workbook(ROWS)
TEXT = "\n".join(",".join(row) for row in (HEAD, *ROWS))
BAD_FILES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 422, "空的"),
    "text": ("这不是表格".encode(), 422, "表头"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\xff", 415, "格式或编码"),
    "old format or password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), 415, "密码"),
    "archive of something else": (repacked(b"PK\x05\x06" + bytes(18), a__b=b"x"), 415, "压缩包"),
    "half a workbook": (GOOD[: len(GOOD) // 2], 415, "损坏"),
    "macros": (repacked(GOOD, xl__vbaProject_bin=b"x"), 415, "宏"),
    "zip bomb": (repacked(GOOD, xl__bomb_bin=bytes(90_000_000)), 415, "解压后过大"),
    "large unpacked": (repacked(GOOD, xl__many_bin=bytes(range(256)) * 160_000), 415, "解压后过大"),
    "a cell in the farthest corner": (workbook(ROWS, more=_far), 415, "远离表头"),
    "merged cells": (workbook([*ROWS, person(33)], more=_merged), 415, "第2至3行"),
    "another heading": (workbook(ROWS, ("姓名", "电话")), 422, "表头应为"),
    "only the heading": (workbook([]), 422, "没有人员"),
    "too many": (workbook([[f"样例{n}"] for n in range(20_001)]), 413, "20000人"),
    "UTF-16": (TEXT.encode("utf-16"), 415, "编码"),
    "too large": (bytes(5_000_001), 413, "5 MB"),
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_bad_file_is_refused_with_a_sentence_and_leaves_nothing(world: World, name: str) -> None:
    content, status, words = BAD_FILES[name]
    before = await written(world.database)
    (await world.upload(content)).problem(status, words)
    assert await written(world.database) == before
    assert peak(world.pid) < 256


@pytest.mark.parametrize(("encoding", "n"), [("utf-8-sig", 41), ("gb18030", 43)])
async def test_separated_text_is_taken_in_the_encodings_that_excel_writes(world: World, encoding: str, n: int) -> None:
    text = "\r\n".join(",".join(row) for row in (HEAD, person(n), person(n + 1)))
    assert (await world.upload(text.encode(encoding))).done()["added"] == 2


async def test_twenty_thousand_people_are_one_import(world: World) -> None:
    rows = [person(1_000_000 + n, team=f"样例{n % 200}队") for n in range(20_000)]
    done = (await world.upload(workbook(rows), JINGAN)).done()
    assert done["added"] == 20_000
    assert len(done["events"]) == 40
    await until(world.database, "select count(*) = 20000 from participant where unit = 'jingan'")
    print("PEAK", peak(world.pid))
    assert peak(world.pid) < 256


# One management affiliation -----------------------------------------------------------------------------------


async def test_reg_5_of_units_that_race_for_people_exactly_one_gets_each(world: World) -> None:
    """Lists that overlap in one person, from every unit at once: one is taken, the others learn where."""
    units = [unit["id"] for unit in DOCUMENT["units"]]
    names = {unit["id"]: unit["name"] for unit in DOCUMENT["units"]}

    async def name(unit: str) -> Reply:
        mine = 50_000 + units.index(unit)
        body = {"season": 2021, "unit": unit, "people": [_stated(mine), _stated(49_999)]}
        return await world.client.give("list-participants", body, Actor(f"{unit}-1", "unit", unit=unit))

    replies = await asyncio.gather(*map(name, units))
    winners = [unit for unit, reply in zip(units, replies, strict=True) if reply.status == 200]
    assert len(winners) == 1
    for unit, reply in zip(units, replies, strict=True):
        if unit != winners[0]:
            assert reply.problem(409, names[winners[0]]).body["rule"] == "REG-5"
    async with connected(world.database) as conn:
        holders = await conn.fetch(
            "select stream, count(*) n from claim where scope = 'affiliation-2021' and key = any($1) group by stream",
            await _ids(world, winners[0]),
        )
    assert [(row["stream"], row["n"]) for row in holders] == [(f"roster-2021-{winners[0]}", 2)]


@pytest.mark.parametrize("seed", range(4))
async def test_reg_5_whatever_lists_race_nobody_is_on_two_and_claims_are_the_lists(world: World, seed: int) -> None:
    draw, first = random.Random(seed), 60_000 + 100 * seed
    units = [unit["id"] for unit in DOCUMENT["units"]]

    async def name(unit: str) -> Reply:
        people = [_stated(first + n) for n in draw.sample(range(40), 3)]
        body = {"season": 2021, "unit": unit, "people": people}
        return await world.client.give("list-participants", body, Actor(f"{unit}-1", "unit", unit=unit))

    replies = await asyncio.gather(*map(name, units))
    positions = [reply.body["position"] for reply in replies if reply.status == 200]
    assert positions
    assert {reply.status for reply in replies} <= {200, 409}
    rows: list[Any] = []
    for n in range(40):
        rows += (await world.people(OFFICE, max(positions), q=f"YL-{first + n:06d}"))["items"]
    assert len(rows) == 3 * len(positions)
    assert len({row["person"] for row in rows}) == len(rows)
    async with connected(world.database) as conn:
        sql = "select key, stream from claim where scope = 'affiliation-2021' and key = any($1)"
        held = {row["key"]: row["stream"] for row in await conn.fetch(sql, [row["person"] for row in rows])}
    assert held == {row["person"]: f"roster-2021-{row['unit']}" for row in rows}


def _stated(n: int) -> dict[str, Any]:
    return {"person": {"name": f"样例{n}", "badge": f"YL-{n:06d}"}, "affiliation": OWN}


async def _ids(world: World, unit: str) -> list[str]:
    await until(world.database, f"select count(*) >= 2 from participant where unit = '{unit}'")
    found = [
        await world.people(q=f"YL-{n:06d}") for n in (49_999, 50_000 + [u["id"] for u in DOCUMENT["units"]].index(unit))
    ]
    return [each["items"][0]["person"] for each in found]


async def test_reg_5_a_transfer_moves_a_person_and_both_histories_say_so(world: World) -> None:
    someone = await world.one(60)
    body = {
        "season": 2021,
        "unit": "huangpu",
        "participant": someone["person"],
        "to": "xuhui",
        "on": "2021-05-31",
        "affiliation": "上海市徐汇区城市管理行政执法局",
    }
    (await world.client.give("transfer-participant", body, XUHUI)).problem(403)
    (await world.client.give("transfer-participant", body, HUANGPU)).done()
    question = f"select count(*) = 1 from participant where unit = 'xuhui' and person = '{someone['person']}'"
    await until(world.database, question)
    (found,) = (await world.people(q="YL-000060"))["items"]
    assert (found["unit"], found["since"]) == ("xuhui", "2021-05-31")
    assert found["details"]["name"] == "样例60"
    left = (await world.client.get("rosters/2021/huangpu/history", HUANGPU, sort="-version")).done()["items"][0]
    assert left["what"] == "转隶1人至上海市徐汇区城市管理行政执法局，2021年5月31日起"
    came = (await world.client.get("rosters/2021/xuhui/history", XUHUI, sort="-version")).done()["items"][0]
    assert came["what"] == "接收转隶1人，来自上海市黄浦区城市管理行政执法局，2021年5月31日起"
    (await world.client.give("transfer-participant", body, HUANGPU)).problem(409, "不在本单位")


async def test_reg_5_a_correction_and_a_leaving_free_the_number(world: World) -> None:
    someone = await world.one(70)
    place = {"season": 2021, "unit": "huangpu", "participant": someone["person"]}
    done = (await world.client.give("correct-participant", {**place, "now": _stated(71)}, HUANGPU)).done()
    (found,) = (await world.people(position=done["position"], q="YL-000071"))["items"]
    assert found["person"] != someone["person"]
    assert (await world.one(70, XUHUI))["unit"] == "xuhui"
    place["participant"] = found["person"]
    leave = {**place, "on": "2021-06-01", "reason": "retired"}
    (await world.client.give("remove-participant", leave, HUANGPU)).done()
    assert (await world.one(71, XUHUI))["unit"] == "xuhui"


async def test_who_may_see_and_import_people(world: World) -> None:
    (await world.client.get("rosters/2021/people", INSPECTOR)).problem(403)
    (await world.client.get("rosters/2021/people", XUHUI, unit="huangpu")).problem(403)
    (await world.client.get("rosters/2021/xuhui/template", HUANGPU)).problem(403)
    (await world.upload(GOOD, XUHUI, "huangpu")).problem(403)
    (await world.upload(GOOD, LEADER, "huangpu")).problem(403)
    (await world.upload(GOOD, OFFICE, "nowhere")).problem(404, "名录")
    (await world.client.get("rosters/1999/people", OFFICE)).problem(422)
    (await world.client.get("rosters/2022/people", OFFICE)).problem(404, "2022")
    assert all(item["unit"] == "xuhui" for item in (await world.people(XUHUI))["items"])


# Erasure ------------------------------------------------------------------------------------------------------


async def _everything(world: World) -> bytes:
    """Every row of every table of the service and of the keys, and every record of its topic."""
    found = []
    for url in (world.database, world.at.keys):
        async with connected(url) as conn:
            for row in await conn.fetch("select tablename from pg_tables where schemaname = 'public'"):
                found += [str(list(each.items())) for each in await conn.fetch(f'select * from "{row["tablename"]}"')]
    consumer = AIOKafkaConsumer(bootstrap_servers=world.at.brokers, enable_auto_commit=False)
    await consumer.start()
    try:
        parts = [TopicPartition(TOPIC, n) for n in range(PARTITIONS)]
        consumer.assign(parts)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(parts)
        for part in parts:
            while await consumer.position(part) < ends[part]:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    found += [f"{record.key!r} {record.value.decode()} {record.headers!r}" for record in records]
    finally:
        await consumer.stop()
    return "\n".join(found).encode()


async def test_an_erased_person_is_nowhere_and_unreadable(world: World) -> None:
    secret = {"name": "样例涂抹人", "mobile": "000-7777-7777", "badge": "YL-ERASE-ME", "duty": "样例涂抹职务"}
    content = workbook([person(80, **secret)])
    done = (await world.upload(content)).done()
    (someone,) = (await world.people(HUANGPU, done["position"], q="YL-ERASE-ME"))["items"]
    assert someone["details"] == secret
    id = someone["person"]
    await until(world.database, "select (select pos from relay) = (select pos from log_head)")
    everything = await _everything(world)
    assert id.encode() in everything
    assert not [value for value in secret.values() if value.encode() in everything]

    erase = f"{world.client.url}/internal/people/{id}/erase"
    assert (await _post(world, erase, HUANGPU)).status == 403
    assert (await _post(world, erase, SERVICE)).done() == {"rosters": 1}
    await until(world.database, f"select erased from participant where person = '{id}'")
    (found,) = (await world.people(HUANGPU, person=id))["items"]
    assert found["details"] is None
    assert found["erased"]
    async with connected(world.at.keys) as conn:
        assert await conn.fetchval("select count(*) from person_key where person = $1", UUID(id)) == 0
    async with connected(world.database) as conn:
        assert await conn.fetchval("select count(*) from sealed_person where person = $1", UUID(id)) == 0
        assert await conn.fetchval("select count(*) from claim where key = $1", id) == 0
    everything = await _everything(world)
    assert not [value for value in secret.values() if value.encode() in everything]
    assert b"person_erased" in everything
    assert (await _post(world, erase, SERVICE)).problem(404, "已经删除").status == 404

    taken = (await world.upload(content, XUHUI)).done()  # the claim went with the person
    (anew,) = (await world.people(XUHUI, taken["position"], q="YL-ERASE-ME"))["items"]
    assert anew["details"]["name"] == secret["name"]
    (old,) = (await world.people(HUANGPU, person=id))["items"]
    assert old["details"] is None  # what was sealed before stays unreadable


async def _post(world: World, url: str, who: Actor) -> Reply:
    return await world.client._send("POST", URL(url), who, {}, b"")


async def _bytes(world: World, path: str, who: Actor) -> bytes:
    headers = {"Authorization": f"Bearer {mint(SECRET, who)}"}
    async with world.client.http.get(f"{world.client.url}/api/v1/registration/{path}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read()


async def test_a_draft_that_names_an_erased_person_goes_with_them(world: World) -> None:
    draft = URL(f"{world.client.url}/api/v1/registration/drafts/2021/huangpu")
    values = {"contact.name": "样例草稿人", "contact.mobile": "000-8888-8888"}
    body = json.dumps({"version": 0, "page": "page-of-test", "values": values}).encode()
    headers = {"Content-Type": "application/json"}
    assert (await world.client._send("PUT", draft, HUANGPU, headers, body)).done()["version"] == 1
    done = (await world.upload(workbook([person(90, badge="", mobile="000-8888-8888")]))).done()
    (someone,) = (await world.people(HUANGPU, done["position"], q="000-8888-8888"))["items"]
    erase = f"{world.client.url}/internal/people/{someone['person']}/erase"
    assert (await _post(world, erase, SERVICE)).done() == {"rosters": 1}
    assert (await world.client._send("GET", draft, HUANGPU, {}, None)).done()["values"] == {}
