"""A season's document: the year's rules as data (`season.yaml`), each with its source.

Titles and descriptions are Chinese: the JSON Schema made of them is what an office's editor shows.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from shared.contracts.common import Group, Moment, Name, Part, Season, Text, UnitId
from shared.kernel.messages import Message

ITEM_IDS = tuple(f"{area}.{item}" for area in "123" for item in "123")  # the nine items of §二
STAGE_IDS = ("mobilisation", "implementation", "assessment", "commendation")  # §四(一)–(四)
# Fields of the registration form, as its notes name them.
FormField = Literal[
    "outcome",
    "zone",
    "credit_code",
    "no_credit_code_reason",
    "unit_nature",
    "address",
    "affiliation",
    "field",
    "category",
    "theme",
    "goals",
    "leader",
    "deputy",
    "contact",
    "teams",
    "opinion_unit",
    "opinion_superior",
    "opinion_zone",
    "signed_off_by",
    "signed_off_on",
]
_POINTS = r"(?P<sign>-?)(?P<whole>[0-9]{1,7})(\.(?P<decimals>[0-9]{1,2}))?"


def hundredths(value: Any) -> int:
    """Points are written with up to two decimals and kept as integers of hundredths (SCO-1).

    `1.5` → 150. Raises ValueError with a Chinese sentence.
    """
    written = re.fullmatch(_POINTS, str(value))
    if written is None:
        raise ValueError("应为最多两位小数的分值，例如 1.5")
    sign, whole, decimals = written.group("sign", "whole", "decimals")
    return int(f"{sign}{whole}{decimals or '':0<2}")


def points(amount: int) -> str:
    """Hundredths as people read them: `9550` → `"95.50"`."""
    sign, rest = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}{rest // 100}.{rest % 100:02d}"


# In Python an integer of hundredths; in YAML and JSON a number or string of points with two decimals.
Points = Annotated[
    int,
    BeforeValidator(hundredths),
    PlainSerializer(points, return_type=str),
    WithJsonSchema({"type": ["number", "string"], "pattern": r"^-?[0-9]{1,7}(\.[0-9]{1,2})?$"}),
]
Id = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$"),
    Field(title="编号", description="小写字母、数字、点、下划线或连字符，不超过32位；全为数字时加引号"),
]
ItemId = Annotated[
    str,
    StringConstraints(pattern=r"^[1-3]\.[1-3]$"),
    Field(title="竞赛内容编号", description="“1.1”至“3.3”，须加引号"),
]
Named = Annotated[Name, Field(title="名称")]


class Sourced(Message):
    """`source`: the notice's § where it says so, else `office` (本办规定) or `sample` (样例)."""

    source: Name = Field(
        title="依据", description="通知有规定的写条款，如“§五(二)”；本办自定的写 office；样例写 sample"
    )


class Zone(Sourced, title="赛区"):
    id: Id
    name: Named


class Stage(Sourced, title="阶段"):
    """One of the four stages 阶段 of §四; `ends` is its last day."""

    id: Literal["mobilisation", "implementation", "assessment", "commendation"] = Field(
        title="编号",
        description="mobilisation 动员部署，implementation 组织实施，assessment 考核推进，commendation 评比表彰",
    )
    name: Named
    starts: date = Field(title="首日")
    ends: date = Field(title="末日", description="含当日")


class Area(Sourced, title="竞赛内容的方面"):
    """One of the three content areas of §二 (一)–(三). `short` heads its board."""

    id: Id
    name: Named
    short: Named


class Item(Sourced, title="竞赛内容"):
    """One of the nine content items of §二 (ACT-1)."""

    id: ItemId
    area: Id = Field(title="所属方面", description="areas 中的编号")
    name: Named
    campaigns: tuple[Name, ...] = Field((), title="专项活动", description="可为空", max_length=30)


class Choice(Sourced, title="选项"):
    """An entry of a list that a form offers."""

    id: Id
    name: Named


class Unit(Sourced, title="参赛单位"):
    """An addressee of the notice, in official order (REG-6)."""

    id: UnitId = Field(title="编号", description="小写字母开头的字母或数字，2至32位")
    order: Annotated[int, Field(ge=1, le=300)] = Field(title="排序", description="从1起连续编号，按公文排列顺序")
    name: Name = Field(title="单位全称")
    short: Name = Field(title="简称")
    group: Group = Field(title="组别", description="district 区局，municipal 市属")
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] = Field(
        title="行政区划代码", description="GB/T 2260 的6位代码，须加引号"
    )
    administrative_affiliation: Name = Field(title="行政隶属")


class OutcomeRule(Sourced, title="登记方式的规则"):
    """REG-3: paper copies that complete a registration, and the items of §二 that it admits to."""

    copies: Annotated[int, Field(ge=1, le=20)] = Field(title="纸质份数")
    items: tuple[ItemId, ...] = Field(title="可参加的竞赛内容", min_length=1, max_length=9)


class Outcomes(Message, title="两种登记方式"):
    here: OutcomeRule = Field(title="在本分赛区登记")
    administrative: OutcomeRule = Field(title="在行政关系所属赛区登记、本处备案")


