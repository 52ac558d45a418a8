"""What happens beside the running services: waiting until they serve, accounts, addresses, the scenario."""

import asyncio
import contextlib
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable

import aiohttp
import asyncpg

from deploy.local.demo_accounts import write_credentials
from deploy.local.keeper import Keeper
from deploy.local.layout import ROOT, Layout, Running
from deploy.local.screen import Screen, Update
from deploy.local.stage import Programme, perform
from deploy.local.trouble import Malfunction, Trouble
from services.gateway.accounts import import_accounts

SEASON = ROOT / "seasons/2021/season.yaml"
READY_SECONDS = 120.0
HOPELESS = 3  # deaths of one process before all are ready


class Opening:
    """Runs in a thread of its own from `start` to `stop`; `trouble` is what made it end everything."""

    def __init__(
        self, layout: Layout, running: Running, keeper: Keeper, screen: Screen, programme: Programme | None
    ) -> None:
        self.trouble: Trouble | None = None
        self._layout = layout
        self._running = running
        self._keeper = keeper
        self._screen = screen
        self._programme = programme
        self._cancel: Callable[[], object] | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="opening")

    def start(self) -> None:
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """End it, wherever it is, and wait until it has ended."""
        if self._cancel is not None:
            with contextlib.suppress(RuntimeError):  # its loop has closed: it has ended by itself
                self._cancel()
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._open())
        except asyncio.CancelledError:
            return
        except Trouble as trouble:
            self.trouble = trouble
        except Exception:
            logging.exception("opening")
            self.trouble = Malfunction(f"启动时出现意外错误：请保留日志目录 {self._layout.logs}，联系技术支持。")
        else:
            return
        self._keeper.terminate()

    async def _open(self) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        self._started.set()
        demo = self._running.deployment == "demo"
        with self._screen.step("启动服务") as update:
            await asyncio.gather(self._until_ready(update), *([self._import_accounts()] if demo else []))
        self._screen.say(f"\n立功竞赛平台已就绪：{self._running.gateway}")
        if demo:
            self._screen.say(f"账号和密码：{self._layout.credentials}")
            self._screen.say(f"收到的邮件：{self._layout.mail}")
        else:
            await self._offer_setup()
        self._screen.say(f"运行日志：{self._layout.logs}\n按 Ctrl-C 停止，数据都会保留。\n")
        if self._programme is not None:
            await self._play(self._programme)

    async def _until_ready(self, update: Update) -> None:
        """Every service says that it and what it depends on are ready. Raises Malfunction."""
        waiting = {**self._running.services, "gateway": self._running.gateway}
        total = len(waiting)
        deadline = time.monotonic() + READY_SECONDS
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while waiting:
                for name, url in list(waiting.items()):
                    if await _is_ready(session, url):
                        del waiting[name]
                update(total - len(waiting), total, f"{total - len(waiting)}/{total}")
                dead = [name for name, deaths in self._keeper.deaths().items() if deaths >= HOPELESS]
                if dead or time.monotonic() > deadline:
                    names = "、".join(dead or waiting)
                    log = self._layout.logs / "services.log"
                    raise Malfunction(f"服务 {names} 未能启动：请查看日志 {log} 中它写下的原因后重新运行。")
                await asyncio.sleep(0.1)  # a service has no other way to say that it is ready

    async def _import_accounts(self) -> None:
        file = write_credentials(self._layout, SEASON)
        done = self._layout.secrets / "accounts-imported"
        if not done.exists():
            await import_accounts(self._running.databases["gateway"], file.read_text(encoding="utf-8"))
            done.touch()

    async def _offer_setup(self) -> None:
        """While nobody has an account: a link, good once, that creates the first. Only its hash is stored."""
        connection = await asyncpg.connect(self._running.databases["gateway"])
        try:
            if await connection.fetchval("SELECT EXISTS (SELECT FROM account)"):
                return
            token = secrets.token_urlsafe(32)
            await connection.execute("DELETE FROM setup_link")
            await connection.execute(
                "INSERT INTO setup_link (token_sha256, created_at) VALUES ($1, now())",
                hashlib.sha256(token.encode()).digest(),
            )
        finally:
            await connection.close()
        self._screen.say("创建首个账号（链接只能用一次，请勿转发）：")
        self._screen.say(f"{self._running.gateway}/setup?token={token}")

    async def _play(self, programme: Programme) -> None:
        """The year, or what is left of it. Whatever goes wrong with it, the platform goes on serving."""
        try:
            with self._screen.step("回放赛季") as update:
                await perform(programme, self._layout, self._running, update)
        except Trouble as trouble:
            self._screen.say(f"回放已停下：{trouble}")
        else:
            self._screen.say("赛季已回放完毕，平台继续运行。")


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/readyz") as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False
