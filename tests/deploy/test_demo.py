"""The demo, killed in the middle of its year, arrives where an undisturbed one arrives."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local import assets
from deploy.local.child import end
from deploy.local.jars import fetch
from deploy.local.layout import ROOT
from tests.deploy.stacks import CACHE, Stack

STEPS = 400  # of the year: registration is over and points are being made
BOARDS = ("overall", "district", "municipal", "area-1", "area-2", "area-3")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the year 2021."""
    folder = tmp_path_factory.mktemp("scenario")
    shutil.copy(ROOT / "seasons/2021/season.yaml", folder)
    year = (ROOT / "seasons/2021/scenario.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "scenario.jsonl").write_text("".join(year[:STEPS]), encoding="utf-8")
    return folder / "scenario.jsonl"


@pytest.fixture
def stacks(tmp_path: Path) -> Iterator[tuple[Stack, Stack]]:
    assets.build()
    made = Stack(tmp_path / "undisturbed"), Stack(tmp_path / "killed")
    for stack in made:
        (stack.data / "cache").mkdir(parents=True)
        (stack.data / "cache/jars").symlink_to(fetch(CACHE)[0].parent)
    yield made
    for stack in made:
        end(stack.processes(), signal.SIGKILL)
        engines = stack.data / "engines"
        if engines.is_symlink():
            shutil.rmtree(engines.resolve())


def test_killed_in_mid_play_it_arrives_at_the_same_boards(stacks: tuple[Stack, Stack], scenario: Path) -> None:
    undisturbed, killed = stacks
    play = ("demo", "--speed", "0", "--scenario", str(scenario))

    undisturbed.start(*play)
    undisturbed.until("已回放完毕")
    expected = _hashes(undisturbed)
    assert undisturbed.stop() == 0

    killed.start(*play)
    killed.until("回放赛季 30%")
    assert killed.process is not None
    end([psutil.Process(killed.process.pid), *killed.processes()], signal.SIGKILL)
    killed.start(*play)
    killed.until("已回放完毕")
    assert _hashes(killed) == expected
    assert _ligong(killed, "verify").returncode == 0
    assert killed.stop() == 0
    assert killed.processes() == []


def _ligong(stack: Stack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "LIGONG_DATA": str(stack.data)}
    command = [sys.executable, "-m", "deploy.local.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def _hashes(stack: Stack) -> dict[str, str]:
    """Hash of every board, as the office sees it through the gateway."""
    token = _ligong(stack, "token", "--as", "office").stdout.strip()
    found = {}
    for board in BOARDS:
        url = f"http://127.0.0.1:{stack.port}/api/v1/leaderboards/2021/{board}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            found[board] = json.load(answer)["hash"]
    return found
