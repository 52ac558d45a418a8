"""SCO-1: whatever comes twice, late or out of order, the boards are the same."""

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.audit import Audit
from services.scoring.facts import Fact
from services.scoring.intake import Intake, Record
from services.scoring.scheme import checksum
from shared.contracts import catalogue
from tests.scoring import folding, year
from tests.scoring.year import DOCUMENT, Entry


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Record], list[list[Record]]]:
    """What the owners sent, and batches as they may arrive: partitions interleaved, records repeated and reordered.

    At the end everything missing is sent again in order, as an owner does that is asked for it.
    """
    sent = year.records(draw(year.years()))
    noise = draw(st.lists(st.sampled_from(sent), max_size=2 * len(sent)))
    shuffled = draw(st.permutations([*sent, *noise]))
    return sent, list(_batches(draw, [*shuffled, *sent]))


def _batches(draw: st.DrawFn, arriving: Sequence[Record]) -> Iterator[list[Record]]:
    start = 0
    while start < len(arriving):
        size = draw(st.integers(1, 20))
        yield list(arriving[start : start + size])
        start += size


def facts_of(batches: Sequence[Sequence[Record]]) -> tuple[list[Fact], Any]:
    """What the intake would write, batch by batch, and its cursors."""
    intake = Intake(None, catalogue.read)
    found: list[Fact] = []
    for batch in batches:
        outcome = intake.judge(batch)
        assert not outcome.forks
        assert not outcome.buried
        found += outcome.facts
        intake.cursors.update(outcome.cursors)
    return found, {part: cursor.pseq for part, cursor in intake.cursors.items()}


def checksums(facts: Sequence[Fact]) -> dict[str, str]:
    return {board: checksum(rows) for board, rows in folding.rows(facts, DOCUMENT).items()}


@given(deliveries())
@settings(max_examples=150, deadline=None)
def test_sco_1_any_delivery_gives_the_same_boards(given: tuple[list[Record], list[list[Record]]]) -> None:
    """SCO-1: interleaved, repeated, reordered: the same facts, each once, and the same checksums."""
    sent, batches = given
    plain, heads = facts_of([sent])
    arrived, cursors = facts_of(batches)
    assert cursors == heads
    assert sorted(arrived, key=lambda f: (f.key, f.version)) == sorted(plain, key=lambda f: (f.key, f.version))
    assert checksums(arrived) == checksums(plain)


@given(year.years().flatmap(lambda entries: st.tuples(st.just(entries), st.randoms(use_true_random=False))))
@settings(max_examples=150, deadline=None)
def test_sco_1_the_audit_and_the_scheme_agree(given: tuple[list[Entry], Any]) -> None:
    """SCO-1: two folds written apart give the same checksums, whatever order the partitions are read in."""
    entries, random = given
    facts, _ = facts_of([year.records(entries)])
    lines = year.lines(entries)
    audit = Audit({})
    for topic, partition in random.sample(sorted(lines), len(lines)):
        audit.take(topic, partition, lines[topic, partition], set())
    assert {board: sum for (_, board), sum in audit.hashes().items()} == checksums(facts)
