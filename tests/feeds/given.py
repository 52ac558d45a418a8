"""What the feeds' specs start from: an agreement with Jiangsu, and operations that it may share."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.feeds.model import Agreement, ConcludeAgreement, RevokeAgreement, agreements
from shared.contracts.activity import CrossProvinceOperationConducted
from shared.contracts.feeds import AgreementConcluded, AgreementRevoked
from shared.kernel.bus import Received
from shared.kernel.messages import Event, Recorded
from tests.spec import Spec, at

OPERATION_TYPE = CrossProvinceOperationConducted.type()
FIELDS = ("name", "province", "authority", "place", "legal_basis", "occurred_at", "cases_found")
TERMS: dict[str, Any] = {
    "agreement": "js-2021",
    "partner": "jiangsu",
    "province": "jiangsu",
    "name": "沪苏毗邻区域执法信息共享协议",
    "purpose": "省际毗邻区域共同管辖执法协作",
    "legal_basis": "沪苏浙省际毗邻区域共同管辖执法协作机制",
    "fields": {OPERATION_TYPE: FIELDS},
    "starts_at": at("07-01 00:00"),
    "expires_at": at("12-31 00:00"),
}
CONCLUDE = ConcludeAgreement(**TERMS)
CONCLUDED = AgreementConcluded(**TERMS)
REVOKE = RevokeAgreement(agreement="js-2021", reason="对方未按目的使用")
REVOKED = AgreementRevoked(agreement="js-2021", reason="对方未按目的使用")

an_agreement = Spec(agreements)
JIANGSU = Agreement(CONCLUDED)


def operation(**changes: Any) -> CrossProvinceOperationConducted:
    complete: dict[str, Any] = {
        "season": 2021,
        "unit": "qingpu",
        "activity": "a-1",
        "name": "淀山湖联合整治",
        "province": "jiangsu",
        "authority": "昆山市综合行政执法局",
        "place": "青浦区与昆山市交界处",
        "legal_basis": "沪苏浙省际毗邻区域共同管辖执法协作机制",
        "occurred_at": at("07-10 09:00"),
        "headcount": 20,
        "partner_headcount": 15,
        "cases_found": 3,
        "summary": "内部小结",
    }
    return CrossProvinceOperationConducted(**{**complete, **changes})


def received(event: Event, recorded: datetime = at("07-10 12:00"), id: int = 7) -> Received:  # noqa: B008
    stream = "activity-1"
    known = Recorded(1, UUID(int=id), stream, 1, event.topic, 0, 1, event.type(), {}, "qingpu-1", recorded)
    return Received(event, known)
