"""Whatever is asked, in whatever order: what the log says again is what was decided on."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.registration.model.commands import (
    AcceptRegistration,
    ChangeZone,
    ExtendDeadline,
    OpenRegistration,
    ReceivePaper,
    RegistrationCommand,
    ReturnRegistration,
    StartRegistration,
    WithdrawRegistration,
)
from services.registration.model.registration import registration
from services.registration.model.state import RegistrationEvent, RegistrationState
from shared.contracts.registration import (
    PaperReceived,
    RegistrationAccepted,
    RegistrationCompleted,
    RegistrationReturned,
    RegistrationSubmitted,
    RegistrationWithdrawn,
    ZoneChanged,
)
from tests.registration.given import HUANGPU, code, form, unit
from tests.spec import at

OPENING = at("05-24 09:00")
hours = st.integers(0, 24 * 40)
moments = hours.map(lambda h: OPENING + timedelta(hours=h))
commands: st.SearchStrategy[RegistrationCommand] = st.one_of(
    st.just(OpenRegistration(**HUANGPU)),
    st.just(StartRegistration(**HUANGPU)),
    st.sampled_from(
        [form(), form(credit_code=code("310000")), form(outcome="administrative", zone="黄浦分赛区"), form(field="x")]
    ),
    st.builds(
        ReturnRegistration,
        season=st.just(2021),
        unit=st.just("huangpu"),
        reasons=st.sampled_from([{"联系人": "手机号有误"}, {"身份证号": "未填"}]),
        resubmit_before=moments,
    ),
    st.just(AcceptRegistration(**HUANGPU)),
    st.just(WithdrawRegistration(**HUANGPU, reason="单位来函")),
    st.sampled_from(
        [
            ChangeZone(**HUANGPU, outcome="here", reason="改回"),
            ChangeZone(**HUANGPU, outcome="administrative", zone="黄浦分赛区", reason="隶属关系调整"),
        ]
    ),
    st.builds(
        ReceivePaper,
        season=st.just(2021),
        unit=st.just("huangpu"),
        copies=st.integers(1, 4),
        received_at=st.none() | moments,
    ),
    st.builds(
        ExtendDeadline,
        season=st.just(2021),
        unit=st.just("huangpu"),
        closes_at=moments,
        reason=st.just("系统合并"),
    ),
)
# Mostly the way a registration goes, so that random steps are taken from everywhere along it.
usual: list[Any] = [
    OpenRegistration(**HUANGPU), form(), AcceptRegistration(**HUANGPU), ReceivePaper(**HUANGPU, copies=4)
]  # fmt: skip
histories = st.lists(st.tuples(commands | st.sampled_from(usual), st.integers(0, 48)), max_size=25)


def play(history: list[tuple[RegistrationCommand, int]]) -> tuple[list[RegistrationEvent], RegistrationState]:
    now, state, log = OPENING, RegistrationState(), list[RegistrationEvent]()
    for command, wait in history:
        now += timedelta(hours=wait)
        happened = unit.given(*log).when(command, now=now).events
        for event in happened:
            assert isinstance(event, RegistrationEvent)
            state = registration.decider.evolve(state, event)
            log.append(event)
    return log, state


@given(histories)
def test_replaying_the_log_gives_the_state(history: list[tuple[RegistrationCommand, int]]) -> None:
    events, state = play(history)
    stored = [(type(event), event.model_dump_json()) for event in events]
    assert registration.decider.fold(kind.model_validate_json(data) for kind, data in stored) == state


@given(histories)
def test_a_registration_is_complete_just_when_it_is_accepted_and_its_paper_is_here(
    history: list[tuple[RegistrationCommand, int]],
) -> None:
    events, state = play(history)
    form_at_hand: list[RegistrationEvent] = []
    for event in events:
        # Of a form that went back, or for the former zone, no paper counts; an accepted change is accepted anew.
        anew = isinstance(event, RegistrationReturned | RegistrationWithdrawn | ZoneChanged)
        form_at_hand = [] if anew else [*form_at_hand, event]
    papers = [event for event in form_at_hand if isinstance(event, PaperReceived)]
    accepted = any(isinstance(event, RegistrationAccepted) for event in form_at_hand)
    complete = [event for event in form_at_hand if isinstance(event, RegistrationCompleted)]
    assert bool(complete) == (state.status == "已完成")
    assert bool(complete) == (accepted and bool(papers) and len(papers) == papers[0].copies)
    assert [event.on_time for event in complete] == [not any(p.late for p in papers)] * len(complete)


@given(histories)
def test_one_form_at_most_is_in_at_any_time(history: list[tuple[RegistrationCommand, int]]) -> None:
    events, _ = play(history)
    forms = [
        event
        for event in events
        if isinstance(event, RegistrationSubmitted | RegistrationReturned | RegistrationWithdrawn)
    ]
    handed_in = [isinstance(event, RegistrationSubmitted) for event in forms]
    assert handed_in == [n % 2 == 0 for n in range(len(forms))]


def test_the_usual_way_leads_to_the_end() -> None:
    """Without this the properties could hold of histories that go nowhere."""
    noon: datetime = at("06-01 12:00")
    spec = unit
    for command in usual:
        spec = spec.when(command, now=noon).happens()
    assert spec.state.status == "已完成"
