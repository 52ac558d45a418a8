"""The boards made a second time, straight from the owners' logs (guarantee 5).

Written apart from what it checks: it shares no code with facts, scheme, builder or contracts, and reads events as
plain JSON. What must be the same are only the rules of the season's document and the canonical form of a row.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

Place = tuple[str, int, int]  # topic, partition, pseq
Counts = dict[tuple[str, str | None, str | None], tuple[int, int]]  # (kind, item, part) → number, sum of values


class BrokenChain(Exception):
    """A log is not what it was when its events were recorded. `place` is the first event that does not fit."""

    def __init__(self, place: Place) -> None:
        super().__init__(f"{place[0]}/{place[1]} at {place[2]}")
        self.place = place


class Position(NamedTuple):
    """The last event taken of a partition, and the digest of the chain up to it."""

    pseq: int
    digest: bytes


class _Says(NamedTuple):
    """What a stream last said about one thing; `counts` is False once that was taken back."""

    version: int
    season: int
    unit: str
    kind: str
    item: str | None
    part: str | None
    value: int
    happened: float
    counts: bool


class Audit:
    """Takes a log's events in order, checks the chain of digests, and knows the boards at any time.

    `known` are positions of an earlier audit: the chain must lead through them.
    """

    def __init__(self, known: Mapping[tuple[str, int], Position]) -> None:
        self._known = dict(known)
        self.positions: dict[tuple[str, int], Position] = {}
        self._said: dict[tuple[str, str], _Says] = {}
        self._documents: dict[int, tuple[int, dict[str, Any]]] = {}

    def position(self, topic: str, partition: int) -> int:
        """`pseq` of the last event taken."""
        return self.positions.get((topic, partition), Position(0, b"")).pseq

    def take(self, topic: str, partition: int, lines: Iterable[bytes], skipped: set[Place]) -> None:
        """Takes lines of `GET /internal/log`; an event at a skipped place is checked but not counted.

        Raises BrokenChain.
        """
        at = self.positions.get((topic, partition), Position(0, b""))
        known = self._known.get((topic, partition), at)
        for line in lines:
            event = json.loads(line)
            place = (topic, partition, at.pseq + 1)
            digest = _digest(at.digest, event)
            if event["pseq"] != at.pseq + 1 or event["d"] != digest.hex():
                raise BrokenChain(place)
            if known.pseq == event["pseq"] and known.digest != digest:
                raise BrokenChain(place)
            if place not in skipped:
                self._hear(event)
            at = self.positions[topic, partition] = Position(event["pseq"], digest)

    def _hear(self, event: dict[str, Any]) -> None:
        name = event["type"].removeprefix("ligong.")
        if name == "registration.season_opened.v1":
            data = json.loads(event["data"])
            if event["version"] > self._documents.get(data["season"], (0, {}))[0]:
                self._documents[data["season"]] = (event["version"], data["document"])
            return
        if name not in _READERS:
            return
        data, recorded = json.loads(event["data"]), event["recorded"]
        for thing, kind, happened, counts, more in _READERS[name](data, recorded):
            says = _Says(
                version=event["version"],
                season=data["season"],
                unit=data["unit"],
                kind=kind,
                item=more.get("item"),
                part=more.get("part"),
                value=more.get("value", 1),
                happened=datetime.fromisoformat(happened).timestamp(),
                counts=counts,
            )
            before = self._said.get((event["stream"], thing))
            if before is None or before.version < says.version:
                self._said[event["stream"], thing] = says

    def hashes(self) -> dict[tuple[int, str], str]:
        """SHA-256 of every board's canonical rows, by season and board."""
        counts: dict[int, dict[str, Counts]] = {}
        starts = {season: _start(document) for season, (_, document) in self._documents.items()}
        for says in self._said.values():
            start = starts.get(says.season)
            if start is not None and says.counts and says.happened >= start:
                of_unit = counts.setdefault(says.season, {}).setdefault(says.unit, {})
                n, total = of_unit.get((says.kind, says.item, says.part), (0, 0))
                of_unit[says.kind, says.item, says.part] = (n + 1, total + says.value)
        return {
            (season, board): _hash(rows)
            for season, (_, document) in self._documents.items()
            for board, rows in _boards(document, counts.get(season, {})).items()
        }


def _digest(previous: bytes, event: dict[str, Any]) -> bytes:
    """The digest that the log's `event_digest` gave the event when it was appended."""
    words = b""
    for word, after in ((event["stream"], f"{event['version']}:"), (event["type"], ""), (event["actor"], "")):
        raw = word.encode()
        words += f"{len(raw)}:".encode() + raw + after.encode()
    return hashlib.sha256(previous + UUID(event["id"]).bytes + words + event["data"].encode()).digest()


