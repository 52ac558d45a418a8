"""Whatever is asked, in whatever order: what the log says again is what was decided on."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.activity.model.activity import CorrectReport, ReportActivity
from services.activity.model.visit import CorrectVisit
from shared.contracts.activity import ActivityReportCorrected, ActivityReported, CrossProvinceOperationConducted
from shared.contracts.inspection import VisitCorrected, VisitRecorded
from tests.activity.given import (
    ACTIVITY,
    HUANGPU,
    OPERATION,
    OUTCOME,
    SCHEDULE,
    VISIT,
    a_visit,
    an_activity,
    scores,
    sheet,
)
from tests.spec import Spec, at

moments = st.integers(0, 24 * 30).map(lambda h: at("07-01 00:00") + timedelta(hours=h))
schedules: st.SearchStrategy[Any] = st.sampled_from(
    [SCHEDULE, *(SCHEDULE.model_copy(update={"item": i, "campaign": None}) for i in ("1.3", "2.2", "9.9"))]
)
reports: st.SearchStrategy[Any] = st.builds(
    lambda occurred_at, operation: ReportActivity(
        **{**HUANGPU, "activity": ACTIVITY, **OUTCOME, "occurred_at": occurred_at, "cross_province": operation}
    ),
    moments,
    st.sampled_from([None, OPERATION]),
)
corrections: st.SearchStrategy[Any] = st.builds(
    lambda occurred_at, headcount, withdrawn: CorrectReport(
        **HUANGPU,
        activity=ACTIVITY,
        occurred_at=occurred_at,
        headcount=headcount,
        withdrawn=withdrawn,
        reason="更正",
    ),
    st.none() | moments,
    st.none() | st.integers(1, 500),
    st.booleans(),
)
visits: st.SearchStrategy[Any] = st.builds(lambda occurred_at: sheet(occurred_at=occurred_at), moments)
visit_corrections: st.SearchStrategy[Any] = st.builds(
    lambda ledger, occurred_at: CorrectVisit(
        **HUANGPU, visit=VISIT, scores=scores(ledger=str(ledger)), occurred_at=occurred_at, reason="更正"
    ),
    st.integers(0, 20),
    st.none() | moments,
)


def histories(*commands: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.tuples(st.one_of(*commands), moments), max_size=20)


def play(spec: Spec, history: list[Any]) -> tuple[list[Any], Any]:
    """The log and the state that its deciding left, each command at its moment."""
    log: list[Any] = []
    decider = spec.aggregate.decider
    state = decider.initial
    for command, now in sorted(history, key=lambda step: step[1]):
        for event in spec.given(*log).when(command, now=now).events:
            state = decider.evolve(state, event)
            log.append(event)
    return log, state


@pytest.mark.parametrize(
    ("spec", "steps"),
    [(an_activity, histories(schedules, reports, corrections)), (a_visit, histories(visits, visit_corrections))],
)
@given(data=st.data())
def test_replaying_the_log_gives_the_state(
    spec: Spec, steps: st.SearchStrategy[list[Any]], data: st.DataObject
) -> None:
    log, state = play(spec, data.draw(steps))
    stored = [(type(event), event.model_dump_json()) for event in log]
    assert spec.aggregate.decider.fold(kind.model_validate_json(text) for kind, text in stored) == state


@given(histories(schedules, reports, corrections))
def test_what_stands_is_the_last_report_and_a_withdrawal_ends_it(history: list[Any]) -> None:
    log, state = play(an_activity, history)
    reported = [event for event in log if isinstance(event, ActivityReported | ActivityReportCorrected)]
    assert state.report == (reported[-1] if reported else None)
    assert sum(isinstance(event, ActivityReported) for event in log) <= 1
    withdrawn = [
        n for n, event in enumerate(reported) if isinstance(event, ActivityReportCorrected) and event.withdrawn
    ]
    assert withdrawn in ([], [len(reported) - 1])
    for event in log:
        if isinstance(event, CrossProvinceOperationConducted):
            assert reported[0].item == "1.3"


@given(histories(visits, visit_corrections))
def test_a_visit_s_total_is_the_sum_of_its_scores(history: list[Any]) -> None:
    log, state = play(a_visit, history)
    assert [type(event) for event in log] == [VisitRecorded, VisitCorrected][:1] * bool(log) + [VisitCorrected] * (
        len(log) - 1
    )
    for event in log:
        assert event.total == sum(event.scores.values()) <= 100_00
    assert state.sheet == (log[-1] if log else None)
