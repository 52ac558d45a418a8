"""Where a unit's points come from: lines of the scheme, the facts that each counts, the event behind each (SCO-3)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from datetime import datetime, time
from typing import Any

import msgspec

from services.scoring import standing
from services.scoring.scheme import in_words, items_of
from services.scoring.standing import in_shanghai
from services.scoring.tallies import WITHIN, Vector
from shared.contracts.season import SeasonDocument
from shared.kernel.messages import SHANGHAI
from shared.kernel.problems import Problem

# $1 is the position vector that the boards stand at: what is shown here adds up to what is shown there.
_COUNTED = f"""
    with line as (
        select * from json_to_recordset($2::json) as l(
            n int, line text, kind text, items text[], part text, formula text, each bigint, most bigint)),
    newest as (
        select distinct on (key) * from fact where season = $3 and unit = $4 and {WITHIN} order by key, version desc),
    counted as (
        select f.*, l.n, l.line, l.formula, l.each, l.most,
            row_number() over (partition by l.n order by f.occurred_at, f.key) as nth
        from newest f join line l on l.kind = f.kind and (l.part is null or l.part = f.part)
            and (l.items is null or f.item = any(l.items))
        where not f.withdrawn and f.occurred_at >= $5)"""
_NUMBERS = _COUNTED + " select line, count(*) as facts from counted group by line"
# What a fact adds to its line in the order in which things happened: nothing once the cap is reached.
_PAGE = f"""{_COUNTED}
    select key, n, line, value, occurred_at, recorded, event, type, topic, partition, pseq, stream, version, what,
        (select first.what from fact first where first.key = counted.key order by first.version limit 1) as said_first,
        case formula
            when 'per_event' then least(most, each * nth) - least(most, each * (nth - 1))
            when 'deduction' then least(most, each * (nth - 1)) - least(most, each * nth)
            when 'fixed' then case nth when 1 then each else 0 end
        end as share
    from counted
    where ($6::text is null or line = $6)
        and ($7::timestamptz is null or (occurred_at, key, n) < ($7::timestamptz, $8::text, $9::int))
    order by occurred_at desc, key desc, n desc limit $10"""


class After(msgspec.Struct, array_like=True):
    """Where a page ended."""

    occurred_at: datetime
    key: str
    n: int


def after(cursor: str | None) -> After | None:
    """Raises a 422 problem for what is no cursor of ours."""
    if not cursor:
        return None
    try:
        found = msgspec.json.decode(urlsafe_b64decode(cursor.encode()), type=After)
    except (ValueError, NoBase64, msgspec.MsgspecError):
        found = None
    if found is None or found.occurred_at.tzinfo is None or "\0" in found.key or not 0 <= found.n < 1000:
        raise Problem(422, "翻页标记无效，请从第一页重新查询。")
    return found


def cursor_of(row: Any) -> str:
    return urlsafe_b64encode(msgspec.json.encode(After(row["occurred_at"], row["key"], row["n"]))).decode()


async def of_unit(
    conn: Any, document: SeasonDocument, unit: str, line: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """SCO-3: every point can be traced: to its scheme line, to the facts that the line counts, to their events.

    A page of facts, the latest first; they add up to the board as it is shown. The caller holds a snapshot.
    Raises a 404 problem for a unit that the season's directory does not have.
    """
    member = document.unit(unit)
    if member is None:
        raise Problem(404, "本赛季的名录中没有这个单位，请核对单位编号。")
    found = await standing.read_one(conn, document, "overall")
    if found is None:
        raise Problem(404, "本赛季的榜单正在生成，请稍后再试。")
    _, rows, vector = found
    row = next((row for row in rows if row.unit == unit), None)
    given = row.lines if row else {}
    arguments = _arguments(document, unit, vector)
    numbers = {r["line"]: r["facts"] for r in await conn.fetch(_NUMBERS, *arguments)}
    last = after(cursor)
    page = await conn.fetch(
        _PAGE, *arguments, line, last and last.occurred_at, last and last.key, last and last.n, limit + 1
    )
    return {
        "unit": unit,
        "name": member.name,
        "season": document.season,
        "total": row.points if row else 0,
        "lines": [
            {
                "line": each.id,
                "name": each.name,
                "formula": in_words(each),
                "points": given.get(each.id, 0),
                "cap": each.cap,
                "capped": each.cap is not None and each.points * numbers.get(each.id, 0) >= each.cap,
                "facts": numbers.get(each.id, 0),
            }
            for each in document.scheme.lines
        ],
        "items": [_item(r) for r in page[:limit]],
        "next": cursor_of(page[limit - 1]) if len(page) > limit else None,
    }


def _arguments(document: SeasonDocument, unit: str, vector: Vector) -> tuple[Any, ...]:
    lines = [
        {
            "n": n,
            "line": line.id,
            "kind": line.kind,
            "items": items_of(line, document),
            "part": line.part,
            "formula": line.formula,
            "each": line.points,
            "most": line.cap,
        }
        for n, line in enumerate(document.scheme.lines)
    ]
    return (
        msgspec.json.encode(vector).decode(),
        msgspec.json.encode(lines).decode(),
        document.season,
        unit,
        datetime.combine(document.scheme.counts_from, time(), SHANGHAI),
    )


def _item(row: Any) -> dict[str, Any]:
    what = row["what"] if row["what"] == row["said_first"] else f"{row['what']}（原记录：{row['said_first']}）"
    return {
        "fact": row["key"],
        "line": row["line"],
        "value": row["value"],
        "points_share": row["share"],
        "occurred_at": in_shanghai(row["occurred_at"]),
        "recorded": in_shanghai(row["recorded"]),
        "event": {
            "id": str(row["event"]),
            "type": row["type"],
            "topic": row["topic"],
            "partition": row["partition"],
            "pseq": row["pseq"],
            "stream": row["stream"],
            "version": row["version"],
            "what": what,
        },
    }
