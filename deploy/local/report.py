"""What `ligong status` and `ligong verify` print."""

from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from deploy.local import status
from deploy.local.client import Stack, post
from shared.kernel.messages import Actor
from shared.kernel.tokens import mint, service_token

STATES = {"verified": "一致", "unverified": "不一致", "pending": "尚未核验"}


async def report(stack: Stack) -> int:
    """Print logs, consumers and boards. The exit code is 1 when a service is silent or a board is unverified."""
    console = Console()
    told = await status.read(stack.running.services, stack.internal_key)
    console.print(_logs(told.logs), _consumers(told.consumers))
    boards = await _boards(stack)
    console.print(_verifications(boards))
    for service in told.silent:
        console.print(f"服务 {service} 没有应答：请查看日志 {stack.layout.logs / 'services.log'}。", soft_wrap=True)
    wrong = [board for board in boards if board["verified"]["state"] == "unverified"]
    return 1 if told.silent or wrong else 0


async def verify_boards(stack: Stack) -> int:
    """Have the boards verified against the facts and the owners' logs. The exit code is 0 if all three agree."""
    headers = {"Authorization": f"Bearer {service_token(stack.internal_key, 'ligong')}"}
    told = await post(f"{stack.running.services['scoring']}/internal/verify", headers, {})
    console = Console(soft_wrap=True)
    if told["agree"]:
        console.print("核验一致：排行榜、积分事实和原始日志三方相同。")
        return 0
    console.print("核验不一致：")
    for reason in told["reasons"]:
        console.print(f"  {reason}", markup=False)
    return 1


def _logs(logs: list[status.Log]) -> Table:
    table = Table("服务", "日志位置", "已发布", "落后", title="日志", title_justify="left")
    for log in logs:
        table.add_row(log.service, str(log.head), str(log.relayed), str(log.lag))
    return table


def _consumers(consumers: list[status.Consumer]) -> Table:
    table = Table("服务", "消费者", "已处理", "落后", "搁置", title="消费者", title_justify="left")
    for each in consumers:
        table.add_row(each.service, each.name, str(each.cursor), str(each.lag), str(each.dead))
    return table


def _verifications(boards: list[dict[str, Any]]) -> Table:
    table = Table("赛季", "榜单", "更新于", "核验", "核验于", title="排行榜", title_justify="left")
    for board in boards:
        verified = board["verified"]
        state = STATES[verified["state"]]
        table.add_row(str(board["season"]), board["title"], _time(board["updated"]), state, _time(verified["at"]))
    return table


def _time(iso: str | None) -> str:
    return iso[:16].replace("T", " ") if iso else ""


async def _boards(stack: Stack) -> list[dict[str, Any]]:
    """Every board of every season, as the office sees it."""
    token = mint(stack.internal_key, Actor("ligong", "office"))
    urls = stack.running.services
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:

        async def get(url: str) -> dict[str, Any]:
            async with session.get(url) as answer:
                return dict(await answer.json()) if answer.status == 200 else {"items": []}

        boards = []
        for season in (await get(f"{urls['registration']}/api/v1/registration/seasons"))["items"]:
            base = f"{urls['scoring']}/api/v1/leaderboards/{season['season']}"
            boards += [await get(f"{base}/{listed['board']}") for listed in (await get(base))["items"]]
        return boards
