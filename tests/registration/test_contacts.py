"""REG-20: who sees what of whom in the contact list."""

import pytest

from services.registration.overview.contacts import entry
from shared.kernel.messages import Actor
from shared.kernel.people import Person, masked, masked_mail, seen

SOMEBODY = Person(name="样例甲", mobile="000-0000-0001", email="first.sample@example.invalid", duty="局长")


@pytest.mark.parametrize(
    ("who", "mobile", "email"),
    [
        (Actor("office-1", "office"), "000-0000-0001", "first.sample@example.invalid"),
        (Actor("leader-1", "leader"), "000****0001", "f****@example.invalid"),
        (Actor("huangpu-1", "unit", unit="huangpu"), "000-0000-0001", "first.sample@example.invalid"),
        (Actor("xuhui-1", "unit", unit="xuhui"), None, None),
    ],
)
def test_numbers_and_addresses_are_for_whom_they_concern(who: Actor, mobile: str | None, email: str | None) -> None:
    """REG-20."""
    found = entry(who, "huangpu", "leader", None, SOMEBODY)
    assert (found.name, found.duty, found.mobile, found.email) == ("样例甲", "局长", mobile, email)


def test_an_erased_person_leaves_the_place_and_nothing_else() -> None:
    """REG-20."""
    found = entry(Actor("office-1", "office"), "huangpu", "team_leader", "样例中队", None)
    assert found.model_dump() == {
        "position": "team_leader",
        "team": "样例中队",
        "name": None,
        "duty": None,
        "mobile": None,
        "email": None,
    }


def test_what_is_masked_can_be_recognised_but_not_used() -> None:
    assert masked("13900000000") == "139****0000"
    assert masked("12345") == "****45"
    assert masked_mail("a@example.invalid") == "a****@example.invalid"
    assert masked_mail(None) is None
    details = seen(SOMEBODY, clear=False)
    assert details is not None
    assert (details["mobile"], details["email"]) == ("000****0001", "f****@example.invalid")
    assert seen(SOMEBODY, clear=True) == SOMEBODY.model_dump()
    assert seen(None, clear=True) is None
