"""How far every log has got and how far its consumers are behind, asked of the running services."""

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp

from shared.kernel.tokens import service_token


@dataclass(frozen=True)
class Log:
    """One service's log: its last position and the position up to which Kafka has it."""

    service: str
    head: int
    relayed: int

    @property
    def lag(self) -> int:
        return self.head - self.relayed


@dataclass(frozen=True)
class Consumer:
    """One consumer: events it has applied, events still to come, events set aside (dead letters)."""

    service: str
    name: str
    cursor: int
    lag: int
    dead: int


@dataclass(frozen=True)
class Status:
    logs: list[Log]
    consumers: list[Consumer]
    silent: list[str]
    """Services that did not answer."""

    @property
    def settled(self) -> bool:
        """Whether everything recorded has arrived everywhere."""
        lags = [log.lag for log in self.logs] + [consumer.lag for consumer in self.consumers]
        return not self.silent and not any(lags)


async def read(services: dict[str, str], internal_key: str) -> Status:
    """Ask every service (name → base URL) at once."""
    headers = {"Authorization": f"Bearer {service_token(internal_key, 'ligong')}"}
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        answers = await asyncio.gather(*(_ask(session, url) for url in services.values()))
    return summary(dict(zip(services, answers, strict=True)))


async def _ask(session: aiohttp.ClientSession, url: str) -> dict[str, Any] | None:
    try:
        async with session.get(f"{url}/internal/status") as answer:
            return await answer.json() if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError):
        return None


def summary(answers: dict[str, dict[str, Any] | None]) -> Status:
    """Put heads (from the logs' owners) and cursors (from the consumers) together."""
    told = {service: answer for service, answer in answers.items() if answer is not None}
    heads: dict[str, int] = {}
    for answer in told.values():
        heads |= answer.get("heads", {})
    logs = [
        Log(service, answer["pos"], answer["relayed"] or 0) for service, answer in told.items() if answer.get("pos")
    ]
    consumers = [each for service, answer in told.items() for each in _consumers(service, answer, heads)]
    silent = [service for service, answer in answers.items() if answer is None]
    return Status(logs, list(dict.fromkeys(consumers)), silent)


def _consumers(service: str, answer: dict[str, Any], heads: dict[str, int]) -> list[Consumer]:
    found = []
    dead: dict[str, int] = answer.get("dead_letters", {})
    for name, topics in answer.get("subscriptions", {}).items():
        total = sum(head for at, head in heads.items() if at.rpartition("/")[0] in topics)
        applied = sum(each["pseq"] for each in answer.get("cursors", []) if each["consumer"] == name)
        found.append(Consumer(service, name, applied, total - applied, dead.get(name, 0)))
    for name, pos in answer.get("projections", {}).items():
        found.append(Consumer(service, name, pos, answer["pos"] - pos, 0))
    return found
