"""系统状态: whether every service answers, and how far each consumer is behind."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp
from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.console.page import Here
from services.gateway.upstream import Upstream
from shared.kernel.messages import Actor

router = APIRouter(prefix="/status")

NAMES = {
    "registration": "登记注册",
    "activity": "活动与考评",
    "scoring": "积分与排行榜",
    "notification": "消息与提醒",
    "feeds": "长三角共享",
}
_GATEWAY = Actor("service:gateway", "service")


@dataclass(frozen=True)
class Health:
    """`status` is the service's own account of itself, empty when it does not answer."""

    name: str
    ready: bool
    status: dict[str, Any]

    @property
    def unsent(self) -> int | None:
        """Events that are not on Kafka yet; None for a service that has no log."""
        position = self.status.get("pos")
        return max(position - self.status.get("relayed", 0), 0) if position else None

    @property
    def dead(self) -> int:
        """Events that a consumer could not apply."""
        return sum(self.status.get("dead_letters", {}).values())

    def behind(self, heads: dict[str, int]) -> int | None:
        """Events of others that its slowest consumer has yet to take; None where it consumes nothing."""
        late: dict[str, int] = {}
        for cursor in self.status.get("cursors", ()):
            name, at = cursor["consumer"], cursor["at"]
            late[name] = late.get(name, 0) + max(heads.get(at, 0) - cursor["pseq"], 0)
        return max(late.values(), default=None)


@router.get("")
async def page(visit: Here) -> Response:
    visit.only("office")
    upstream: Upstream = visit.request.app.state.upstream
    found = await asyncio.gather(*(_health(upstream, service) for service in NAMES))
    heads = {at: pseq for each in found for at, pseq in each.status.get("heads", {}).items()}
    return visit.page("status/page.html", services=found, heads=heads)


async def _health(upstream: Upstream, service: str) -> Health:
    try:
        ready = await _read(upstream, service, "/readyz")
        status = await _read(upstream, service, "/internal/status")
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Health(NAMES[service], False, {})
    return Health(NAMES[service], ready.get("status") == "ok", status)


async def _read(upstream: Upstream, service: str, path: str) -> dict[str, Any]:
    async with upstream.open(service, "GET", path, _GATEWAY, {}) as answer:
        found: dict[str, Any] = json.loads(await answer.read())
        return found
