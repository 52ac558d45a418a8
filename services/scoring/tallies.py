"""What the facts come to, counted by PostgreSQL: of each key the newest version, unless withdrawn or too early.

Each function is one statement, and so one snapshot: facts, cursors and rules belong together.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec

from services.scoring.intake import CONSUMER
from services.scoring.scheme import Subject, Tally
from shared.contracts.season import SeasonDocument

Tallies = dict[int, dict[Subject, Tally]]  # by season
Vector = dict[str, int]  # "topic/partition" → pseq
State = Literal["pending", "verified", "unverified"]

_NEWEST_RULES = "select distinct on (season) * from season_rules {where} order by season, version desc"
_HEAD = f"""
    select pg_current_snapshot()::text as snapshot,
        (select coalesce(json_object_agg(topic || '/' || partition, pseq), '{{}}') from cursor
            where consumer = '{CONSUMER}')::text as vector,
        (select count(*) from dead_letter where consumer = '{CONSUMER}') as pending,
        (select coalesce(json_agg(json_build_array(season, board, verified, verified_at)), '[]') from board)::text
            as states,
        (select coalesce(json_object_agg(season, version), '{{}}') from ({_NEWEST_RULES.format(where="")}) r)::text
            as rules"""
_TALLY = """select season, unit, kind, item, part, sum(sign)::bigint as n, sum(sign * value)::bigint as total
    from signed join rules using (season) where not withdrawn and occurred_at >= counts_from
    group by season, unit, kind, item, part having sum(sign) <> 0 or sum(sign * value) <> 0"""
WITHIN = "pseq <= coalesce(($1::jsonb ->> (topic || '/' || partition))::bigint, 0)"

_SINCE = f"""
    with rules as materialized ({_NEWEST_RULES.format(where="")}),
    fresh as materialized (
        select distinct key from fact where txid >= pg_snapshot_xmin($1::text::pg_snapshot)
            and not pg_visible_in_snapshot(txid, $1::text::pg_snapshot)),
    versions as materialized (
        select f.*, pg_visible_in_snapshot(f.txid, $1::text::pg_snapshot) as old from fresh join fact f using (key)),
    signed as (
        (select distinct on (key) *, 1 as sign from versions order by key, version desc)
        union all
        (select distinct on (key) *, -1 as sign from versions where old order by key, version desc)),
    tally as ({_TALLY})
    {_HEAD}, (select coalesce(json_agg(tally), '[]') from tally)::text as tallies"""

_ALL = f"""
    with rules as ({_NEWEST_RULES.format(where="")}),
    signed as (select distinct on (key) *, 1 as sign from fact order by key, version desc),
    tally as ({_TALLY})
    {_HEAD}, (select coalesce(json_agg(tally), '[]') from tally)::text as tallies"""

_UP_TO = f"""
    with rules as ({_NEWEST_RULES.format(where="where " + WITHIN)}),
    signed as (select distinct on (key) *, 1 as sign from fact where {WITHIN} order by key, version desc)
    {_TALLY}"""


class _Counted(msgspec.Struct):
    season: int
    unit: str
    kind: str
    item: str | None
    part: str | None
    n: int
    total: int


class Snapshot(NamedTuple):
    """`tallies` as of a moment (or what was added to them since another), with the cursors of that moment.

    `pending` counts dead letters; `rules` are the seasons' newest versions; `states` say of each stored board by
    season and id whether it is verified, and when it last was.
    """

    id: str
    vector: Vector
    pending: int
    rules: dict[int, int]
    states: dict[tuple[int, str], tuple[State, datetime | None]]
    tallies: Tallies


async def everything(conn: Any) -> Snapshot:
    return _snapshot(await conn.fetchrow(_ALL))


async def since(conn: Any, snapshot: str) -> Snapshot:
    """What was added since an earlier snapshot, in whatever order it was committed."""
    return _snapshot(await conn.fetchrow(_SINCE, snapshot))


async def up_to(conn: Any, vector: Mapping[str, int]) -> Tallies:
    """The tallies of the facts that come from events up to a position vector."""
    rows = await conn.fetch(_UP_TO, msgspec.json.encode(vector).decode())
    return _by_season([_Counted(**row) for row in rows])


def add(tallies: Tallies, more: Tallies) -> None:
    """Adds up in place."""
    for season, subjects in more.items():
        here = tallies.setdefault(season, {})
        for subject, tally in subjects.items():
            before = here.get(subject, Tally(0, 0))
            here[subject] = Tally(before.n + tally.n, before.total + tally.total)


async def documents(conn: Any, vector: Mapping[str, int] | None = None) -> dict[int, SeasonDocument]:
    """The seasons' rules, as of a position vector or as of now."""
    if vector is None:
        rows = await conn.fetch(_NEWEST_RULES.format(where=""))
    else:
        rows = await conn.fetch(_NEWEST_RULES.format(where="where " + WITHIN), msgspec.json.encode(vector).decode())
    return {row["season"]: _document(row["document"]) for row in rows}


@lru_cache(maxsize=16)
def _document(text: str) -> SeasonDocument:
    return SeasonDocument.model_validate_json(text)


_counted = msgspec.json.Decoder(list[_Counted])
_states = msgspec.json.Decoder(list[tuple[int, str, State, datetime | None]])


def _snapshot(row: Any) -> Snapshot:
    return Snapshot(
        id=row["snapshot"],
        vector=msgspec.json.decode(row["vector"], type=Vector),
        pending=row["pending"],
        rules=msgspec.json.decode(row["rules"], type=dict[int, int]),
        states={(season, board): (state, at) for season, board, state, at in _states.decode(row["states"])},
        tallies=_by_season(_counted.decode(row["tallies"])),
    )


def _by_season(counted: list[_Counted]) -> Tallies:
    tallies: Tallies = {}
    for c in counted:
        tallies.setdefault(c.season, {})[Subject(c.unit, c.kind, c.item, c.part)] = Tally(c.n, c.total)
    return tallies
