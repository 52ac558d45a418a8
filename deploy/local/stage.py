"""Sets the stage for the player: who acts in a scenario, and with which credentials."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg

from deploy.local.demo_accounts import Account
from deploy.local.layout import Layout, Running, write_private
from deploy.local.player import Progress, Stage, play
from services.gateway.accounts import issue_token


@dataclass(frozen=True)
class Programme:
    """What a demo plays, and how fast: in days of the scenario per second, 0 as fast as it goes."""

    scenario: Path
    speed: float


async def perform(
    programme: Programme, layout: Layout, running: Running, progress: Progress = lambda done, total, note: None
) -> None:
    """Play what is left of the scenario. Raises Trouble.

    The player remembers what it has played, so it simply begins again after the loss of a connection: a part of the
    stack is being started anew.
    """
    stage = Stage(
        gateway=running.gateway,
        services=running.services,
        clock=running.databases["clock"],
        key=layout.secret("internal-key"),
        tokens=await _tokens(layout, running),
    )
    while True:
        try:
            return await play(programme.scenario, stage, programme.speed, progress)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, aiohttp.ClientError):
            await asyncio.sleep(1)


async def _tokens(layout: Layout, running: Running) -> dict[str, str]:
    """A bearer token for every account of the demo, by login; issued once."""
    kept = layout.secrets / "tokens.json"
    if not kept.exists():
        rows = [json.loads(line) for line in (layout.secrets / "accounts.jsonl").read_text().splitlines()]
        database = running.databases["gateway"]
        tokens = {}
        for row in rows:
            del row["password"]
            account = Account(**row)
            tokens[account.login] = await issue_token(
                database, account.role, account.unit, account.partner, account.login
            )
        write_private(kept, json.dumps(tokens))
    read: dict[str, str] = json.loads(kept.read_text())
    return read
