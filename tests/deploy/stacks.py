"""Stacks started by the tests the way people start them, as processes of their own."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local import assets
from deploy.local.account import Account
from deploy.local.child import STACK, end
from deploy.local.jars import fetch
from deploy.local.layout import ROOT
from deploy.local.ports import free_ports

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "ligong"
SERVERS = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "JAVA_HOME")


@dataclass
class Stack:
    """A data folder and a port of its own; `environment` is what differs from ours."""

    data: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    environment: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = (sys.executable, "-m", "deploy.local.cli")
    cwd: Path = ROOT
    user: Account = field(default_factory=Account)
    process: "subprocess.Popen[str] | None" = None

    def prepare(self) -> None:
        """Spare it the downloads: the console's assets are built, the jars taken from the user's cache."""
        assets.build()
        (self.data / "cache").mkdir(parents=True)
        (self.data / "cache/jars").symlink_to(fetch(CACHE)[0].parent)

    def clear(self) -> None:
        """End whatever is left of it; what it kept outside of its folder goes."""
        while left := self.processes():  # a supervisor may start one more before it is gone itself
            end(left, signal.SIGKILL)
        engines = self.data / "engines"
        if engines.is_symlink():
            shutil.rmtree(engines.resolve())

    def ligong(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the command line beside it."""
        environment = {**os.environ, "LIGONG_DATA": str(self.data)}
        command = [*self.command, *arguments]
        return subprocess.run(command, cwd=self.cwd, env=environment, capture_output=True, text=True)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        kept = {name: value for name, value in os.environ.items() if name not in SERVERS}
        told = {"LIGONG_DATA": str(self.data), "LIGONG_PORT": str(self.port)}
        self.process = subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.cwd,
            env={**kept, **told, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **self.user.popen,
        )
        return self.process

    def fail(self, *arguments: str) -> str:
        """Start it, expecting that it ends by itself and complains. Returns what it says on standard error."""
        process = self.start(*arguments)
        _, complaint = process.communicate(timeout=120)
        assert process.returncode not in (0, None), "it did not fail"
        return complaint.strip()

    def until(self, words: str) -> str:
        """Read its output until a line contains `words`; that line."""
        assert self.process is not None
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if words in line:
                return line
        complaint = self.process.stderr.read() if self.process.stderr else ""
        raise AssertionError(f"{words!r} was never said: {''.join(seen)}\n{complaint}")

    def stop(self) -> int:
        """Ctrl-C, which a terminal sends to make and the stack alike, and wait. Returns the exit code."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def processes(self) -> list[psutil.Process]:
        """Everything of this stack that runs: engines, services, whatever they started."""
        found = []
        engines = (self.data / "engines").resolve() if (self.data / "engines").exists() else self.data
        for process in psutil.process_iter():
            try:
                cwd = Path(process.cwd()) if process.name() == "postgres" else Path()
                if cwd.is_relative_to(engines) or process.environ().get(STACK) == str(self.data):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found
