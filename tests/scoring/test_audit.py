"""The audit notices whatever is done to a log."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from services.scoring.audit import Audit, BrokenChain, Position
from tests.scoring import year

PLACE = ("ligong.activity", 0)


def entries() -> list[year.Entry]:
    return [year.OPENED, *(year.reported("putuo", f"{n}") for n in range(30))]


def log() -> list[bytes]:
    lines = year.lines(entries())[PLACE]
    assert len(lines) > 2
    return lines


def take(lines: list[bytes], known: dict[tuple[str, int], Position] | None = None) -> Audit:
    audit = Audit(known or {})
    audit.take(*PLACE, lines, set())
    return audit


def altered(line: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    event = json.loads(line)
    change(event)
    return json.dumps(event, ensure_ascii=False).encode()


def test_an_untouched_log_is_taken() -> None:
    assert take(log()).position(*PLACE) == len(log())


@pytest.mark.parametrize("field", ["data", "actor", "type", "stream", "version", "id", "pseq", "d"])
def test_any_change_of_an_event_breaks_the_chain(field: str) -> None:
    def change(event: dict[str, Any]) -> None:
        match event[field]:
            case int(value):
                event[field] = value + 1
            case value if field == "id":
                event[field] = value[:-1] + ("0" if value[-1] != "0" else "1")
            case value:
                event[field] = value + "0"

    lines = log()
    lines[1] = altered(lines[1], change)
    assert json.loads(lines[1]) != json.loads(log()[1])
    with pytest.raises(BrokenChain) as broken:
        take(lines)
    assert broken.value.place == (*PLACE, 2)


def test_a_missing_event_breaks_the_chain() -> None:
    with pytest.raises(BrokenChain):
        take([line for n, line in enumerate(log()) if n != 1])


def test_a_log_rewritten_with_its_chain_does_not_lead_through_a_known_position() -> None:
    known = take(log()).positions
    rewritten = [year.reported("huangpu", f"{n}") for n in range(30)]
    lines = year.lines(rewritten)[PLACE]
    assert len(lines) == len(log())
    take(lines)
    with pytest.raises(BrokenChain):
        take(lines, known)


def test_an_event_that_could_not_be_applied_is_chained_but_not_counted() -> None:
    opened = year.lines([year.OPENED])
    everything = year.lines(entries())
    counted, skipping = Audit({}), Audit({})
    for audit, skipped in ((counted, set[Any]()), (skipping, {(*PLACE, 1)})):
        for (topic, partition), lines in {**opened, PLACE: everything[PLACE]}.items():
            audit.take(topic, partition, lines, skipped)
    assert counted.positions == skipping.positions
    assert counted.hashes() != skipping.hashes()
