"""`ligong up` and `ligong demo`: the whole stack on one machine, from nothing to serving, and down again."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from deploy.local import assets, databases, jars
from deploy.local.account import engine_account
from deploy.local.child import STACK, end_orphans
from deploy.local.kafka import Kafka
from deploy.local.keeper import Keeper, Logs
from deploy.local.layout import ROOT, Deployment, Layout, Running
from deploy.local.mailbox import Mailbox
from deploy.local.opening import Opening
from deploy.local.place import alone, made
from deploy.local.ports import ensure_free, free_ports
from deploy.local.postgres import PostgreSQL
from deploy.local.screen import Screen, Update
from deploy.local.stage import Programme
from deploy.local.topics import create_topics
from deploy.local.trouble import Stopped, Trouble
from deploy.local.watched import Watched

PROCESSES = {
    "registration": ("registration", "services.registration.app"),
    "activity": ("activity", "services.activity.app"),
    "scoring": ("scoring", "services.scoring.app"),
    "scoring-worker": ("scoring", "services.scoring.worker"),
    "notification": ("notification", "services.notification.app"),
    "feeds": ("feeds", "services.feeds.app"),
    "gateway": ("gateway", "services.gateway.app"),
}
"""Process → (database, module)."""

HOST = "127.0.0.1"


def run(deployment: Deployment, verbose: bool, programme: Programme | None = None) -> None:
    """Start the stack, serve until SIGINT or SIGTERM, stop it. Raises Trouble, leaving nothing behind."""
    port = _wanted_port()
    layout = Layout.of(deployment)
    try:
        with _signals_stop(), made(layout, port), alone(layout, deployment), ExitStack() as stack:
            screen = stack.enter_context(Screen(verbose))
            _Start(layout, deployment, port, screen, stack, verbose).run(programme)
    except Stopped:
        print("已停止；再次运行会从这里继续。", file=sys.stderr)
    except OSError as error:
        raise Trouble(
            f"无法读写 {error.filename or layout.data}（{error.strerror}）："
            "请检查目录权限和磁盘空间，或用环境变量 LIGONG_DATA 换一个目录，然后重新运行。"
        ) from error


class _Start:
    """One start: engines and downloads side by side, then the services, then whatever follows from readiness."""

    def __init__(
        self, layout: Layout, deployment: Deployment, port: int, screen: Screen, stack: ExitStack, verbose: bool
    ) -> None:
        self._layout = layout
        self._deployment = deployment
        self._screen = screen
        self._stack = stack
        self._account = engine_account()
        self._engines = layout.engines(self._account)
        self._ports = dict(zip(PROCESSES, free_ports(len(PROCESSES)), strict=True)) | {"gateway": port}
        # What libraries complain about is for the log; people get a sentence.
        logging.basicConfig(filename=layout.logs / "start.log", level=logging.WARNING)
        self._logs = Logs(layout.logs / "services.log", verbose)
        self._given_up = threading.Event()

    def run(self, programme: Programme | None) -> None:
        end_orphans(self._layout.data, self._engines)
        ensure_free(HOST, self._ports["gateway"])
        with ThreadPoolExecutor(3) as pool:
            site = pool.submit(self._assets)
            data = pool.submit(self._databases)
            broker = pool.submit(self._broker)
            try:
                steps: list[Future[Any]] = [site, data, broker]
                for step in as_completed(steps):
                    step.result()
            except BaseException:
                self._given_up.set()  # the others end at their next step
                raise
        running = Running(self._deployment, self._url("gateway"), self._urls(), data.result(), broker.result())
        self._layout.tell(running)
        self._serve(running, programme)

    @contextmanager
    def _step(self, text: str) -> Iterator[Update]:
        if self._given_up.is_set():
            raise Stopped
        with self._screen.step(text) as update:
            yield update

    def _keep(self, engine: PostgreSQL | Kafka) -> None:
        watched = Watched(engine)
        self._stack.callback(watched.stop)
        watched.start()

    def _assets(self) -> None:
        with self._step("准备网页样式和脚本"):
            assets.build()

    def _databases(self) -> dict[str, str]:
        server = os.environ.get("DATABASE_URL")
        if not server:
            engine = PostgreSQL(
                self._engines / "postgres", self._layout.logs, self._layout.secrets, self._account,
                free_ports(1)[0], self._layout.data,
            )  # fmt: skip
            with self._step("启动 PostgreSQL"):
                self._keep(engine)
            server = engine.url()
        urls = databases.urls(server, self._deployment)
        with self._step("建立和升级数据库"):
            asyncio.run(databases.create(server, urls))
            databases.bring_up_to_date(urls)
            asyncio.run(databases.belong_to(urls, self._deployment))
        return urls

    def _broker(self) -> str:
        brokers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
        if not brokers:
            with self._step("下载 Kafka") as update:
                found = jars.fetch(
                    self._layout.cache,
                    lambda done, total: update(done, total, f"{done / 1e6:.0f}/{total / 1e6:.0f} MB"),
                )
            port, controller = free_ports(2)
            engine = Kafka(
                self._engines / "kafka", self._layout.logs, self._layout.secrets, self._account,
                (port, controller), found, self._layout.data,
            )  # fmt: skip
            with self._step("启动 Kafka"):
                self._keep(engine)
            brokers = engine.bootstrap
        with self._step("建立消息主题"):
            create_topics(brokers)
        return brokers

    def _serve(self, running: Running, programme: Programme | None) -> None:
        smtp = free_ports(1)[0]
        if self._deployment == "demo":
            mailbox = Mailbox(self._layout.mail, smtp)
            mailbox.start()
            self._stack.callback(mailbox.stop)
        keeper = Keeper(self._logs)
        for name, (_, module) in PROCESSES.items():
            command = [sys.executable, "-m", module]
            keeper.add_process(name, command, env=self._environment(name, running, smtp), cwd=str(ROOT))
        self._layout.deployment.write_text(self._deployment)  # from here on there is something to lose
        opening = Opening(self._layout, running, keeper, self._screen, programme)
        try:
            opening.start()
            keeper.loop()  # until a signal, or until the opening gives up
        finally:
            keeper.kill()  # nothing is left by now, unless something went wrong
            opening.stop()
        if opening.trouble is not None:
            raise opening.trouble
        self._screen.say("已停止；再次运行会从这里继续。")

    def _environment(self, name: str, running: Running, smtp: int) -> dict[str, str]:
        database, _ = PROCESSES[name]
        told = {
            "DATABASE_URL": running.databases[database],
            "KAFKA_BOOTSTRAP_SERVERS": running.brokers,
            "HOST": HOST,
            "PORT": str(self._ports[name]),
            "LIGONG_DEPLOYMENT": self._deployment,
            "LIGONG_INTERNAL_KEY": self._layout.secret("internal-key"),
            **{f"LIGONG_{key.upper().replace('-', '_')}_URL": url for key, url in running.services.items()},
        }
        if name in ("registration", "activity"):
            told["LIGONG_VAULT_KEY"] = self._layout.secret("vault-key")
            told["LIGONG_VAULT_URL"] = running.databases["keys"]
        if self._deployment == "demo":
            told["LIGONG_CLOCK_URL"] = running.databases["clock"]
            if name == "notification":
                told["SMTP_URL"] = f"smtp://{HOST}:{smtp}"
        return {**os.environ, **told, "PYTHONUNBUFFERED": "1", STACK: str(self._layout.data)}

    def _url(self, name: str) -> str:
        return f"http://{HOST}:{self._ports[name]}"

    def _urls(self) -> dict[str, str]:
        return {name: self._url(name) for name in PROCESSES if name != "gateway"}


@contextmanager
def _signals_stop() -> Iterator[None]:
    """SIGINT and SIGTERM raise Stopped once; after that nothing disturbs the clearing up. A closed terminal counts."""

    def stop(number: int, frame: FrameType | None) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)
        raise Stopped

    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, stop)
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    yield


def _wanted_port() -> int:
    text = os.environ.get("LIGONG_PORT", "8000")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Trouble(f"LIGONG_PORT={text} 不是端口号：请改为 1 到 65535 之间的数字后重新运行。")
    return int(text)
