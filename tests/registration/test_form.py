"""What the electronic form 登记表 must say: §五(二)."""

from typing import Any

import pytest

from services.registration.model.commands import TeamForm
from tests.registration.given import CONTACT, OPENED, code, form, submitted, unit
from tests.spec import at


class TestFieldAndCategory:
    """REG-4: 厘清参赛单位、团队的参赛领域、主体类别."""

    def test_the_unit_s_field_is_from_the_season_s_list(self) -> None:
        unit.given(OPENED).when(form(field="gardening"), now=at("06-10 09:00")).refused(
            "REG-4", "本单位的“参赛领域”", "长三角一体化"
        )

    def test_so_is_its_category(self) -> None:
        unit.given(OPENED).when(form(category="company"), now=at("06-10 09:00")).refused("REG-4", "主体类别")

    @pytest.mark.parametrize("change", [{"field": "gardening"}, {"category": "company"}])
    def test_and_those_of_each_team(self, change: dict[str, Any]) -> None:
        sound = TeamForm(name="豫园中队", field="digital", category="specialised-team", size=9)
        teams = (sound, sound.model_copy(update={"name": "南京东路中队", **change}))
        unit.given(OPENED).when(form(teams=teams), now=at("06-10 09:00")).refused("REG-4", "团队“南京东路中队”")


class TestCreditCode:
    """REG-7: a unified social credit code is well formed; without one a reason is given."""

    def test_spaces_and_small_letters_are_forgiven(self) -> None:
        written = f" {code()[:8].lower()} {code()[8:].lower()} "
        unit.given(OPENED).when(form(credit_code=written), now=at("06-10 09:00"), actor=CONTACT).then(submitted())

    @pytest.mark.parametrize("wrong", ["", "1131010100000000", "AB310101YANGPAN00X", code() + "0"])
    def test_a_code_has_eighteen_places(self, wrong: str) -> None:
        unit.given(OPENED).when(form(credit_code=wrong), now=at("06-10 09:00")).refused("REG-7", "18位")

    def test_a_slip_of_the_pen_shows_in_the_check_character(self) -> None:
        last = "0" if code()[-1] != "0" else "1"
        unit.given(OPENED).when(form(credit_code=code()[:-1] + last), now=at("06-10 09:00")).refused("REG-7", "校验位")

    def test_the_region_is_one_of_the_directory_s(self) -> None:
        suzhou = form(credit_code=code("320500"))
        unit.given(OPENED).when(suzhou, now=at("06-10 09:00")).refused("REG-7", "320500")
        city = code("310000")
        unit.given(OPENED).when(form(credit_code=city), now=at("06-10 09:00"), actor=CONTACT).then(
            submitted(credit_code=city)
        )

    def test_a_body_without_a_code_says_why(self) -> None:
        unit.given(OPENED).when(form(credit_code=None), now=at("06-10 09:00")).refused("REG-7", "写明原因")
        why: dict[str, Any] = {"credit_code": None, "no_credit_code_reason": "内设机构，无独立代码"}
        unit.given(OPENED).when(form(**why), now=at("06-10 09:00"), actor=CONTACT).then(submitted(**why))

    def test_it_does_not_say_both(self) -> None:
        both = form(no_credit_code_reason="内设机构")
        unit.given(OPENED).when(both, now=at("06-10 09:00")).refused("REG-7", "清空")
