"""The overview of 20 units and 8,000 people at the gateway, beside a query of one row through the same gateway."""

import statistics
import time

from bench.figures import Figure
from bench.world import Engines
from tests.e2e import season
from tests.stack import Stack, running

UNITS = season.DOCUMENT.units
PEOPLE = 8_000
WARM, RUNS = 20, 200
ASKED = {
    "page": "/overview?season=2021",
    "query": "/api/v1/registration/overview?season=2021",
    "one row": "/api/v1/registration/seasons?limit=1",
}


async def named(stack: Stack) -> None:
    """Every unit's people, as its import would list them."""
    each = PEOPLE // len(UNITS)
    for n, unit in enumerate(UNITS):
        people = [
            {
                "person": {"name": f"样例{k}", "badge": f"SAMPLE{k:05d}", "mobile": f"000-{k:04d}-0000"},
                "affiliation": unit.name,
            }
            for k in range(n * each, (n + 1) * each)
        ]
        await stack.do("registration/list-participants", {"season": 2021, "unit": unit.id, "people": people})
    await stack.settled()
    _, found = await stack.call("GET", ASKED["query"])
    assert sum(row["people"] for row in found["items"]) == PEOPLE, "the measurement is of what it says"


async def seconds(stack: Stack, path: str, token: str) -> float:
    began = time.perf_counter()
    async with stack.http.get(stack.gateway + path, headers={"Authorization": f"Bearer {token}"}) as answer:
        await answer.read()
        assert answer.status == 200, await answer.text()
    return time.perf_counter() - began


async def measure(engines: Engines) -> list[Figure]:
    only = ("registration", "activity", "notification", "gateway")
    async with running(engines.databases, engines.brokers, only=only) as stack:
        await season.opened(stack, [unit.id for unit in UNITS])
        await named(stack)
        token = await stack.token("office")
        took: dict[str, list[float]] = {name: [] for name in ASKED}
        for _ in range(WARM + RUNS):  # in turn, so that a busy moment of the machine meets all of them
            for name, path in ASKED.items():
                took[name].append(await seconds(stack, path, token))
    return [
        figure for name in ("page", "query") for figure in _figures(name, took[name][WARM:], took["one row"][WARM:])
    ]


def _figures(name: str, ours: list[float], floor: list[float]) -> list[Figure]:
    found = []
    for label, percent in (("p50", 50), ("p99", 99)):
        value, least = (statistics.quantiles(each, n=100)[percent - 1] * 1000 for each in (ours, floor))
        wanted, met = ("≤ 100 ms", value <= 100) if percent == 99 else ("", None)
        title = f"overview {name} {label}, {len(UNITS)} units and {PEOPLE:,} people"
        found.append(Figure(title, value, "ms", "a query of one row", least, value / least, wanted, met))
    return found
