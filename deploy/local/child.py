"""A child process with a log file, whose readiness is a line that it writes."""

import contextlib
import logging
import logging.handlers
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from deploy.local.account import Account

STACK = "LIGONG_STACK"
"""Environment variable of every child, naming its stack's data folder: how a later start finds orphans."""


class ChildFailed(Exception):
    """The child ended, or was not ready in time; its log says why."""


class Child:
    """One run at a time of one command. Not thread-safe; start and stop it from one thread."""

    def __init__(self, name: str, log: Path, account: Account) -> None:
        self.name = name
        self._account = account
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._ready = threading.Event()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process is not None and running else None

    def start(self, command: Sequence[str | Path], ready: str, cwd: Path, env: dict[str, str], timeout: float) -> None:
        """Start `command` and wait, at most `timeout` seconds, for a line of it that contains `ready`.

        Raises ChildFailed, leaving no process behind.
        """
        self._ready.clear()
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is ours to pass on, in the right order
            umask=0o077,
            **self._account.popen,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process, ready.encode()), daemon=True)
        self._reader.start()
        in_time = self._ready.wait(timeout)
        if not in_time or self._process.poll() is not None:
            self.kill()
            raise ChildFailed(f"{self.name} {'ended' if in_time else 'was not ready in time'}")

    def _read(self, process: subprocess.Popen[bytes], ready: bytes) -> None:
        assert process.stdout is not None
        sink = logging.handlers.RotatingFileHandler(self._log, maxBytes=10_000_000, backupCount=3)
        with process.stdout:
            for line in process.stdout:
                text = line.decode("utf-8", "replace")
                sink.emit(logging.LogRecord(self.name, logging.INFO, "", 0, text.rstrip("\n"), None, None))
                if ready in line:
                    self._ready.set()
        process.wait()
        self._ready.set()
        sink.close()

    def join(self) -> None:
        """Wait until it has ended, by itself or otherwise. May be called from another thread."""
        reader = self._reader
        if reader is not None:
            reader.join()

    def stop(self, sign: signal.Signals, timeout: float) -> int | None:
        """Send `sign`, wait, and after `timeout` seconds kill. Returns the exit code; None if none ran."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(sign)
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._finish()

    def kill(self) -> None:
        """SIGKILL to the child and to whatever it started, and wait until all are gone."""
        if self._process is None:
            return
        if self._process.poll() is None:
            family = [
                psutil.Process(self._process.pid),
                *psutil.Process(self._process.pid).children(recursive=True),
            ]
            end(family, signal.SIGKILL)
        self._finish()

    def _finish(self) -> int | None:
        assert self._process is not None
        code = self._process.wait()
        if self._reader is not None:
            self._reader.join()
        self._process = self._reader = None
        return code


def end(processes: Sequence[psutil.Process], sign: signal.Signals) -> list[psutil.Process]:
    """Signal every process and wait up to 20 s. Returns those still there."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(sign)
    return list(psutil.wait_procs(processes, timeout=20)[1])


def run(command: Sequence[str | Path], log: Path, account: Account, cwd: Path, env: dict[str, str]) -> None:
    """Run `command` to its end, its output appended to `log`. Raises ChildFailed if it fails."""
    with log.open("ab") as output:
        done = subprocess.run(command, stdout=output, stderr=output, cwd=cwd, env=env, **account.popen)
    if done.returncode != 0:
        raise ChildFailed(f"{command[0]} ended with {done.returncode}")


def end_orphans(stack: Path, databases: Path) -> int:
    """End what a killed supervisor of `stack` left running, gently first. Returns how many there were.

    Children are known by the marker in their environment; PostgreSQL's overwrite theirs with their titles and
    are known by their working folder, below `databases`. Only call while holding the stack's lock: then no living
    supervisor owns them.
    """
    servers, others = [], []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.pid == os.getpid():
                continue
            if process.name() == "postgres" and Path(process.cwd()).is_relative_to(databases):
                servers.append(process)
            elif process.environ().get(STACK) == str(stack):
                others.append(process)
    end(end(others, signal.SIGTERM), signal.SIGKILL)
    end(end(servers, signal.SIGINT), signal.SIGKILL)  # SIGINT is PostgreSQL's fast shutdown
    return len(servers) + len(others)