class Registration(Sourced, title="登记注册"):
    """REG-2: `closes_at` is exclusive: the first instant that is too late."""

    opens_at: Moment = Field(title="开放时刻", description="例如 2021-03-15T09:00:00+08:00")
    closes_at: Moment = Field(title="截止时刻", description="从这一刻起不再受理；截止到17日24时应写18日零时")
    outcomes: Outcomes = Field(title="登记方式")
    fields: tuple[Choice, ...] = Field(title="参赛领域", min_length=1, max_length=100)
    categories: tuple[Choice, ...] = Field(title="主体类别", min_length=1, max_length=100)
    reminder_working_days: tuple[Annotated[int, Field(ge=0, le=60)], ...] = Field(
        title="提醒日", description="截止前第几个工作日提醒；0为当日", max_length=20
    )
    sign_off: bool = Field(False, title="须经领导签署", description="提交前须由主要领导或分管领导签署同意")
    notes: dict[FormField, Text] = Field({}, title="填表说明", description="按登记表的栏目写，显示在该栏旁")


MaterialFormat = Literal["pdf", "docx", "xlsx", "pptx", "jpg", "png"]
FORMATS: dict[MaterialFormat, str] = {
    "pdf": "PDF",
    "docx": "Word（.docx）",
    "xlsx": "Excel（.xlsx）",
    "pptx": "PowerPoint（.pptx）",
    "jpg": "JPG图片",
    "png": "PNG图片",
}


class Material(Sourced, title="报送资料"):
    """Something that units hand in 附件1. `due` is exclusive: the first instant that is late (MAT-4)."""

    id: Id
    name: Named
    due: Moment = Field(title="报送截止时刻", description="从这一刻起算迟交；截止到30日24时应写次日零时")
    formats: tuple[MaterialFormat, ...] = Field(title="文件格式", min_length=1, max_length=6)
    copies: Annotated[int, Field(ge=0, le=20)] = Field(0, title="纸质份数", description="不需要纸质的写0")
    units: Literal["all", "district", "municipal"] = Field(
        "all", title="报送单位", description="all 全部单位，district 区局，municipal 市属"
    )


class ChecklistEntry(Message, title="考评项"):
    id: Id
    name: Named
    most: Points = Field(title="满分")


class Checklist(Sourced, title="考评表"):
    """A checklist version of one of the four parts; its entries' most add up to 100 points (INS-1)."""

    id: Id
    version: Annotated[int, Field(ge=1)] = Field(title="版本")
    part: Part = Field(
        title="考评环节", description="initial 年初部署，routine 日常考核，midyear 中途检查，final 年终考核"
    )
    name: Named
    entries: tuple[ChecklistEntry, ...] = Field(
        title="考评项", description="各项满分之和为100分", min_length=1, max_length=50
    )


Kind = Literal[
    "registration_on_time",
    "registration_complete",
    "late_paper",
    "plan",
    "activity",
    "cross_province",
    "visit",
]
Formula = Literal["fixed", "per_event", "mean", "deduction"]


class Line(Sourced, title="计分项"):
    """One line of a scheme 考核细则.

    It draws on facts of `kind` (narrowed by `item`, `part`, or for activities by `area` alone) and gives
    `fixed`: `points` once there is one; `per_event`: `points` for each, at most `cap`;
    `mean`: `points` × the mean of the facts' values (hundredths of 100);
    `deduction`: minus `points` for each, at most `cap`.
    """

    id: Id
    name: Named
    kind: Kind = Field(
        title="计分对象",
        description="registration_on_time 按时登记，registration_complete 登记完成，"
        "late_paper 纸质表迟交（每份），plan 年度计划，activity 竞赛活动，"
        "cross_province 跨省联合执法，visit 考评",
    )
    formula: Formula = Field(
        title="计分方法",
        description="fixed 有即得分，per_event 每次计分，mean 按考评均分折算，deduction 每次扣分",
    )
    points: Points = Field(title="分值", description="扣分也写正数")
    cap: Points | None = Field(None, title="封顶", description="只用于 per_event 和 deduction")
    area: Id | None = Field(None, title="所属方面")
    item: ItemId | None = Field(None, title="竞赛内容", description="只用于 activity")
    part: Part | None = Field(None, title="考评环节", description="只用于 visit")
    stage: Id | None = Field(None, title="阶段")


class Scheme(Sourced, title="考核细则"):
    """A scheme version. It counts facts that occurred from `counts_from` on."""

    version: Annotated[int, Field(ge=1)] = Field(title="版本")
    name: Named
    counts_from: date = Field(title="起算日")
    lines: tuple[Line, ...] = Field(title="计分项", min_length=1, max_length=200)


class SeasonDocument(Sourced, title="赛季文件"):
    """A season 赛季 as the office writes it."""

    season: Season = Field(title="赛季年度")
    name: Named
    notice: Name = Field(title="通知文号")
    zone: Zone = Field(title="赛区")
    stages: tuple[Stage, ...] = Field(title="四个阶段")
    areas: tuple[Area, ...] = Field(title="竞赛内容的三个方面")
    items: tuple[Item, ...] = Field(title="九项竞赛内容")
    registration: Registration = Field(title="登记注册")
    units: tuple[Unit, ...] = Field(title="参赛单位名录", min_length=1, max_length=300)
    checklists: tuple[Checklist, ...] = Field(title="考评表", max_length=40)
    scheme: Scheme = Field(title="考核细则")
    note: Text | None = Field(None, title="说明")
    materials: tuple[Material, ...] = Field((), title="报送资料", description="附件1的资料清单", max_length=50)

    def unit(self, id: str) -> Unit | None:
        return next((u for u in self.units if u.id == id), None)

    def checklist(self, id: str) -> Checklist | None:
        return next((c for c in self.checklists if c.id == id), None)
