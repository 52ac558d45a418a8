"""The live boards as they are stored, and as everybody reads them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from services.scoring.scheme import Row, titles
from services.scoring.tallies import State, Vector
from shared.contracts.season import SeasonDocument
from shared.kernel.messages import SHANGHAI

Key = tuple[int, str]  # season, board

_STORE = """
    with state as (
        insert into board (season, board, revision, updated, scheme, hash, verified)
            select b.*, 'pending' from json_to_recordset($1::json) as b(
                season int, board text, revision bigint, updated timestamptz, scheme int, hash text)
        on conflict (season, board) do update set revision = excluded.revision, updated = excluded.updated,
            scheme = excluded.scheme, hash = excluded.hash,
            verified = case when board.verified = 'unverified' or board.hash = excluded.hash then board.verified
                            else 'pending' end
        returning season, board, verified, verified_at),
    rows as (
        insert into board_row select r.* from json_to_recordset($2::json) as r(
            season int, board text, unit text, rank int, points bigint, lines json)
        on conflict (season, board, unit)
            do update set rank = excluded.rank, points = excluded.points, lines = excluded.lines),
    vector as (update standing set vector = $3::json)
    select * from state"""
_STORED = ("season", "board", "revision", "updated", "scheme", "hash")
_STORED_ROW = ("unit", "rank", "points", "lines")


class Verified(msgspec.Struct, frozen=True):
    """`at` is when the board was last found to agree three ways."""

    state: State
    at: datetime | None


class Published(msgspec.Struct, frozen=True):
    """A board as it goes to Kafka and to whoever asks for it; `revision` grows with whatever is shown.

    `vector` says up to which events it stands ("topic/partition": pseq); `pending` counts events that could not be
    applied and those waiting behind them.
    """

    season: int
    board: str
    title: str
    season_name: str
    revision: int
    updated: datetime
    scheme: int
    vector: Vector
    verified: Verified
    pending: int
    hash: str
    rows: tuple[Row, ...]


class Head(msgspec.Struct, frozen=True):
    """What is stored of a board beside its rows."""

    season: int
    board: str
    revision: int
    updated: datetime
    scheme: int
    hash: str
    verified: State
    verified_at: datetime | None

    def published(self, document: SeasonDocument, rows: tuple[Row, ...], vector: Vector, pending: int) -> Published:
        return Published(
            season=self.season,
            board=self.board,
            title=titles(document)[self.board],
            season_name=document.name,
            revision=self.revision,
            updated=self.updated,
            scheme=self.scheme,
            vector=vector,
            verified=Verified(self.verified, self.verified_at),
            pending=pending,
            hash=self.hash,
            rows=rows,
        )


class Stored(NamedTuple):
    """All stored boards, and where in the owners' logs they stand."""

    heads: dict[Key, Head]
    rows: dict[Key, tuple[Row, ...]]
    vector: Vector


async def store(conn: Any, changed: Iterable[tuple[Head, Iterable[Row]]], vector: Vector) -> list[Head]:
    """Stores boards with the rows of theirs that changed, and where all boards now stand, in one statement.

    Gives the heads back with the state they now have: a board found unverified stays so until a verification
    agrees; any other whose rows changed is pending until the next one.
    """
    changed = list(changed)
    given = {(head.season, head.board): head for head, _ in changed}
    heads = [{name: getattr(head, name) for name in _STORED} for head in given.values()]
    rows = [
        {"season": head.season, "board": head.board, **{name: getattr(row, name) for name in _STORED_ROW}}
        for head, of_board in changed
        for row in of_board
    ]
    states = await conn.fetch(_STORE, *(msgspec.json.encode(each).decode() for each in (heads, rows, vector)))
    return [
        replace(given[r["season"], r["board"]], verified=r["verified"], verified_at=in_shanghai(r["verified_at"]))
        for r in states
    ]


async def clear(conn: Any, keep: Iterable[Key]) -> None:
    """Takes away all rows, and the boards that are not kept."""
    kept = list(keep)
    await conn.execute("delete from board_row")
    await conn.execute(
        "delete from board where (season, board) not in (select * from unnest($1::int[], $2::text[]))",
        [season for season, _ in kept],
        [board for _, board in kept],
    )


async def store_vector(conn: Any, vector: Vector) -> None:
    await conn.execute("update standing set vector = $1::json", msgspec.json.encode(vector).decode())


async def read(conn: Any, documents: Mapping[int, SeasonDocument]) -> Stored:
    """Everything that is stored; within one snapshot if the caller has one."""
    rows = await conn.fetch("select * from board_row")
    return Stored(await read_heads(conn), _by_board(rows, documents), await read_vector(conn))


async def read_heads(conn: Any) -> dict[Key, Head]:
    return {(row["season"], row["board"]): _head(row) for row in await conn.fetch("select * from board")}


async def read_vector(conn: Any) -> Vector:
    return msgspec.json.decode(await conn.fetchval("select vector::text from standing"), type=Vector)


async def read_one(conn: Any, document: SeasonDocument, board: str) -> tuple[Head, tuple[Row, ...], Vector] | None:
    """One board; None when it is not there."""
    head = await conn.fetchrow("select * from board where season = $1 and board = $2", document.season, board)
    if head is None:
        return None
    rows = await conn.fetch("select * from board_row where season = $1 and board = $2", document.season, board)
    here = _by_board(rows, {document.season: document}).get((document.season, board), ())
    return _head(head), here, await read_vector(conn)


def in_shanghai(at: datetime | None) -> datetime | None:
    return at and at.astimezone(SHANGHAI)


def _head(row: Any) -> Head:
    return Head(
        season=row["season"],
        board=row["board"],
        revision=row["revision"],
        updated=row["updated"].astimezone(SHANGHAI),
        scheme=row["scheme"],
        hash=row["hash"],
        verified=row["verified"],
        verified_at=in_shanghai(row["verified_at"]),
    )


def _by_board(rows: Iterable[Any], documents: Mapping[int, SeasonDocument]) -> dict[Key, tuple[Row, ...]]:
    """Rows in rank order, ties in official order; a unit that the directory does not know has no name."""
    directory = {(season, unit.id): unit for season, document in documents.items() for unit in document.units}
    boards: dict[Key, list[tuple[int, int, Row]]] = {}
    for row in rows:
        unit = directory.get((row["season"], row["unit"]))
        found = Row(
            rank=row["rank"],
            unit=row["unit"],
            name=unit.name if unit else "",
            short=unit.short if unit else "",
            group=unit.group if unit else "",
            points=row["points"],
            lines=msgspec.json.decode(row["lines"]),
        )
        boards.setdefault((row["season"], row["board"]), []).append((found.rank, unit.order if unit else 0, found))
    return {key: tuple(row for _, _, row in sorted(of, key=lambda at: at[:2])) for key, of in boards.items()}
