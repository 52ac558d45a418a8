"""The running stack as the command line reaches it: through the gateway, like anybody."""

import os
import uuid
from dataclasses import dataclass
from typing import Any

import aiohttp

from deploy.local.layout import Layout, Running
from deploy.local.place import is_running
from deploy.local.trouble import Trouble
from services.gateway.accounts import issue_token
from shared.kernel.messages import Role


@dataclass(frozen=True)
class Stack:
    """A running stack and where it keeps its things."""

    layout: Layout
    running: Running

    @property
    def internal_key(self) -> str:
        return self.layout.secret("internal-key")

    async def token(self, role: Role, unit: str | None = None, partner: str | None = None) -> str:
        """A bearer token for scripts."""
        return await issue_token(self.running.databases["gateway"], role, unit, partner)

    async def command(self, role: Role, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Give a command. Raises Trouble with the gateway's own sentence when it is refused."""
        headers = {
            "Authorization": f"Bearer {await self.token(role)}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        return await post(f"{self.running.gateway}/api/v1/{path}", headers, body)


def running_stack() -> Stack:
    """The stack of LIGONG_DATA, or whichever of the clone's runs. Raises Trouble when none or both do."""
    layouts = [Layout.of("real")]
    if not os.environ.get("LIGONG_DATA"):
        layouts.append(Layout.of("demo"))
    found = [Stack(layout, told) for layout in layouts if is_running(layout) and (told := layout.told())]
    if not found:
        raise Trouble("平台没有在运行：请先运行 make demo 或 make up。")
    if len(found) > 1:
        raise Trouble("演示环境和正式环境都在运行：请用环境变量 LIGONG_DATA 指明数据目录后重试。")
    return found[0]


async def post(url: str, headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    """The JSON answer. Raises Trouble with the sentence of the problem otherwise."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=600)) as session,
            session.post(url, headers=headers, json=body) as answer,
        ):
            told: dict[str, Any] = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Trouble(f"平台没有应答（{type(error).__name__}）：请稍候重试，或查看日志。") from error
    if answer.status >= 400:
        raise Trouble(told.get("detail") or f"请求未成功（{answer.status}）。")
    return told
