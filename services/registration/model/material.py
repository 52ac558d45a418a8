"""A material 报送资料 that a season asks of a unit (annex 1 of the notice): versions, review, copies on paper."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from services.registration.model import season as seasons
from services.registration.model import upload as uploads
from services.registration.model.dates import until
from services.registration.model.form import of_the_system
from services.registration.model.material_commands import (
    AcceptMaterial,
    MaterialCommand,
    ReceiveMaterialPaper,
    ReturnMaterial,
    SubmitMaterial,
)
from shared.contracts.materials import (
    FileUploaded,
    MaterialAccepted,
    MaterialPaperReceived,
    MaterialReturned,
    MaterialSubmitted,
)
from shared.contracts.season import FORMATS, Material, SeasonDocument
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Refused

MaterialEvent = MaterialSubmitted | MaterialReturned | MaterialAccepted | MaterialPaperReceived
Status = Literal["未报送", "待审核", "退回修改", "已接收"]


@dataclass(frozen=True)
class MaterialState:
    """`number` is of the newest version, `resubmit_before` (exclusive) of the last return, `copies` on paper."""

    status: Status = "未报送"
    number: int = 0
    sha256: str = ""
    resubmit_before: datetime | None = None
    copies: int = 0


def asked_for(cmd: MaterialCommand, season: SeasonDocument) -> Material:
    """MAT-1: a unit hands in the materials that the season asks of it, and no others (annex 1; office rule)."""
    unit = of_the_system(cmd.unit, season)
    found = next((each for each in season.materials if each.id == cmd.material), None)
    if found is None or found.units not in ("all", unit.group):
        raise Refused("MAT-1", "本赛季没有要求该单位报送这项资料，请核对资料清单。")
    return found


def of_a_format(file: FileUploaded, material: Material) -> None:
    """MAT-2: a material comes in one of the formats that the season names for it (annex 1; office rule)."""
    if file.kind not in material.formats:
        wanted = "、".join(FORMATS[each] for each in material.formats)
        raise Refused("MAT-2", f"“{material.name}”应为{wanted}格式，上传的是{FORMATS[file.kind]}；请转换后重新上传。")


def uploaded(cmd: SubmitMaterial, ctx: Context) -> FileUploaded:
    """MAT-3: only a file that has arrived whole, uploaded by or for this unit, is handed in (office rule)."""
    file = ctx.see(uploads.upload.decider, uploads.stream(cmd.unit, cmd.sha256))
    if file is None:
        raise Refused("MAT-3", "没有找到上传的文件，请先上传文件，上传成功后再报送。")
    return file


def late(at: datetime, material: Material, state: MaterialState) -> bool:
    """MAT-4: what comes after its time, or after the time set when it was returned, is taken and marked late."""
    return at >= max(material.due, state.resubmit_before or material.due)


def in_order(state: MaterialState, allowed: tuple[Status, ...], wish: str) -> None:
    """MAT-5: a material is handed in, then returned or accepted; what is accepted changes by a return (office rule)."""
    if state.status not in allowed:
        raise Refused("MAT-5", f"该项资料的状态是“{state.status}”，{'、'.join(allowed)}时才能{wish}。")


def paper(cmd: ReceiveMaterialPaper, material: Material, state: MaterialState, now: datetime) -> datetime:
    """MAT-6: paper is received for a material that is in, up to the copies asked for, also when late (office rule)."""
    received_at = cmd.received_at or now
    if material.copies == 0:
        raise Refused("MAT-6", f"“{material.name}”不需要报送纸质资料，无需签收。")
    if state.status not in ("待审核", "已接收"):
        raise Refused("MAT-6", "该单位尚未报送电子资料（或已退回修改），请待其报送后再签收纸质资料。")
    missing = material.copies - state.copies
    if missing == 0:
        raise Refused("MAT-6", f"纸质资料{material.copies}份已收齐，无需再签收。")
    if cmd.copies > missing:
        raise Refused("MAT-6", f"共需{material.copies}份，只差{missing}份，请核对本次签收的份数。")
    if received_at > now:
        raise Refused("MAT-6", "收到时间不能晚于现在，请核对。")
    return received_at


def time_to_mend(cmd: ReturnMaterial, season: SeasonDocument, now: datetime) -> None:
    """MAT-7: whoever has to hand in again is given time for it, within the season (office rule)."""
    seasons.within_the_season(cmd.resubmit_before, season)
    if cmd.resubmit_before <= now:
        raise Refused("MAT-7", f"重新报送的期限{until(cmd.resubmit_before)}已过，请改为今后的时间。")


def submit(cmd: SubmitMaterial, state: MaterialState, material: Material, ctx: Context) -> list[MaterialEvent]:
    """MAT-5: until it is accepted, a newer version takes the place of the one under review (office rule)."""
    in_order(state, ("未报送", "待审核", "退回修改"), "报送")
    file = uploaded(cmd, ctx)
    of_a_format(file, material)
    if state.status == "待审核" and file.sha256 == state.sha256:
        raise Refused("MAT-5", "这个文件已经报送，正在审核，请勿重复报送；如需修改，请上传修改后的文件。")
    return [
        MaterialSubmitted(
            season=cmd.season,
            unit=cmd.unit,
            material=cmd.material,
            number=state.number + 1,
            sha256=file.sha256,
            name=cmd.name,
            size=file.size,
            kind=file.kind,
            late=late(ctx.now, material, state),
            on_behalf=ctx.actor.role == "office",
        )
    ]


def decide(cmd: MaterialCommand, state: MaterialState, ctx: Context) -> list[MaterialEvent]:
    season = seasons.opened(ctx.see(seasons.season.decider, seasons.stream(cmd.season)), cmd.season)
    material = asked_for(cmd, season)
    what = {"season": cmd.season, "unit": cmd.unit, "material": cmd.material}
    match cmd:
        case SubmitMaterial():
            return submit(cmd, state, material, ctx)
        case ReturnMaterial():
            in_order(state, ("待审核", "已接收"), "退回")
            time_to_mend(cmd, season, ctx.now)
            return [
                MaterialReturned(**what, number=state.number, reason=cmd.reason, resubmit_before=cmd.resubmit_before)
            ]
        case AcceptMaterial():
            in_order(state, ("待审核",), "接收")
            return [MaterialAccepted(**what, number=state.number)]
        case ReceiveMaterialPaper():
            received_at = paper(cmd, material, state, ctx.now)
            return [
                MaterialPaperReceived(
                    **what,
                    copies=cmd.copies,
                    received=state.copies + cmd.copies,
                    required=material.copies,
                    received_at=received_at,
                    late=late(received_at, material, state),
                )
            ]
        case _:
            assert_never(cmd)


def evolve(state: MaterialState, event: MaterialEvent) -> MaterialState:
    match event:
        case MaterialSubmitted(number=number, sha256=sha256):
            return replace(state, status="待审核", number=number, sha256=sha256)
        case MaterialReturned(resubmit_before=before):
            # What is on paper was printed from the version that went back: it has to come again.
            return replace(state, status="退回修改", resubmit_before=before, copies=0)
        case MaterialAccepted():
            return replace(state, status="已接收")
        case MaterialPaperReceived(received=received):
            return replace(state, copies=received)
        case _:
            assert_never(event)


def stream(cmd: MaterialCommand, _: UUID) -> str:
    return f"material-{cmd.season}-{cmd.unit}-{cmd.material}"


def reads(cmd: MaterialCommand) -> tuple[str, ...]:
    season = seasons.stream(cmd.season)
    return (season, uploads.stream(cmd.unit, cmd.sha256)) if isinstance(cmd, SubmitMaterial) else (season,)


material: Aggregate[MaterialCommand, MaterialEvent, MaterialState] = Aggregate(
    kind="material",
    commands=(SubmitMaterial, ReturnMaterial, AcceptMaterial, ReceiveMaterialPaper),
    events=(MaterialSubmitted, MaterialReturned, MaterialAccepted, MaterialPaperReceived),
    decider=Decider(MaterialState(), decide, evolve),
    stream=stream,
    reads=reads,
)
