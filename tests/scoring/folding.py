"""The tallies of facts, folded the plain way: what PostgreSQL's counting is held against."""

from collections.abc import Iterable
from datetime import datetime, time

from services.scoring.facts import Fact
from services.scoring.scheme import Row, Subject, Tally, boards
from shared.contracts.season import SeasonDocument
from shared.kernel.messages import SHANGHAI


def tallies(facts: Iterable[Fact], document: SeasonDocument) -> dict[Subject, Tally]:
    newest: dict[str, Fact] = {}
    for fact in facts:
        if fact.key not in newest or newest[fact.key].version < fact.version:
            newest[fact.key] = fact
    start = datetime.combine(document.scheme.counts_from, time(), SHANGHAI)
    found: dict[Subject, Tally] = {}
    for fact in newest.values():
        if not fact.withdrawn and fact.occurred_at >= start:
            subject = Subject(fact.unit, fact.kind, fact.item, fact.part)
            before = found.get(subject, Tally(0, 0))
            found[subject] = Tally(before.n + 1, before.total + fact.value)
    return found


def rows(facts: Iterable[Fact], document: SeasonDocument) -> dict[str, tuple[Row, ...]]:
    """Every board's rows."""
    return {board.id: board.rows for board in boards(document, tallies(facts, document))}
