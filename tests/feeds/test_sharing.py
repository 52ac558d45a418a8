"""FED-1: exactly what is agreed reaches a partner."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.model import SHAREABLE, Agreement
from services.feeds.sharing import entry, shares
from shared.contracts.activity import ActivityReported
from shared.contracts.feeds import AgreementConcluded
from tests.feeds.given import FIELDS, JIANGSU, OPERATION_TYPE, TERMS, operation, received
from tests.spec import at

JULY = at("07-10 12:00")


def agreement(**changes: Any) -> Agreement:
    return Agreement(AgreementConcluded(**{**TERMS, **changes}))


class TestShares:
    def test_an_operation_with_the_partner_s_province(self) -> None:
        """FED-1."""
        assert shares(JIANGSU, received(operation()), JULY)

    def test_not_one_with_another_province(self) -> None:
        assert not shares(JIANGSU, received(operation(province="zhejiang")), JULY)

    def test_no_other_event(self) -> None:
        """FED-1."""
        report = ActivityReported(
            season=2021,
            unit="qingpu",
            activity="a-1",
            item="1.3",
            campaign=None,
            name="联合整治",
            place="交界处",
            occurred_at=JULY,
            headcount=3,
            outcome="完成",
        )
        assert not shares(JIANGSU, received(report), JULY)

    def test_not_what_was_recorded_before_it_began(self) -> None:
        assert not shares(JIANGSU, received(operation(), at("06-30 23:59")), JULY)
        assert shares(JIANGSU, received(operation(), at("07-01 00:00")), JULY)

    @pytest.mark.parametrize("now", [at("06-30 23:59"), at("12-31 00:00")])
    def test_nothing_while_it_is_not_current(self, now: Any) -> None:
        assert not shares(JIANGSU, received(operation(), at("07-01 00:00")), now)

    def test_nothing_once_it_is_revoked(self) -> None:
        assert not shares(replace(JIANGSU, revoked="原因"), received(operation()), JULY)

    def test_nothing_without_an_agreement(self) -> None:
        assert not shares(Agreement(), received(operation()), JULY)


class TestEntry:
    def test_it_is_a_cloudevent_with_the_agreed_fields_only(self) -> None:
        assert msgspec.json.decode(entry(JIANGSU, received(operation()), 12)) == {
            "specversion": "1.0",
            "id": "00000000-0000-0000-0000-000000000007",
            "type": OPERATION_TYPE,
            "source": "/shanghai/cgzf/activity",
            "time": "2021-07-10T12:00:00+08:00",
            "datacontenttype": "application/json",
            "sequence": "0000000000000012",
            "data": {
                "name": "淀山湖联合整治",
                "province": "jiangsu",
                "authority": "昆山市综合行政执法局",
                "place": "青浦区与昆山市交界处",
                "legal_basis": "沪苏浙省际毗邻区域共同管辖执法协作机制",
                "occurred_at": "2021-07-10T09:00:00+08:00",
                "cases_found": 3,
            },
        }

    @given(st.sets(st.sampled_from(sorted(SHAREABLE[OPERATION_TYPE])), min_size=1))
    def test_whatever_is_agreed_nothing_else_is_in_it(self, agreed: set[str]) -> None:
        """FED-1."""
        secret = {name: f"secret-{name}" for name in ("name", "authority", "place", "legal_basis", "summary")}
        body = entry(agreement(fields={OPERATION_TYPE: tuple(agreed)}), received(operation(**secret)), 1)
        assert set(msgspec.json.decode(body)["data"]) == agreed
        for name, value in secret.items():
            assert (value.encode() in body) == (name in agreed)

    def test_it_is_one_line(self) -> None:
        assert b"\n" not in entry(JIANGSU, received(operation(name="第一行\n第二行")), 1)

    def test_the_order_of_fields_is_the_contract_s(self) -> None:
        backwards = agreement(fields={OPERATION_TYPE: tuple(reversed(FIELDS))})
        assert entry(backwards, received(operation()), 1) == entry(JIANGSU, received(operation()), 1)
