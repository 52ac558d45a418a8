"""The demo, killed in the middle of its year, arrives where an undisturbed one arrives."""

import json
import shutil
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.local.child import end
from deploy.local.layout import ROOT
from tests.deploy.stacks import Stack

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
    made = Stack(tmp_path / "undisturbed"), Stack(tmp_path / "killed")
    for stack in made:
        stack.prepare()
    yield made
    for stack in made:
        stack.clear()


ALTERATIONS = (
    ("scoring", "UPDATE board_row SET points = points + 1 WHERE board = 'overall' AND rank = 1"),
    ("scoring", "UPDATE fact SET value = value + 1 WHERE key = (SELECT min(key) FROM fact WHERE kind = 'activity')"),
    (
        "activity",
        "UPDATE event SET data = replace(data::text, '样例点位', '别处')::json WHERE topic = 'ligong.activity'",
    ),
)
"""What somebody might do to a database by hand; the last is beyond repair, for the log is the truth."""


async def test_killed_in_mid_play_it_arrives_at_the_same_boards(stacks: tuple[Stack, Stack], scenario: Path) -> None:
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
    for database, alteration in ALTERATIONS:
        _is_verified_before_long(killed)
        await _execute(json.loads((killed.data / "running.json").read_text())["databases"][database], alteration)
        told = killed.ligong("verify")
        assert told.returncode == 1 and "不一致" in told.stdout, told
    assert killed.stop() == 0
    assert killed.processes() == []


def _hashes(stack: Stack) -> dict[str, str]:
    """Hash of every board, as the office sees it through the gateway."""
    token = stack.ligong("token", "--as", "office").stdout.strip()
    found = {}
    for board in BOARDS:
        url = f"http://127.0.0.1:{stack.port}/api/v1/leaderboards/2021/{board}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            found[board] = json.load(answer)["hash"]
    return found


def _is_verified_before_long(stack: Stack) -> None:
    """What was found altered is made anew in the background."""
    deadline = time.monotonic() + 30
    while (told := stack.ligong("verify")).returncode != 0:
        assert time.monotonic() < deadline, told


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        assert await connection.execute(statement) != "UPDATE 0"
    finally:
        await connection.close()
