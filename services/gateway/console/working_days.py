"""How long there is until a deadline, in statutory working days, which the notification service knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.gateway.console import formats
from services.gateway.console.page import Visit
from shared.kernel.problems import Problem

API = "/api/v1/notification/working-days"


@dataclass(frozen=True)
class Rest:
    """`words` is `剩余7个工作日`, `今日截止`, `已截止`, or empty while nobody can count; `left` is None then."""

    words: str = ""
    left: int | None = None


async def rests(visit: Visit, ends: list[str]) -> Mapping[str, Rest]:
    """By exclusive end. While the notification service is away, pages do without."""
    days = {end: (formats.at(end) - timedelta(microseconds=1)).date().isoformat() for end in ends}
    if not days:
        return {}
    try:
        found = await visit.services.get("notification", API, day=sorted(set(days.values())))
    except Problem as problem:
        if problem.status not in (422, 503):  # 422: years away
            raise
        return {end: Rest() for end in days}
    by_day = {each["day"]: Rest(each["words"], each["left"]) for each in found["items"]}
    return {end: by_day[day] for end, day in days.items()}


async def rest(visit: Visit, end: str) -> Rest:
    return (await rests(visit, [end]))[end]
