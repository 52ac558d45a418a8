"""FED-1, FED-3, ACT-4: what may be agreed, and that it ends."""

from typing import Any

import pytest

from services.feeds.model import SHAREABLE, ConcludeAgreement, standing
from shared.contracts import catalogue
from shared.kernel.messages import PersonRef
from tests.feeds.given import CONCLUDE, CONCLUDED, JIANGSU, OPERATION_TYPE, REVOKE, REVOKED, TERMS, an_agreement
from tests.spec import at

JULY = at("07-01 00:00")


def conclude(**changes: Any) -> ConcludeAgreement:
    return ConcludeAgreement(**{**TERMS, **changes})


class TestConclude:
    def test_the_office_concludes_an_agreement(self) -> None:
        an_agreement.when(CONCLUDE, now=at("06-20 09:00")).then(CONCLUDED)

    def test_only_cross_province_operations_can_be_shared(self) -> None:
        kinds = {OPERATION_TYPE: ("name",), "ligong.activity.activity_reported.v1": ("name",)}
        an_agreement.when(conclude(fields=kinds), now=JULY).refused("ACT-4", "activity_reported", "不能共享")

    def test_nor_another_version_of_them(self) -> None:
        kinds = {OPERATION_TYPE.replace(".v1", ".v2"): ("name",)}
        an_agreement.when(conclude(fields=kinds), now=JULY).refused("ACT-4")

    @pytest.mark.parametrize("field", ["summary", "metadata", "contact", "unit "])
    def test_free_text_and_unknown_fields_cannot_be_shared(self, field: str) -> None:
        an_agreement.when(conclude(fields={OPERATION_TYPE: ("name", field)}), now=JULY).refused("FED-1", "可共享的字段")

    @pytest.mark.parametrize("fields", [{}, {OPERATION_TYPE: ()}, {OPERATION_TYPE: ("name", "name")}])
    def test_it_lists_at_least_one_field_and_each_once(self, fields: Any) -> None:
        an_agreement.when(conclude(fields=fields), now=JULY).refused("FED-1")

    def test_it_ends_after_it_begins(self) -> None:
        an_agreement.when(conclude(expires_at=JULY), now=at("06-20 09:00")).refused("FED-1", "晚于生效时刻")

    def test_it_is_not_over_before_it_is_concluded(self) -> None:
        an_agreement.when(CONCLUDE, now=at("12-31 00:00")).refused("FED-1", "已过")
        an_agreement.when(CONCLUDE, now=at("12-30 23:59")).then(CONCLUDED)

    @pytest.mark.parametrize("past", [(CONCLUDED,), (CONCLUDED, REVOKED)])
    def test_what_is_agreed_never_changes(self, past: tuple[Any, ...]) -> None:
        changed = conclude(fields={OPERATION_TYPE: ("name", "headcount")})
        an_agreement.given(*past).when(changed, now=JULY).refused("FED-3", "新编号")


class TestRevoke:
    def test_the_office_revokes_it_once(self) -> None:
        an_agreement.given(CONCLUDED).when(REVOKE, now=at("08-01 09:00")).then(REVOKED)
        an_agreement.given(CONCLUDED, REVOKED).when(REVOKE, now=at("08-01 09:00")).refused("FED-3", "无需重复")

    def test_there_must_be_one(self) -> None:
        an_agreement.when(REVOKE, now=at("08-01 09:00")).refused("FED-3", "没有编号")


class TestStanding:
    def test_it_is_current_from_its_beginning_until_its_end(self) -> None:
        assert standing(JIANGSU, at("06-30 23:59")) == "future"
        assert standing(JIANGSU, JULY) == "current"
        assert standing(JIANGSU, at("12-30 23:59")) == "current"
        assert standing(JIANGSU, at("12-31 00:00")) == "expired"

    def test_revoked_it_is_over_at_once(self) -> None:
        revoked = an_agreement.given(CONCLUDED, REVOKED).state
        assert standing(revoked, JULY) == "revoked"


def test_nothing_shareable_is_about_a_person() -> None:
    for kind, fields in SHAREABLE.items():
        contract = catalogue.BY_TYPE[kind]
        assert fields < set(contract.model_fields)
        for name in fields:
            annotation = contract.model_fields[name].annotation
            assert annotation is not PersonRef
            assert "PersonRef" not in str(annotation)
