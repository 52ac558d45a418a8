"""A scheme's lines on what the facts come to: contributions, and the boards made of them (SCO-1, SCO-2, SCO-5)."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, assert_never

import msgspec

from shared.contracts.season import Line, Scheme, SeasonDocument, Unit, points

GROUPS = {"district": "区局榜", "municipal": "市属榜"}


class Subject(NamedTuple):
    """What facts are counted by: whose, of which kind, narrowed as far as a line can narrow."""

    unit: str
    kind: str
    item: str | None
    part: str | None


class Tally(NamedTuple):
    """How many facts hold and count, and the sum of their values."""

    n: int
    total: int


class Row(msgspec.Struct, frozen=True):
    """A unit's place on a board. Points are hundredths, in sum and by scheme line."""

    rank: int
    unit: str
    name: str
    short: str
    group: str
    points: int
    lines: dict[str, int]


class Board(msgspec.Struct, frozen=True):
    id: str
    title: str
    rows: tuple[Row, ...]


def checksum(rows: Iterable[Row]) -> str:
    """SHA-256 over the canonical rows: JSON arrays in rank order, lines by id. No times, no positions."""
    canonical = [[r.rank, r.unit, r.name, r.short, r.group, r.points, sorted(r.lines.items())] for r in rows]
    return hashlib.sha256(msgspec.json.encode(canonical)).hexdigest()


def half_up(exact: Fraction) -> int:
    """SCO-3: a share is an exact fraction, rounded to hundredths once, halves upwards."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def contribution(line: Line, tally: Tally) -> int:
    """SCO-2: a line gives by its formula, at most its cap, for the facts that it draws on; in hundredths."""
    each, n = line.points, tally.n
    match line.formula:
        case "fixed":
            return each if n else 0
        case "per_event":
            return _capped(each * n, line.cap)
        case "deduction":
            return -_capped(each * n, line.cap)
        case "mean":
            return half_up(Fraction(each * tally.total, n * 100_00)) if n else 0
        case _:
            assert_never(line.formula)


def _capped(amount: int, cap: int | None) -> int:
    return amount if cap is None else min(amount, cap)


def in_words(line: Line) -> str:
    """The formula of a line as the people who are scored by it read it."""
    each = points(line.points)
    match line.formula:
        case "fixed":
            return f"有即得{each}分"
        case "per_event":
            return f"每次{each}分" + ("" if line.cap is None else f"，最高{points(line.cap)}分")
        case "deduction":
            return f"每次扣{each}分" + ("" if line.cap is None else f"，最多扣{points(line.cap)}分")
        case "mean":
            return f"按考评均分折算，满分{each}分"
        case _:
            assert_never(line.formula)


def items_of(line: Line, document: SeasonDocument) -> tuple[str, ...] | None:
    """The content items whose activities a line counts; None where it does not narrow by item."""
    if line.item is not None:
        return (line.item,)
    if line.kind == "activity" and line.area is not None:
        return tuple(item.id for item in document.items if item.area == line.area)
    return None


def tally_of(line: Line, items: tuple[str, ...] | None, of_unit: Mapping[Subject, Tally]) -> Tally:
    """What a unit's facts come to under a line: those of its kind, of its items, of its part."""
    n = total = 0
    for subject, tally in of_unit.items():
        if subject.kind != line.kind:
            continue
        if (items is None or subject.item in items) and (line.part is None or subject.part == line.part):
            n, total = n + tally.n, total + tally.total
    return Tally(n, total)


def contributions(document: SeasonDocument, tallies: Mapping[Subject, Tally]) -> dict[str, dict[str, int]]:
    """Hundredths by unit of the directory and scheme line; a unit without facts has its zeros."""
    by_unit: dict[str, dict[Subject, Tally]] = {unit.id: {} for unit in document.units}
    for subject, tally in tallies.items():
        if subject.unit in by_unit:
            by_unit[subject.unit][subject] = tally
    lines = [(line, items_of(line, document)) for line in document.scheme.lines]
    return {
        unit: {line.id: contribution(line, tally_of(line, items, of_unit)) for line, items in lines}
        for unit, of_unit in by_unit.items()
    }


def boards(document: SeasonDocument, tallies: Mapping[Subject, Tally]) -> Iterator[Board]:
    """SCO-1: the boards follow from what the facts come to and the scheme alone; every unit is on them."""
    given = contributions(document, tallies)
    every = tuple(line.id for line in document.scheme.lines)
    units = sorted(document.units, key=lambda unit: unit.order)
    yield Board("overall", "总榜", _ranked(units, every, given))
    for group, title in GROUPS.items():
        yield Board(group, title, _ranked([u for u in units if u.group == group], every, given))
    for area in document.areas:
        yield Board(f"area-{area.id}", area.short, _ranked(units, _lines_of(area.id, document.scheme), given))


def titles(document: SeasonDocument) -> dict[str, str]:
    """The boards of a season in the order people see them, by id."""
    return {"overall": "总榜", **GROUPS, **{f"area-{area.id}": area.short for area in document.areas}}


def _lines_of(area: str, scheme: Scheme) -> tuple[str, ...]:
    return tuple(line.id for line in scheme.lines if line.area == area)


def _ranked(units: Sequence[Unit], lines: tuple[str, ...], given: Mapping[str, Mapping[str, int]]) -> tuple[Row, ...]:
    """SCO-5: equal points have the same rank and the next is skipped (1, 2, 2, 4); ties stand in official order."""
    sums = {unit.id: sum(given[unit.id][line] for line in lines) for unit in units}
    rows: list[Row] = []
    for place, unit in enumerate(sorted(units, key=lambda unit: -sums[unit.id]), start=1):
        tied = bool(rows) and rows[-1].points == sums[unit.id]
        rows.append(
            Row(
                rank=rows[-1].rank if tied else place,
                unit=unit.id,
                name=unit.name,
                short=unit.short,
                group=unit.group,
                points=sums[unit.id],
                lines={line: given[unit.id][line] for line in lines},
            )
        )
    return tuple(rows)
