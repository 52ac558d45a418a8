"""How lists are asked for and answered: paged by cursor, sorted by what is named, fresh enough for the asker."""

import asyncio
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.kernel.messages import SHANGHAI
from shared.kernel.problems import Problem

POLL = 1.0  # seconds: NOTIFY is a hint, this is the guarantee
PATIENCE = 2.0  # seconds that a query waits for what its asker has just written
MAC = 12  # bytes


class Reading(BaseModel):
    """What every query takes. A field left empty, as browsers send it, counts as left out."""

    model_config = ConfigDict(extra="forbid")

    min_position: Annotated[int, Field(ge=0, lt=2**63)] = Field(
        0, title="最低位置", description="命令答复中的 position：等到查询含有该命令的结果再答复，最多等2秒"
    )

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, dict) else given


class Page(Reading):
    """What every list takes."""

    limit: Annotated[int, Field(ge=1, le=200)] = Field(50, title="每页条数")
    cursor: Annotated[str, StringConstraints(max_length=600)] | None = Field(
        None, title="翻页标记", description="上一页答复中的 next"
    )
    sort: Annotated[str, StringConstraints(max_length=50)] | None = Field(
        None, title="排序", description="项目名称；前加“-”为降序"
    )


class Searchable(Page):
    q: Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]*$")] | None = Field(
        None, title="查找文字"
    )


@dataclass(frozen=True)
class Order:
    """What a list may be sorted by: an SQL expression that is never null, and its type."""

    expression: str
    type: str


@dataclass(frozen=True)
class Listing:
    """A list as SQL. `key` is a text expression that tells its rows apart and settles the order of equal ones."""

    columns: str
    source: str
    key: str
    orders: Mapping[str, Order]
    default: str


class Filter:
    """Conditions with their values."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[Any] = []

    def also(self, condition: str, *values: Any) -> None:
        """Adds a condition that has `{}` for each value."""
        first = len(self.values) + 1
        self.conditions.append(condition.format(*(f"${n}" for n in range(first, first + len(values)))))
        self.values += values

    def contains(self, text: str, *columns: str) -> None:
        """Adds that one of the columns contains the text, whatever its case."""
        self.also(f"strpos(lower(concat_ws(chr(10), {', '.join(columns)})), lower({{}}::text)) > 0", text)

    @property
    def sql(self) -> str:
        return " and ".join(self.conditions) or "true"


async def page(request: Request, listing: Listing, where: Filter, query: Page) -> dict[str, Any]:
    """`{"items", "next", "total"}`. Raises a 422 problem for a sort that is not listed or a cursor not from here."""
    pool, marks = request.app.state.pool, _Marks(request.app.state.internal_key)
    sort = query.sort or listing.default
    order = listing.orders.get(sort.removeprefix("-"))
    if order is None:
        raise _bad("sort", f"只能按以下项目排序：{'、'.join(listing.orders)}；降序在前面加“-”。")
    total = await pool.fetchval(f"select count(*) from {listing.source} where {where.sql}", *where.values)
    sign, direction = ("<", "desc") if sort.startswith("-") else (">", "asc")
    if query.cursor is not None:
        value, key = marks.read(query.cursor, sort)
        where.also(f"({order.expression}, {listing.key}) {sign} ({{}}::text::{order.type}, {{}}::text)", value, key)
    rows = await pool.fetch(
        f"""select {listing.columns}, ({order.expression})::text as _value, {listing.key} as _key
            from {listing.source} where {where.sql}
            order by {order.expression} {direction}, {listing.key} {direction} limit {query.limit + 1}""",
        *where.values,
    )
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return {
        "items": [shown(row) for row in rows],
        "next": marks.write(sort, rows[-1]["_value"], rows[-1]["_key"]) if more else None,
        "total": total,
    }


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as people get it: times in Shanghai; columns that open with `_` are not for them."""
    return {name: _shown(value) for name, value in row.items() if not name.startswith("_")}


def _shown(value: Any) -> Any:
    return value.astimezone(SHANGHAI).isoformat() if isinstance(value, datetime) else value


class _Marks:
    """Cursors: where a page ended, signed, so that none but our own is ever put into a query."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"cursor" + secret.encode()).digest()

    def write(self, sort: str, value: str, key: str) -> str:
        mark = msgspec.json.encode((sort, value, key))
        return urlsafe_b64encode(self._mac(mark) + mark).decode().rstrip("=")

    def read(self, cursor: str, sort: str) -> tuple[str, str]:
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        if hmac.compare_digest(raw[:MAC], self._mac(raw[MAC:])):
            made_for, value, key = msgspec.json.decode(raw[MAC:], type=tuple[str, str, str])
            if made_for == sort:
                return value, key
        raise _bad("cursor", "翻页标记无效，请从第一页重新查询。")

    def _mac(self, mark: bytes) -> bytes:
        return hmac.digest(self._key, mark, "sha256")[:MAC]


def _bad(field: str, detail: str) -> Problem:
    return Problem(422, detail, errors=[{"field": f"query.{field}", "detail": detail}])


class Progress:
    """How far a projection has come, so that one reads what one has just written."""

    def __init__(self, pool: Any, projection: str) -> None:
        self._pool, self._projection = pool, projection
        self._position = 0
        self._moved = asyncio.Event()

    async def run(self) -> None:
        """Follows the projection's cursor until the connection is lost; the caller starts it again."""
        async with self._pool.acquire() as conn:
            await conn.add_listener("projected", self._heard)
            try:
                while True:
                    sql = "select pos from own_cursor where projection = $1"
                    self._reach(await conn.fetchval(sql, self._projection) or 0)
                    await asyncio.sleep(POLL)
            finally:
                await conn.remove_listener("projected", self._heard)

    def _heard(self, _: Any, __: int, ___: str, payload: str) -> None:
        name, _, position = payload.rpartition(":")
        if name == self._projection:
            self._reach(int(position))

    def _reach(self, position: int) -> None:
        if position != self._position:
            self._position = position
            self._moved.set()
            self._moved = asyncio.Event()

    async def reach(self, position: int) -> None:
        """Returns when the projection holds everything up to the position, or when patience ends."""
        try:
            async with asyncio.timeout(PATIENCE):
                while self._position < position:
                    await self._moved.wait()
        except TimeoutError:
            return
