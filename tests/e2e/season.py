"""A short season through the gateway: what end-to-end tests do before their own matter."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seasons import year_2021
from shared.contracts import season_file
from shared.kernel.tokens import service_token
from tests.processes import SECRET
from tests.stack import Stack

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "seasons/2021/season.yaml").read_text()
DOCUMENT = season_file.parse(TEXT)


async def opened(
    stack: Stack, units: Sequence[str], at: str = "2021-06-01T09:00:00+08:00", document: dict[str, Any] | None = None
) -> None:
    """The 2021 season at an instant of its registration, with these units admitted."""
    await stack.clock.execute("update clock set now = $1::text::timestamptz", at)
    await stack.do("registration/open-season", {"document": document or json.loads(DOCUMENT.model_dump_json())})
    await stack.settled()
    for id in units:
        unit = DOCUMENT.unit(id)
        assert unit is not None
        await stack.do("registration/submit-registration", year_2021.form(unit), "unit", id)
        await stack.do("registration/accept-registration", {"season": 2021, "unit": id})
    await stack.settled()


async def activity(stack: Stack, unit: str, item: str = "3.2", n: int = 0) -> str:
    """Schedules and reports one activity; returns its id."""
    whose = {"season": 2021, "unit": unit}
    planned: dict[str, Any] = {
        **whose,
        "item": item,
        "name": f"样例活动{n}",
        "place": "样例点位",
        "planned_for": "2021-06-01T08:00:00+08:00",
    }
    answer = await stack.do("activity/schedule-activity", planned, "unit", unit)
    id: str = answer["stream"].removeprefix("activity-")
    report = {**whose, "activity": id, "occurred_at": "2021-06-01T08:30:00+08:00", "headcount": 9, "outcome": "样例"}
    await stack.do("activity/report-activity", report, "unit", unit)
    return id


async def board(stack: Stack, name: str = "overall") -> dict[str, Any]:
    status, found = await stack.call("GET", f"/api/v1/leaderboards/2021/{name}")
    assert status == 200, found
    result: dict[str, Any] = found
    return result


async def verified(stack: Stack) -> dict[str, Any]:
    """Guarantee 5 in full: the live board, the facts and the logs, one answer."""
    headers = {"Authorization": f"Bearer {service_token(SECRET, 'test')}"}
    url = stack.processes["scoring"].url
    async with stack.http.post(f"{url}/internal/verify", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        result: dict[str, Any] = await answer.json()
        return result
