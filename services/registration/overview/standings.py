"""Where every unit of a season stands, from the read models, in one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from services.registration.model import standing
from services.registration.overview.views import Standing, Sum
from shared.kernel.problems import Problem
from shared.kernel.queries import shown

GROUPS = ("district", "municipal")

_SEASON = """
    select name, coalesce(extended_to, (document->'registration'->>'closes_at')::timestamptz) as closes_at,
           document->>'notice' as notice, document->'zone'->>'name' as zone
    from season where season = $1"""
_UNITS = """
    select unit, name, short, unit_group as "group", official_order as "order", status, outcome, copies, copies_due,
           late_paper, closes_at, submitted_late, submitted_at, accepted_at, completed_at, extended_because, version,
           returned->'reasons' as returned_because,
           coalesce(json_array_length(form->'teams'), 0) as teams,
           coalesce((select sum((team->>'size')::int) from json_array_elements(form->'teams') team), 0) as headcount,
           (select count(*) from participant p
            where p.season = r.season and p.unit = r.unit and not p.erased) as people
    from registration r where season = $1 order by official_order"""


@dataclass(frozen=True)
class Season:
    """`closes_at` is exclusive."""

    season: int
    name: str
    notice: str
    zone: str
    closes_at: datetime
    units: tuple[Standing, ...]


async def known(pool: Any, season: int) -> Any:
    """The season's row. Raises a 404 problem for a season that is not open."""
    found = await pool.fetchrow(_SEASON, season)
    if found is None:
        raise Problem(404, f"没有{season}赛季，请核对年度；尚未开启的赛季由竞赛办开启。")
    return found


async def of(pool: Any, season: int, now: datetime) -> Season:
    """Raises a 404 problem for a season that is not open."""
    found = await known(pool, season)
    rows = await pool.fetch(_UNITS, season)
    units = tuple(_standing(row, now) for row in rows)
    return Season(season, found["name"], found["notice"], found["zone"], found["closes_at"], units)


def _standing(row: Any, now: datetime) -> Standing:
    columns = ("status", "outcome", "closes_at", "submitted_late", "copies", "copies_due", "late_paper")
    reg = standing.Registration(**{name: row[name] for name in columns})
    because = row["returned_because"]
    return Standing(
        **shown({**row, "returned_because": msgspec.json.decode(because) if because else None}),
        electronic=standing.electronic(reg, now),
        paper=standing.paper(reg, now),
        waits_for=standing.waits_for(reg),
        lacking=standing.lacking(reg),
    )


def sums(units: Sequence[Standing]) -> list[Sum]:
    """Counts of each group that has units, and of all together at the end."""
    groups = [(group, [unit for unit in units if unit.group == group]) for group in GROUPS]
    return [_sum(group, members) for group, members in (*groups, (None, list(units))) if members or group is None]


def _sum(group: Any, units: Sequence[Standing]) -> Sum:
    return Sum(
        group=group,
        units=len(units),
        submitted=sum(unit.status in ("submitted", "accepted", "completed") for unit in units),
        accepted=sum(unit.status in ("accepted", "completed") for unit in units),
        papers=sum(unit.copies_due is not None and unit.copies >= unit.copies_due for unit in units),
        completed=sum(unit.status == "completed" for unit in units),
        overdue=sum(unit.waits_for is not None and "overdue" in (unit.electronic, unit.paper) for unit in units),
        teams=sum(unit.teams for unit in units),
        headcount=sum(unit.headcount for unit in units),
        people=sum(unit.people for unit in units),
    )