# What each event says: about which thing of its stream, of what kind, when it happened, whether it counts, and more.
_Said = list[tuple[str, str, str, bool, dict[str, Any]]]


def _completed(data: dict[str, Any], recorded: str) -> _Said:
    return [
        ("complete", "registration_complete", recorded, True, {}),
        ("on time", "registration_on_time", recorded, data["on_time"], {}),
    ]


def _paper(data: dict[str, Any], _: str) -> _Said:
    return [(f"paper {data['copy_number']}", "late_paper", data["received_at"], data["late"], {})]


def _plan(_: dict[str, Any], recorded: str) -> _Said:
    return [("plan", "plan", recorded, True, {})]


def _reported(data: dict[str, Any], _: str) -> _Said:
    return [("activity", "activity", data["occurred_at"], True, {"item": data["item"]})]


def _corrected(data: dict[str, Any], _: str) -> _Said:
    gone = data["withdrawn"]
    said: _Said = [("activity", "activity", data["occurred_at"], not gone, {"item": data["item"]})]
    return [*said, ("operation", "cross_province", data["occurred_at"], False, {})] if gone else said


def _operation(data: dict[str, Any], _: str) -> _Said:
    return [("operation", "cross_province", data["occurred_at"], True, {})]


def _visit(data: dict[str, Any], _: str) -> _Said:
    return [("visit", "visit", data["occurred_at"], True, {"part": data["part"], "value": data["total"]})]


_READERS = {
    "registration.registration_completed.v1": _completed,
    "registration.paper_received.v1": _paper,
    "activity.plan_filed.v1": _plan,
    "activity.activity_reported.v1": _reported,
    "activity.activity_report_corrected.v1": _corrected,
    "activity.cross_province_operation_conducted.v1": _operation,
    "inspection.visit_recorded.v1": _visit,
    "inspection.visit_corrected.v1": _visit,
}


def _start(document: dict[str, Any]) -> float:
    return datetime.fromisoformat(document["scheme"]["counts_from"] + "T00:00:00+08:00").timestamp()


def _cents(written: Any) -> int:
    return int(Decimal(str(written)) * 100)


def _given(line: dict[str, Any], items: set[str] | None, counts: Counts) -> int:
    """Hundredths that a line gives for what a unit did."""
    n = total = 0
    for (kind, item, part), (number, values) in counts.items():
        if kind == line["kind"] and (items is None or item in items) and line.get("part") in (None, part):
            n += number
            total += values
    each, cap = _cents(line["points"]), line.get("cap")
    if line["formula"] == "fixed":
        return each if n > 0 else 0
    if line["formula"] == "mean":
        whole, rest = divmod(each * total, 10000 * n) if n else (0, 0)
        return whole + (1 if n and 2 * rest >= 10000 * n else 0)
    amount = each * n if cap is None else min(each * n, _cents(cap))
    return -amount if line["formula"] == "deduction" else amount


def _items(line: dict[str, Any], document: dict[str, Any]) -> set[str] | None:
    if line.get("item"):
        return {line["item"]}
    if line["kind"] == "activity" and line.get("area"):
        return {item["id"] for item in document["items"] if item["area"] == line["area"]}
    return None


def _boards(document: dict[str, Any], counts: dict[str, Counts]) -> dict[str, list[list[Any]]]:
    """Canonical rows by board: rank, unit, name, short name, group, hundredths, and those by line."""
    lines = document["scheme"]["lines"]
    units = sorted(document["units"], key=lambda unit: unit["order"])
    given: dict[str, dict[str, int]] = defaultdict(dict)
    for line in lines:
        items = _items(line, document)
        for unit in units:
            given[unit["id"]][line["id"]] = _given(line, items, counts.get(unit["id"], {}))
    wanted = {
        "overall": (units, lines),
        "district": ([u for u in units if u["group"] == "district"], lines),
        "municipal": ([u for u in units if u["group"] == "municipal"], lines),
    }
    for area in document["areas"]:
        wanted[f"area-{area['id']}"] = (units, [line for line in lines if line.get("area") == area["id"]])
    return {board: _rows(members, {line["id"] for line in of}, given) for board, (members, of) in wanted.items()}


def _rows(units: list[dict[str, Any]], lines: set[str], given: dict[str, dict[str, int]]) -> list[list[Any]]:
    points = {unit["id"]: sum(given[unit["id"]][line] for line in lines) for unit in units}
    rows = []
    for unit in sorted(units, key=lambda unit: (-points[unit["id"]], unit["order"])):
        own = points[unit["id"]]
        rank = 1 + sum(other > own for other in points.values())
        by_line = [[line, given[unit["id"]][line]] for line in sorted(lines)]
        rows.append([rank, unit["id"], unit["name"], unit["short"], unit["group"], own, by_line])
    return rows


def _hash(rows: list[list[Any]]) -> str:
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
