"""One visibly synthetic example of every event, in its newest version; the golden files were made from these."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from shared.contracts import activity, feeds, inspection, materials, people, registration, season_file, templates
from shared.kernel.messages import SHANGHAI, Event, PersonRef

DOCUMENT = season_file.parse((Path(__file__).parents[2] / "seasons/2021/season.yaml").read_text())
AT = datetime(2021, 6, 1, 9, tzinfo=SHANGHAI)
DUE = datetime(2021, 6, 18, tzinfo=SHANGHAI)
ONE = PersonRef(person=UUID(int=1), record=UUID(int=11))
TWO = PersonRef(person=UUID(int=2), record=UUID(int=12))
SEASON, UNIT = 2021, "huangpu"

SAMPLES: tuple[Event, ...] = (
    registration.SeasonOpened(season=SEASON, document=DOCUMENT),
    registration.DeadlineExtendedForAll(
        season=SEASON, closes_at=DUE, reason="样例：系统维护", approver="样例批准人", units=(UNIT,)
    ),
    registration.RegistrationOpened(season=SEASON, unit=UNIT, name="黄浦区城管执法局", group="district", closes_at=DUE),
    registration.DeadlineExtended(season=SEASON, unit=UNIT, closes_at=DUE, reason="样例：机构调整"),
    registration.RegistrationStarted(season=SEASON, unit=UNIT),
    registration.RegistrationSubmitted(
        season=SEASON,
        unit=UNIT,
        outcome="here",
        zone="样例分赛区",
        credit_code=None,
        no_credit_code_reason="样例：内设机构",
        field="enforcement",
        category="bureau",
        theme="样例主题",
        teams=(registration.Team(name="样例一队", field="enforcement", category="bureau", size=12),),
        leader=ONE,
        deputy=TWO,
        contact=ONE,
    ),
    registration.RegistrationWithdrawn(season=SEASON, unit=UNIT, credit_code=None, reason="样例：填写有误"),
    registration.RegistrationAmended(
        season=SEASON,
        unit=UNIT,
        outcome="here",
        zone="样例分赛区",
        credit_code=None,
        no_credit_code_reason="样例：内设机构",
        field="enforcement",
        category="bureau",
        theme="样例主题",
        teams=(),
        leader=ONE,
        deputy=TWO,
        contact=ONE,
        unit_nature="样例机关",
        address="样例路1号",
        affiliation="样例区人民政府",
        goals="样例目标",
        opinion_unit="样例：同意",
        signed_off_by="leader",
        signed_off_on=AT.date(),
        reason="样例：名称有误",
    ),
    registration.ZoneChanged(
        season=SEASON, unit=UNIT, former="here", outcome="administrative", zone="样例赛区", reason="样例：隶属调整"
    ),
    registration.RegistrationReturned(
        season=SEASON, unit=UNIT, reasons={"theme": "样例：请写明竞赛主题"}, resubmit_before=DUE
    ),
    registration.RegistrationAccepted(season=SEASON, unit=UNIT, outcome="here", items=("1.1", "3.1")),
    registration.PaperReceived(season=SEASON, unit=UNIT, copy_number=1, copies=4, received_at=AT, late=False),
    registration.RegistrationCompleted(season=SEASON, unit=UNIT, on_time=True),
    people.ParticipantsListed(
        season=SEASON,
        unit=UNIT,
        people=(
            people.Listed(person=ONE, team="样例一队", affiliation="样例管理单位"),
            people.Listed(person=TWO, affiliation="样例管理单位"),
        ),
    ),
    people.ParticipantCorrected(
        season=SEASON, unit=UNIT, was=ONE.person, now=people.Listed(person=TWO, affiliation="样例管理单位")
    ),
    people.ParticipantLeft(season=SEASON, unit=UNIT, person=ONE.person, on=AT.date(), reason="moved"),
    people.ParticipantTransferred(
        season=SEASON, unit=UNIT, now=people.Listed(person=ONE, affiliation="样例管理单位"), to="xuhui", on=AT.date()
    ),
    people.ParticipantReceived(
        season=SEASON,
        unit="xuhui",
        now=people.Listed(person=ONE, affiliation="样例管理单位"),
        source=UNIT,
        on=AT.date(),
    ),
    people.PersonErased(season=SEASON, unit=UNIT, person=ONE.person),
    templates.TemplateReplaced(season=SEASON, sha256="a" * 64, name="样例模板.docx"),
    templates.TemplateReverted(season=SEASON),
    materials.FileUploaded(unit=UNIT, sha256="0" * 64, size=1000, kind="pdf"),
    materials.MaterialSubmitted(
        season=SEASON,
        unit=UNIT,
        material="plan",
        number=1,
        sha256="0" * 64,
        name="样例方案.pdf",
        size=1000,
        kind="pdf",
        late=False,
    ),
    materials.MaterialReturned(
        season=SEASON, unit=UNIT, material="plan", number=1, reason="样例：缺少签章", resubmit_before=DUE
    ),
    materials.MaterialAccepted(season=SEASON, unit=UNIT, material="plan", number=2),
    materials.MaterialPaperReceived(
        season=SEASON, unit=UNIT, material="plan", copies=1, received=1, required=2, received_at=AT, late=False
    ),
    activity.SeasonRulesAdopted(season=SEASON, items=DOCUMENT.items, checklists=DOCUMENT.checklists),
    activity.UnitAdmitted(season=SEASON, unit=UNIT, items=("1.1", "3.1")),
    activity.PlanFiled(
        season=SEASON,
        unit=UNIT,
        theme="样例主题",
        goals=("样例目标",),
        measures=("样例措施",),
        timetable=("样例：六月启动",),
        principal_leader=ONE,
        deputy_leader=TWO,
        leading_group=(ONE, TWO),
        participants=(TWO,),
    ),
    activity.ActivityScheduled(
        season=SEASON,
        unit=UNIT,
        activity="a1",
        item="1.1",
        campaign=None,
        name="样例活动",
        place="样例广场",
        planned_for=AT,
    ),
    activity.ActivityReported(
        season=SEASON,
        unit=UNIT,
        activity="a1",
        item="1.1",
        campaign=None,
        name="样例活动",
        place="样例广场",
        occurred_at=AT,
        headcount=30,
        outcome="样例成效",
    ),
    activity.ActivityReportCorrected(
        season=SEASON,
        unit=UNIT,
        activity="a1",
        item="1.1",
        occurred_at=AT,
        headcount=20,
        outcome="样例成效",
        reason="样例：人数有误",
        withdrawn=False,
    ),
    activity.CrossProvinceOperationConducted(
        season=SEASON,
        unit=UNIT,
        activity="a1",
        name="样例联合执法",
        province="jiangsu",
        authority="样例市城管局",
        place="样例毗邻区",
        legal_basis="样例协议",
        occurred_at=AT,
        headcount=30,
        partner_headcount=20,
        cases_found=3,
        summary="样例摘要",
    ),
    inspection.VisitRecorded(
        season=SEASON,
        unit=UNIT,
        visit="v1",
        part="routine",
        checklist="routine",
        checklist_version=1,
        scores={"a": 4000, "b": 5500},
        total=9500,
        occurred_at=AT,
        after_the_fact=True,
        on_paper=True,
        note="样例",
    ),
    inspection.VisitCorrected(
        season=SEASON,
        unit=UNIT,
        visit="v1",
        part="routine",
        checklist="routine",
        checklist_version=1,
        scores={"a": 4000, "b": 5000},
        total=9000,
        occurred_at=AT,
        reason="样例：登分有误",
    ),
    feeds.AgreementConcluded(
        agreement="js-2021",
        partner="jiangsu",
        province="jiangsu",
        name="样例协议",
        purpose="样例用途",
        legal_basis="样例依据",
        fields={"ligong.activity.cross_province_operation_conducted.v1": ("name", "place")},
        starts_at=AT,
        expires_at=DUE,
    ),
    feeds.AgreementRevoked(agreement="js-2021", reason="样例原因"),
)
