"""Which facts events state, and which of them hold."""

from datetime import timedelta

from services.scoring.facts import Fact, facts
from tests.scoring.year import (
    SPRING,
    Entry,
    Log,
    began,
    completed,
    corrected,
    operation,
    paper,
    planned,
    recorded,
    reported,
    visit_corrected,
    visited,
    zone_changed,
)


def stated(*entries: Entry) -> list[Fact]:
    log = Log()
    return [fact for stream, event in entries for fact in facts(event, recorded(log.append(stream, event)))]


def holding(*entries: Entry) -> dict[str, Fact]:
    """By kind, what holds in the end."""
    newest: dict[str, Fact] = {}
    for fact in stated(*entries):
        if fact.key not in newest or newest[fact.key].version < fact.version:
            newest[fact.key] = fact
    return {fact.kind: fact for fact in newest.values() if not fact.withdrawn}


def test_a_reported_activity_is_a_fact_of_its_item() -> None:
    (fact,) = stated(reported("putuo", "a", "2.1", headcount=30))
    assert (fact.kind, fact.unit, fact.season, fact.item, fact.value) == ("activity", "putuo", 2021, "2.1", 1)
    assert fact.occurred_at == SPRING
    assert fact.stream == "activity-a"
    assert fact.what == "开展活动“样例活动”，地点样例点位，30人参加"


def test_sco_1_a_correction_supersedes_by_stream_version() -> None:
    """SCO-1: the same key in a higher version."""
    first, second = stated(reported("putuo", "a"), corrected("putuo", "a", at=SPRING + timedelta(days=1)))
    assert first.key == second.key
    assert (first.version, second.version) == (1, 2)
    later = holding(reported("putuo", "a"), corrected("putuo", "a", at=SPRING + timedelta(days=1)))
    assert later["activity"].occurred_at == SPRING + timedelta(days=1)


def test_sco_1_a_withdrawal_takes_the_operation_along() -> None:
    """SCO-1: retractions are tombstones."""
    both = (reported("putuo", "a", "1.3"), operation("putuo", "a"))
    assert holding(*both).keys() == {"activity", "cross_province"}
    assert holding(*both, corrected("putuo", "a", "1.3")).keys() == {"activity", "cross_province"}
    assert holding(*both, corrected("putuo", "a", "1.3", withdrawn=True)) == {}


def test_a_visit_measures_and_its_correction_replaces() -> None:
    assert holding(visited("putuo", "v", 8800, "final"))["visit"].value == 8800
    mended = holding(visited("putuo", "v", 8800, "final"), visit_corrected("putuo", "v", 9000, "final"))["visit"]
    assert (mended.value, mended.part) == (9000, "final")
    assert mended.what == "年终考核考评更正为90.00分：漏计一项"


def test_registration_counts_when_complete_and_on_time() -> None:
    assert holding(began("putuo")) == {}
    assert holding(completed("putuo", True)).keys() == {"registration_complete", "registration_on_time"}
    assert holding(completed("putuo", False)).keys() == {"registration_complete"}


def test_a_registration_whose_zone_changes_has_to_be_completed_again() -> None:
    """REG-1: the paper was printed for the former zone."""
    assert holding(completed("putuo", True), zone_changed("putuo")) == {}
    assert holding(completed("putuo", True), zone_changed("putuo"), completed("putuo", False)).keys() == {
        "registration_complete"
    }


def test_each_late_paper_copy_is_a_fact_of_its_own() -> None:
    late = [fact for fact in stated(*(paper("putuo", n, late=n > 2) for n in (1, 2, 3, 4))) if not fact.withdrawn]
    assert len({fact.key for fact in late}) == 2


def test_a_plan_filed_again_is_the_same_fact() -> None:
    assert len({fact.key for fact in stated(planned("putuo"), planned("putuo"))}) == 1


def test_sco_3_a_key_belongs_to_its_stream() -> None:
    """SCO-3: no two streams state the same fact."""
    for fact in stated(reported("putuo", "a"), visited("putuo", "a", 1), planned("putuo"), completed("putuo", True)):
        assert fact.key.startswith(f"{fact.stream}#")
