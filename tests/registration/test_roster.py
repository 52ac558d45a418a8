"""Who takes part for a unit: each person has one management affiliation (REG-5)."""

from datetime import date
from uuid import UUID

import pytest

from services.registration.model.roster import CHUNK, RosterState, claims, evolve, roster
from services.registration.model.roster_commands import (
    CorrectParticipant,
    ErasePerson,
    ListParticipants,
    Participant,
    ReceiveParticipant,
    RemoveParticipant,
    TransferParticipant,
)
from services.registration.model.season import season
from services.registration.reactions import react
from shared.contracts.people import (
    Listed,
    ParticipantCorrected,
    ParticipantLeft,
    ParticipantReceived,
    ParticipantsListed,
    ParticipantTransferred,
    PersonErased,
)
from shared.kernel.people import Badged
from tests.registration.given import CONTACT, HUANGPU, OPENED_SEASON, ref
from tests.spec import Spec, at

NOW = at("06-01 09:00")
OWN = "上海市黄浦区城市管理行政执法局"
no_season = Spec(roster)
unit = no_season.beside(season, "season-2021", OPENED_SEASON)


def participant(n: int, team: str | None = None) -> Participant:
    """Somebody whose details the kernel has sealed, as it does before a rule asks."""
    return Participant(person=Badged(name=f"样例{n}", badge=f"SH-{n:05d}", ref=ref(n)), team=team, affiliation=OWN)


def listed(n: int, team: str | None = None) -> Listed:
    return Listed(person=ref(n), team=team, affiliation=OWN)


def both() -> Spec:
    return unit.given(ParticipantsListed(**HUANGPU, people=(listed(1), listed(2))))


def test_reg_5_people_are_named_and_named_again_with_other_details() -> None:
    named = unit.when(ListParticipants(**HUANGPU, people=(participant(1), participant(2))), NOW, CONTACT)
    after = named.then(ParticipantsListed(**HUANGPU, people=(listed(1), listed(2))))
    again = after.when(ListParticipants(**HUANGPU, people=(participant(2, "外滩中队"),)), NOW, CONTACT)
    state = again.then(ParticipantsListed(**HUANGPU, people=(listed(2, "外滩中队"),))).state
    assert set(state.people) == {ref(1).person, ref(2).person}


def test_reg_5_a_long_list_is_several_events() -> None:
    outcome = unit.when(ListParticipants(**HUANGPU, people=tuple(map(participant, range(2 * CHUNK + 1)))), NOW)
    assert [len(event.people) for event in outcome.events if isinstance(event, ParticipantsListed)] == [CHUNK, CHUNK, 1]


def test_reg_5_a_list_names_nobody_twice() -> None:
    people = (participant(1), participant(2), participant(1))
    unit.when(ListParticipants(**HUANGPU, people=people), NOW).refused("REG-5", "第1人和第3人")


def test_reg_5_a_correction_keeps_the_person_or_gives_them_up_for_another() -> None:
    same = CorrectParticipant(**HUANGPU, participant=ref(1).person, now=participant(1, "外滩中队"))
    both().when(same, NOW).then(ParticipantCorrected(**HUANGPU, was=ref(1).person, now=listed(1, "外滩中队")))
    other = CorrectParticipant(**HUANGPU, participant=ref(1).person, now=participant(3))
    corrected = ParticipantCorrected(**HUANGPU, was=ref(1).person, now=listed(3))
    state = both().when(other, NOW).then(corrected).state
    assert set(state.people) == {ref(2).person, ref(3).person}
    assert [(claim.key, claim.release) for claim in claims(corrected, "")] == [
        (str(ref(1).person), True),
        (str(ref(3).person), False),
    ]
    onto = CorrectParticipant(**HUANGPU, participant=ref(1).person, now=participant(2))
    both().when(onto, NOW).refused("REG-5", "名单中另一人")


def test_reg_5_whoever_leaves_is_free_for_another_unit() -> None:
    leave = RemoveParticipant(**HUANGPU, participant=ref(1).person, on=date(2021, 6, 1), reason="moved")
    left = ParticipantLeft(**HUANGPU, person=ref(1).person, on=date(2021, 6, 1), reason="moved")
    assert ref(1).person not in both().when(leave, NOW).then(left).state.people
    assert [claim.release for claim in claims(left, "")] == [True]
    both().when(leave.model_copy(update={"on": date(2021, 6, 2)}), NOW).refused("REG-5", "不能晚于今天")
    both().when(leave.model_copy(update={"participant": ref(9).person}), NOW).refused("REG-5", "不在本单位")


def test_reg_5_a_transfer_leaves_one_list_and_reaches_the_other() -> None:
    transfer = TransferParticipant(
        **HUANGPU, participant=ref(1).person, to="xuhui", on=date(2021, 5, 31), affiliation="徐汇局"
    )
    now = Listed(person=ref(1), affiliation="徐汇局")
    transferred = ParticipantTransferred(**HUANGPU, now=now, to="xuhui", on=date(2021, 5, 31))
    after = both().when(transfer, NOW).then(transferred)
    assert set(after.state.people) == {ref(2).person}
    (follows,) = react(transferred, None)  # type: ignore[arg-type]  # only the event matters
    assert follows == ReceiveParticipant(season=2021, unit="xuhui", now=now, source="huangpu", on=date(2021, 5, 31))
    received = ParticipantReceived(season=2021, unit="xuhui", now=now, source="huangpu", on=date(2021, 5, 31))
    assert set(unit.when(follows, NOW).then(received).state.people) == {ref(1).person}

    both().when(transfer.model_copy(update={"to": "huangpu"}), NOW).refused("REG-5", "无需转隶")
    both().when(transfer.model_copy(update={"to": "nowhere"}), NOW).refused("REG-6", "名录")
    both().when(transfer.model_copy(update={"on": date(2021, 6, 2)}), NOW).refused("REG-5", "不能晚于今天")


def test_reg_5_erasure_removes_the_claim_and_happens_once() -> None:
    erase = ErasePerson(**HUANGPU, person=ref(1).person)
    erased = PersonErased(**HUANGPU, person=ref(1).person)
    after = both().when(erase, NOW).then(erased)
    assert [(claim.key, claim.release) for claim in claims(erased, "")] == [(str(ref(1).person), True)]
    assert after.when(erase, NOW).events == ()


def test_reg_6_only_units_of_the_season_name_people() -> None:
    somewhere = ListParticipants(season=2021, unit="nowhere", people=(participant(1),))
    unit.when(somewhere, NOW).refused("REG-6", "名录")
    no_season.when(ListParticipants(**HUANGPU, people=(participant(1),)), NOW).refused("SEA-2", "尚未开启")


def test_reg_5_who_has_a_badge_is_known_by_it() -> None:
    one = Badged(name="样例", badge="sh-00001", mobile="000-0000-0001")
    assert one.identity == Badged(name="样例", badge="SH-00001").identity
    assert one.identity != Badged(name="样例", mobile="000-0000-0001").identity
    with pytest.raises(ValueError, match="至少填写一项"):
        Badged(name="样例")


def test_the_state_is_what_the_events_say() -> None:
    assert roster.decider.initial == RosterState()
    assert evolve(RosterState({UUID(int=1): UUID(int=2)}), PersonErased(**HUANGPU, person=UUID(int=1))).people == {}
