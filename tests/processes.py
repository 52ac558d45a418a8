"""Services as real processes, started and killed by tests."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

ROOT = Path(__file__).parents[1]
SECRET = "visible-test-key-visible-test-key-visible"
VAULT = "dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3QtdGVzdA"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


@dataclass
class Process:
    """`python -m <module>` with its environment; `url` answers once it is ready.

    With `kept` it is started again whenever it ends by itself or is killed, as the supervisor does.
    """

    module: str
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    kept: bool = False
    process: asyncio.subprocess.Process | None = None
    keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, within: float = 30) -> None:
        await self._spawn()
        assert self.process is not None
        await answers(f"{self.url}/healthz", self.process, within)
        if self.kept:
            self.keeper = asyncio.create_task(self._keep())

    async def _spawn(self) -> None:
        env = {**os.environ, **self.environment, "PORT": str(self.port), "HOST": "127.0.0.1"}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self.module, cwd=ROOT, env=env, start_new_session=True
        )

    async def _keep(self) -> None:
        while True:
            assert self.process is not None
            await self.process.wait()
            await asyncio.sleep(0.2)  # as the supervisor does: not at once, lest it spins
            await self._spawn()

    async def kill(self) -> None:
        """SIGKILL, to the whole process group."""
        assert self.process is not None
        killed = self.process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(killed.pid, signal.SIGKILL)
        await killed.wait()

    async def stop(self) -> None:
        if self.keeper:
            self.keeper.cancel()
            await asyncio.gather(self.keeper, return_exceptions=True)
            self.keeper = None
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 10)
            except TimeoutError:
                await self.kill()


async def answers(url: str, process: asyncio.subprocess.Process, within: float) -> None:
    """Waits until an address answers 200. Raises when the process ends first, or too late."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(within):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"ended with {process.returncode} before {url} answered")
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def started(*processes: Process) -> AsyncIterator[None]:
    try:
        await asyncio.gather(*(p.start() for p in processes))
        yield
    finally:
        await asyncio.gather(*(p.stop() for p in processes if p.process), return_exceptions=True)
