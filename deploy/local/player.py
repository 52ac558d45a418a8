"""Plays a scenario through the public API of a demo deployment, moving its clock.

The clock moves on only when everything that followed from the last instant has been done: every log relayed, every
cursor at its head, every due timer fired. What has been played is kept beside the clock, so that a player that was
killed goes on where it was; a step that it had sent already is a repeat and changes nothing.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from deploy.local import scenario
from deploy.local.scenario import Step
from deploy.local.trouble import Trouble
from shared.kernel.tokens import service_token

PATIENCE = 120.0  # seconds that a step may go unanswered, or its consequences take
Progress = Callable[[float, float, str], None]


@dataclass(frozen=True)
class Stage:
    """Where a scenario is played: addresses of the gateway and the services, the clock's database, credentials."""

    gateway: str
    services: Mapping[str, str]
    clock: str
    key: str
    tokens: Mapping[str, str]  # bearer tokens by account


async def play(path: Path, stage: Stage, speed: float, progress: Progress) -> None:
    """Plays what has not been played yet. `speed` is scenario days a second; 0 as fast as it goes.

    Raises Trouble when the platform answers otherwise than the scenario expects.
    """
    steps = scenario.read(path)
    conn = await asyncpg.connect(stage.clock)
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
            await _Player(steps, stage, speed, progress, conn, http).run(path.name)
    finally:
        conn.terminate()


class _Player:
    def __init__(
        self, steps: list[Step], stage: Stage, speed: float, progress: Progress, conn: Any, http: aiohttp.ClientSession
    ) -> None:
        self._steps, self._stage, self._speed, self._progress = steps, stage, speed, progress
        self._conn, self._http = conn, http

    async def run(self, name: str) -> None:
        row = await self._conn.fetchrow("select now, played, scenario from clock")
        if row["scenario"] not in ("", name):
            raise Trouble(f"这个演示环境已在播放“{row['scenario']}”：要播放“{name}”，请先换一个空的数据文件夹。")
        played, now = row["played"], row["now"]
        done = 0
        for at, group in scenario.moments(self._steps):
            done += len(group)
            if done <= played:
                continue
            await self._pace((at - max(now, at.min.replace(tzinfo=at.tzinfo))).total_seconds())
            await self._conn.execute("update clock set now = greatest(now, $1), scenario = $2", at, name)
            await self._settle()  # timers that fall due on the way
            await self._send_all(group)
            await self._settle()
            await self._conn.execute("update clock set played = $1", done)
            now = at
            self._progress(done, len(self._steps), f"{at:%Y年%m月%d日}")

    async def _pace(self, seconds: float) -> None:
        if self._speed > 0 and seconds > 0:
            await asyncio.sleep(min(seconds / 86_400 / self._speed, 5.0))

    async def _send_all(self, group: list[Step]) -> None:
        """The steps of one instant: each account's in order, the accounts side by side."""
        by_account: dict[str, list[Step]] = defaultdict(list)
        for step in group:
            by_account[step.account].append(step)

        async def in_order(steps: list[Step]) -> None:
            for step in steps:
                await self._send(step)

        await asyncio.gather(*(in_order(steps) for steps in by_account.values()))

    async def _send(self, step: Step) -> None:
        """Sends until there is an answer, always with the same key."""
        url = f"{self._stage.gateway}/api/v1/{step.do}"
        headers = {"Authorization": f"Bearer {self._stage.tokens[step.account]}", "Idempotency-Key": step.key}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    with contextlib.suppress(aiohttp.ClientError, OSError):
                        async with self._http.post(url, json=step.body, headers=headers) as answer:
                            if answer.status not in (429, 502, 503):
                                return await self._judge(step, answer)
                    await asyncio.sleep(0.2)
        raise Trouble(f"指令 {step.key} 在{PATIENCE:.0f}秒内没有得到答复：请查看运行日志后重新运行，会从这里继续。")

    async def _judge(self, step: Step, answer: aiohttp.ClientResponse) -> None:
        if step.refused is None and answer.status == 200:
            return
        body = await answer.json(content_type=None)
        if answer.status == 409 and body.get("rule") == step.refused:
            return
        raise Trouble(f"指令 {step.key} 的答复与预期不符（{answer.status}）：{body.get('detail', '')}")

    async def _settle(self) -> None:
        """Waits until everything has followed."""
        try:
            async with asyncio.timeout(PATIENCE):
                while unsettled(await self._statuses()):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise Trouble("后续处理长时间没有完成：请用 ligong status 查看哪一环落后，再看运行日志。") from None

    async def _statuses(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {service_token(self._stage.key, 'player')}"}

        async def one(name: str, url: str) -> tuple[str, Any]:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with self._http.get(f"{url}/internal/status", headers=headers) as answer:
                        if answer.status == 200:
                            return name, await answer.json()
                await asyncio.sleep(0.1)

        return dict(await asyncio.gather(*(one(name, url) for name, url in self._stage.services.items())))


def unsettled(statuses: Mapping[str, Any]) -> list[str]:
    """What has not caught up: logs not relayed, projections and consumers behind, timers due."""
    heads = {at: pseq for status in statuses.values() for at, pseq in status.get("heads", {}).items()}
    late = [f"relay {name}" for name, s in statuses.items() if s.get("relayed", 0) < s.get("pos", 0)]
    late += [f"timers {name}" for name, s in statuses.items() if s.get("due", 0)]
    for status in statuses.values():
        late += [f"{name}" for name, pos in status.get("projections", {}).items() if pos < status["pos"]]
        cursors = {(c["consumer"], c["at"]): c["pseq"] for c in status.get("cursors", ())}
        for consumer, topics in status.get("subscriptions", {}).items():
            late += [
                f"{consumer} {at}"
                for at, head in heads.items()
                if at.partition("/")[0] in topics and cursors.get((consumer, at), 0) < head
            ]
    return late
