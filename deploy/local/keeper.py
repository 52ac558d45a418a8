"""Keeps the services running: honcho's manager, with a process that died started again.

honcho itself ends everything when one process ends. Ours do end on purpose (a watchdog that wants a fresh start),
so a process is started again, with growing waits, until the whole is being stopped.
"""

import logging
import logging.handlers
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from honcho.manager import Manager
from honcho.printer import Message, Printer
from honcho.process import Process

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
STOP_SECONDS = 10.0
HEALTHY_SECONDS = 30.0  # a process that lasted this long starts again without a long wait


class _Stopping(Exception):
    pass


class Kept(Process):  # type: ignore[misc]
    """One service's process, started again whenever it ends."""

    def __init__(self, command: Sequence[str], stopping: threading.Event, **options: Any) -> None:
        super().__init__(command, **options)
        self.deaths = 0
        self._stopping = stopping
        self._lock = threading.Lock()
        self._child_ctor = self._spawn
        self._returncode = 0

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Runs in a thread of its own until the stop."""
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                super().run(events)
            except _Stopping:
                break
            self.deaths += 1
            pause = FIRST_PAUSE if time.monotonic() - began > HEALTHY_SECONDS else min(pause * 2, LONGEST_PAUSE)
            if self._stopping.wait(pause):
                break
        if self._child is None:
            super()._send_message({"pid": 0}, type="start")  # the manager waits for every process to have begun
        super()._send_message({"returncode": self._returncode}, type="stop")

    def signal(self, sign: signal.Signals) -> None:
        """To the process and all it started, if it runs."""
        with self._lock:
            if self._child is not None and self._child.poll() is None:
                os.killpg(self._child.pid, sign)

    def _spawn(self, command: Sequence[str], env: dict[str, str], cwd: str) -> "subprocess.Popen[bytes]":
        with self._lock:  # so that a stop either prevents this start or finds its process
            if self._stopping.is_set():
                raise _Stopping
            self._child = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            return self._child

    def _send_message(self, data: Any, type: str = "line") -> None:
        if type == "stop":
            self._returncode = data["returncode"]
            again = "" if self._stopping.is_set() else "; starting again"
            super()._send_message(f"ended with {self._returncode}{again}\n")
        else:
            super()._send_message(data, type)


class Keeper(Manager):  # type: ignore[misc]
    """Starts all processes at once and keeps them until SIGINT, SIGTERM or `terminate`."""

    def __init__(self, logs: "Logs") -> None:
        super().__init__(logs)
        self.stopping = threading.Event()
        # Threads read the processes' output: forking, as honcho does, is not safe beside other threads.
        self.events: queue.Queue[Message] = queue.Queue()
        self._process_ctor = self._kept

    def _kept(self, command: Sequence[str], **options: Any) -> Kept:
        return Kept(command, self.stopping, **options)

    def deaths(self) -> dict[str, int]:
        """How often each process has ended so far."""
        return {name: entry["obj"].deaths for name, entry in self._processes.items()}

    def terminate(self) -> None:
        if not self.stopping.is_set():
            self.stopping.set()
            patience = threading.Timer(STOP_SECONDS, self.kill)  # honcho has none until a first process has ended
            patience.daemon = True
            patience.start()
        super().terminate()

    def _start(self) -> None:
        for name, entry in self._processes.items():
            thread = threading.Thread(target=entry["obj"].run, args=(self.events,), name=name, daemon=True)
            entry["process"] = thread
            thread.start()

    def _killall(self, force: bool = False) -> None:
        for entry in self._processes.values():
            entry["obj"].signal(signal.SIGKILL if force else signal.SIGTERM)


class Logs:
    """honcho's lines, each prefixed with time and process, kept in one file and with `verbose` shown as well."""

    def __init__(self, file: Path, verbose: bool) -> None:
        self.width = 0
        self._handler = logging.handlers.RotatingFileHandler(file, maxBytes=20_000_000, backupCount=3)
        self._terminal = Printer() if verbose else None

    def write(self, message: Message) -> None:
        data = message.data
        text = data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data)
        for line in text.splitlines():
            prefixed = f"{message.time:%m-%d %H:%M:%S} {message.name:{self.width}}| {line}"
            self._handler.emit(logging.LogRecord("ligong", logging.INFO, "", 0, prefixed, None, None))
        if self._terminal is not None:
            self._terminal.width = self.width
            self._terminal.write(message)
