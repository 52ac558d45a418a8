"""What is agreed with a partner in another province: who sees which fields of which events, why, and until when."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar, Literal, assert_never

from pydantic import Field, StringConstraints

from shared.contracts.activity import CrossProvinceOperationConducted
from shared.contracts.common import Moment, Name, Province, Text
from shared.contracts.feeds import AgreementConcluded, AgreementRevoked
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Command, Refused

ID = r"^[a-z][a-z0-9-]{1,40}$"
AgreementId = Annotated[str, StringConstraints(pattern=ID)]
PartnerId = Annotated[str, StringConstraints(pattern=ID)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=60)]

# ACT-4: nothing but cross-province operations is ever shared. `summary` is left out: it is free text, in which people
# may be named; no other field of the event is about a person.
SHAREABLE: dict[str, frozenset[str]] = {
    CrossProvinceOperationConducted.type(): frozenset(CrossProvinceOperationConducted.model_fields) - {"summary"}
}


class ConcludeAgreement(Command):
    """`fields` are lists of data fields by CloudEvents type; `expires_at` is exclusive."""

    title: ClassVar[str] = "订立共享协议"

    agreement: AgreementId = Field(title="协议编号")
    partner: PartnerId = Field(title="协作单位编号")
    province: Province = Field(title="省份")
    name: Name = Field(title="协议名称")
    purpose: Text = Field(title="共享目的")
    legal_basis: Text = Field(title="法律依据")
    fields: dict[FieldName, Annotated[tuple[FieldName, ...], Field(max_length=60)]] = Field(
        title="共享的事件和字段", max_length=20
    )
    starts_at: Moment = Field(title="生效时刻")
    expires_at: Moment = Field(title="失效时刻")


class RevokeAgreement(Command):
    title: ClassVar[str] = "撤销共享协议"

    agreement: AgreementId = Field(title="协议编号")
    reason: Text = Field(title="撤销原因")


Status = Literal["future", "current", "expired", "revoked"]
AgreementCommand = ConcludeAgreement | RevokeAgreement
AgreementEvent = AgreementConcluded | AgreementRevoked


@dataclass(frozen=True)
class Agreement:
    """`terms` never change; `revoked` is the reason once it is."""

    terms: AgreementConcluded | None = None
    revoked: str | None = None


def only_agreed_kinds(cmd: ConcludeAgreement) -> None:
    """ACT-4: only cross-province operations (item 1.3) are ever eligible for sharing (§二(一)3)."""
    unknown = sorted(set(cmd.fields) - set(SHAREABLE))
    if unknown:
        raise Refused("ACT-4", f"“{unknown[0]}”不能共享：只有跨省联合执法事件（{'、'.join(SHAREABLE)}）可以共享。")
    if not cmd.fields:
        raise Refused("FED-1", "协议未列出任何可共享的事件，请至少列出一类事件及其字段。")


def only_agreed_fields(cmd: ConcludeAgreement) -> None:
    """FED-1: default deny: each field is listed by name, and free text in which people may be named never is."""
    for kind, fields in cmd.fields.items():
        denied = [field for field in fields if field not in SHAREABLE[kind]]
        if denied:
            allowed = "、".join(sorted(SHAREABLE[kind]))
            raise Refused("FED-1", f"字段“{denied[0]}”不能共享，请从协议中删去；可共享的字段有：{allowed}。")
        if not fields:
            raise Refused("FED-1", f"“{kind}”未列出任何字段，请列出要共享的字段。")
        if len(set(fields)) < len(fields):
            raise Refused("FED-1", f"“{kind}”的字段有重复，请每个字段只列一次。")


def for_a_time(cmd: ConcludeAgreement, now: datetime) -> None:
    """FED-1: an agreement has an end, after its beginning and not past already."""
    if cmd.expires_at <= cmd.starts_at:
        raise Refused("FED-1", "失效时刻应晚于生效时刻，请核对两个时刻。")
    if cmd.expires_at <= now:
        raise Refused("FED-1", "失效时刻已过，请改为今后的时刻。")


def conclude(cmd: ConcludeAgreement, agreement: Agreement, ctx: Context) -> list[AgreementEvent]:
    """FED-3: what is agreed never changes: a changed agreement is another one, with a feed of its own."""
    if agreement.terms is not None:
        raise Refused("FED-3", f"协议编号“{cmd.agreement}”已使用；协议不能修改，请撤销原协议后用新编号另行订立。")
    only_agreed_kinds(cmd)
    only_agreed_fields(cmd)
    for_a_time(cmd, ctx.now)
    return [AgreementConcluded(**cmd.model_dump())]


def revoke(cmd: RevokeAgreement, agreement: Agreement) -> list[AgreementEvent]:
    """FED-3: the office may end an agreement at any time, once, with a reason."""
    if agreement.terms is None:
        raise Refused("FED-3", f"没有编号为“{cmd.agreement}”的协议，请核对编号。")
    if agreement.revoked is not None:
        raise Refused("FED-3", "该协议已撤销，无需重复办理。")
    return [AgreementRevoked(agreement=cmd.agreement, reason=cmd.reason)]


def standing(agreement: Agreement, now: datetime) -> Status:
    """FED-3: an agreement is current from its beginning until its end, exclusive, unless it was revoked."""
    terms = agreement.terms
    if terms is None:
        raise ValueError("not concluded")
    if agreement.revoked is not None:
        return "revoked"
    if now >= terms.expires_at:
        return "expired"
    return "current" if now >= terms.starts_at else "future"


def decide(cmd: AgreementCommand, agreement: Agreement, ctx: Context) -> list[AgreementEvent]:
    match cmd:
        case ConcludeAgreement():
            return conclude(cmd, agreement, ctx)
        case RevokeAgreement():
            return revoke(cmd, agreement)
        case _:
            assert_never(cmd)


def evolve(agreement: Agreement, event: AgreementEvent) -> Agreement:
    match event:
        case AgreementConcluded():
            return Agreement(event)
        case AgreementRevoked(reason=reason):
            return replace(agreement, revoked=reason)
        case _:
            assert_never(event)


def stream(agreement: str) -> str:
    return f"agreement-{agreement}"


agreements: Aggregate[AgreementCommand, AgreementEvent, Agreement] = Aggregate(
    kind="agreement",
    commands=(ConcludeAgreement, RevokeAgreement),
    events=(AgreementConcluded, AgreementRevoked),
    decider=Decider(Agreement(), decide, evolve),
    stream=lambda cmd, _: stream(cmd.agreement),
)
