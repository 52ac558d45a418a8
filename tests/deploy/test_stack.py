"""The life of a stack on one machine: started, killed in every way, resumed, stopped.

As root its data folder is closed to everybody else here (pytest makes it so), and the engines live elsewhere.
"""

import contextlib
import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.local.account import engine_account
from deploy.local.child import end
from deploy.local.layout import ROOT
from tests.deploy.stacks import Stack
from tests.workbooks import HEAD

SEASON = ROOT / "seasons/2021/season.yaml"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "data")
    stack.prepare()
    yield stack
    stack.clear()


def test_a_stack_is_killed_resumed_and_stopped(stack: Stack) -> None:
    stack.start("up")
    link = stack.until("/setup?token=").strip()
    assert link.startswith(f"http://127.0.0.1:{stack.port}/setup?token=")
    _answers(stack)
    if os.geteuid() == 0:
        assert {p.uids().real for p in stack.processes() if p.name() in ("postgres", "java")} == {engine_account().uid}
    assert stack.ligong("season", "open", str(SEASON)).returncode == 0
    _a_person_is_erased(stack)
    _is_refused_while_running(stack)
    _a_dead_service_is_started_again(stack, "services.notification.app")

    assert stack.process is not None
    end([psutil.Process(stack.process.pid), *stack.processes()], signal.SIGKILL)
    assert stack.processes() == []
    _comes_back(stack)

    stack.process.kill()  # the supervisor alone: everything else is orphaned
    stack.process.wait()
    assert len(stack.processes()) > 7
    _comes_back(stack)

    assert stack.stop() == 0
    assert stack.processes() == []
    with socket.create_server(("127.0.0.1", stack.port)):
        pass


def _answers(stack: Stack) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/readyz", timeout=10) as answer:
        assert answer.status == 200


def _a_person_is_erased(stack: Stack) -> None:
    token = stack.ligong("token", "--as", "office").stdout.strip()
    rosters = f"http://127.0.0.1:{stack.port}/api/v1/registration/rosters/2021"

    def ask(path: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "erase", "Content-Type": "text/csv"}
        with urllib.request.urlopen(urllib.request.Request(rosters + path, body, headers), timeout=30) as answer:
            return json.load(answer)

    position = ask("/huangpu/files", ",".join(HEAD).encode() + "\n样例,,YL-1,,,样例单位".encode())["position"]
    (person,) = ask(f"/people?min_position={position}")["items"]
    assert person["details"]["name"] == "样例"
    told = stack.ligong("erase-person", person["person"])
    assert told.returncode == 0 and "已删除" in told.stdout, told
    assert ask(f"/people?person={person['person']}")["items"][0]["details"] is None
    assert stack.ligong("verify").returncode == 0
    again = stack.ligong("erase-person", person["person"])
    assert again.returncode == 1 and "已经删除" in again.stderr, again
    assert "格式不对" in stack.ligong("erase-person", "样例").stderr


def _is_refused_while_running(stack: Stack) -> None:
    second = Stack(stack.data, port=stack.port)
    assert "已在运行" in second.fail("up")


def _a_dead_service_is_started_again(stack: Stack, module: str) -> None:
    def running() -> set[int]:
        found = set()
        for process in stack.processes():
            with contextlib.suppress(psutil.NoSuchProcess):  # a backend that ended since it was listed
                if module in process.cmdline():
                    found.add(process.pid)
        return found

    before = running()
    assert len(before) == 1
    os.kill(before.pop(), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while not running():
        assert time.monotonic() < deadline, f"{module} stayed dead"
        time.sleep(0.1)


def _comes_back(stack: Stack) -> None:
    stack.start("up")
    stack.until("已就绪")
    stack.until("按 Ctrl-C 停止")
    _answers(stack)
    again = stack.ligong("season", "open", str(SEASON))
    assert again.returncode == 1 and "已经开启" in again.stderr, again.stderr
