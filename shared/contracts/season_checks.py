"""What the parts of a season's document must say together.

The checks take the document as plain data (JSON), and pass over what is missing or of a wrong type: so a
faulty file shows these contradictions together with its other faults, and not only after those are mended.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from shared.contracts.season import ITEM_IDS, STAGE_IDS, hundredths, points
from shared.kernel.messages import SHANGHAI

Loc = tuple[str | int, ...]
Contradiction = tuple[Loc, str]  # where, and a Chinese sentence

_FORMULAS: dict[str, tuple[str, ...]] = {  # formulas that make sense of each kind of fact
    "registration_on_time": ("fixed",),
    "registration_complete": ("fixed",),
    "late_paper": ("deduction",),
    "plan": ("fixed",),
    "activity": ("fixed", "per_event"),
    "cross_province": ("fixed", "per_event"),
    "visit": ("mean",),
}
_PARTS = {"initial": "年初部署", "routine": "日常考核", "midyear": "中途检查", "final": "年终考核"}


def path(loc: Loc) -> str:
    """`("units", 3, "region")` → `units[4].region`: people count entries from 1."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


@dataclass(frozen=True)
class _Node:
    """A place in the data. A place that is not there has the value None."""

    value: Any
    loc: Loc = ()

    def at(self, *path: str) -> "_Node":
        node = self
        for key in path:
            inner = node.value.get(key) if isinstance(node.value, dict) else None
            node = _Node(inner, (*node.loc, key))
        return node

    def each(self) -> list["_Node"]:
        values = self.value if isinstance(self.value, list) else []
        return [_Node(value, (*self.loc, n)) for n, value in enumerate(values)]

    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    def points(self) -> int | None:
        try:
            return None if self.value is None else hundredths(self.value)
        except ValueError:
            return None

    def day(self) -> date | None:
        try:
            return date.fromisoformat(self.value) if isinstance(self.value, str) else None
        except ValueError:
            return None

    def moment(self) -> datetime | None:
        try:
            at = datetime.fromisoformat(self.value) if isinstance(self.value, str) else None
        except ValueError:
            return None
        return at if at and at.tzinfo else None


def contradictions(document: Any) -> list[Contradiction]:
    """All that contradicts itself or the notice's structure; empty when the document is sound."""
    season = _Node(document)
    found: list[Contradiction] = []
    for check in (_unique, _stages, _areas_and_items, _units, _registration, _materials, _checklists, _lines):
        found.extend(check(season))
    return found


def _ids(nodes: Iterable[_Node], key: str = "id") -> set[str]:
    return {text for node in nodes if (text := node.at(key).text()) is not None}


def _known(node: _Node, ids: set[str], complaint: str) -> Iterator[Contradiction]:
    text = node.text()
    if text is not None and text not in ids:
        yield node.loc, f"{complaint}“{text}”，请核对编号。"


def _repeats(nodes: Iterable[_Node], word: str) -> Iterator[Contradiction]:
    seen: set[str | int] = set()
    for node in nodes:
        if isinstance(node.value, str | int):
            if node.value in seen:
                yield node.loc, f"{word}“{node.value}”重复，请改正。"
            seen.add(node.value)


def _unique(season: _Node) -> Iterator[Contradiction]:
    registration, checklists = season.at("registration"), season.at("checklists")
    choices = (season.at("units"), registration.at("fields"), registration.at("categories"))
    lists = (
        *choices,
        *(season.at(key) for key in ("stages", "areas", "items")),
        checklists,
        season.at("materials"),
        *(checklist.at("entries") for checklist in checklists.each()),
        season.at("scheme", "lines"),
    )
    for each in lists:
        yield from _repeats([node.at("id") for node in each.each()], "编号")
    for each in choices:
        yield from _repeats([node.at("name") for node in each.each()], "名称")
    yield from _repeats([node.at("short") for node in season.at("units").each()], "简称")
    yield from _repeats(registration.at("reminder_working_days").each(), "提醒日")
    for outcome in ("here", "administrative"):
        yield from _repeats(registration.at("outcomes", outcome, "items").each(), "竞赛内容")


def _stages(season: _Node) -> Iterator[Contradiction]:
    """§四: the four stages, in their order; they may overlap (assessment runs through the whole year)."""
    stages = season.at("stages")
    if isinstance(stages.value, list) and [each.at("id").text() for each in stages.each()] != list(STAGE_IDS):
        yield stages.loc, f"应依次写明四个阶段：{'、'.join(STAGE_IDS)}。"
    before: date | None = None
    for stage in stages.each():
        starts, ends = stage.at("starts").day(), stage.at("ends").day()
        if starts and ends and ends < starts:
            yield stage.at("ends").loc, "末日早于首日，请核对。"
        if starts and before and starts < before:
            yield stage.at("starts").loc, "首日早于前一阶段的首日，请按先后排列。"
        if (
            starts
            and before is None
            and isinstance(season.at("season").value, int)
            and (starts.year != season.at("season").value)
        ):
            yield stage.at("starts").loc, f"第一阶段应在赛季年度{season.at('season').value}年内开始。"
        before = starts or before


def _span(season: _Node) -> tuple[datetime, datetime] | None:
    """From the first stage's start to the end of the last one's last day (exclusive)."""
    stages = season.at("stages").each()
    starts = [day for each in stages if (day := each.at("starts").day())]
    ends = [day for each in stages if (day := each.at("ends").day())]
    if not starts or not ends or max(ends) == date.max:
        return None
    last = max(ends) + timedelta(days=1)
    return datetime.combine(min(starts), time(), SHANGHAI), datetime.combine(last, time(), SHANGHAI)


def _areas_and_items(season: _Node) -> Iterator[Contradiction]:
    """§二: three areas of three items each."""
    areas, items = season.at("areas"), season.at("items")
    known, present = _ids(areas.each()), _ids(items.each())
    if isinstance(areas.value, list) and len(areas.value) != 3:
        yield areas.loc, f"§二共有三个方面，现写了{len(areas.value)}个。"
    if isinstance(items.value, list) and (absent := [id for id in ITEM_IDS if id not in present]):
        yield items.loc, f"§二共有九项竞赛内容，缺少：{'、'.join(absent)}。"
    home: dict[str, str] = {}
    for item in items.each():
        id, area = item.at("id").text(), item.at("area").text()
        yield from _known(item.at("area"), known, "areas 中没有方面")
        if id in ITEM_IDS and area is not None and home.setdefault(id[0], area) != area:
            yield item.at("area").loc, f"“{id}”应与“{id[0]}”开头的其他各项属于同一方面。"


def _units(season: _Node) -> Iterator[Contradiction]:
    for n, unit in enumerate(season.at("units").each(), start=1):
        order = unit.at("order")
        if isinstance(order.value, int) and order.value != n:
            yield order.loc, f"排序应从1起连续编号，此处应为{n}。"


def _registration(season: _Node) -> Iterator[Contradiction]:
    registration, span = season.at("registration"), _span(season)
    opens, closes = registration.at("opens_at"), registration.at("closes_at")
    opens_at, closes_at = opens.moment(), closes.moment()
    if opens_at and closes_at and opens_at >= closes_at:
        yield closes.loc, "截止时刻应晚于开放时刻。"
    for node, at in ((opens, opens_at), (closes, closes_at)):
        if at and span and not span[0] <= at <= span[1]:
            yield node.loc, "这一时刻不在各阶段的起止日期之内，请核对。"
    items = _ids(season.at("items").each())
    for outcome in ("here", "administrative"):
        for item in registration.at("outcomes", outcome, "items").each():
            yield from _known(item, items, "items 中没有竞赛内容")


def _materials(season: _Node) -> Iterator[Contradiction]:
    """MAT-1: materials are due within the season's stages."""
    span = _span(season)
    for material in season.at("materials").each():
        due = material.at("due")
        if (at := due.moment()) and span and not span[0] <= at <= span[1]:
            yield due.loc, "这一时刻不在各阶段的起止日期之内，请核对。"
        yield from _repeats(material.at("formats").each(), "文件格式")


def _checklists(season: _Node) -> Iterator[Contradiction]:
    """INS-1: each part of §四(三) has its checklist, and each checklist gives 100 points."""
    checklists = season.at("checklists")
    for checklist in checklists.each():
        most = [entry.at("most") for entry in checklist.at("entries").each()]
        for node in most:
            if (value := node.points()) is not None and value <= 0:
                yield node.loc, "满分应大于0。"
        values = [value for node in most if (value := node.points()) is not None]
        if most and len(values) == len(most) and sum(values) != 100_00:
            yield checklist.at("entries").loc, f"各项满分之和应为100.00分，现为{points(sum(values))}分。"
    parts = _ids(checklists.each(), "part")
    if isinstance(checklists.value, list):
        for part, name in _PARTS.items():
            if part not in parts:
                yield checklists.loc, f"缺少{name}（{part}）的考评表。"


def _lines(season: _Node) -> Iterator[Contradiction]:
    """SCO-2: lines name what exists, and combine kind, formula and cap in a way that means something."""
    scheme, span = season.at("scheme"), _span(season)
    start = scheme.at("counts_from").day()
    if start and span and not span[0].date() <= start < span[1].date():
        yield scheme.at("counts_from").loc, "起算日不在各阶段的起止日期之内，请核对。"
    home = {item.at("id").text(): item.at("area").text() for item in season.at("items").each()}
    known = {
        "item": (_ids(season.at("items").each()), "items 中没有竞赛内容"),
        "area": (_ids(season.at("areas").each()), "areas 中没有方面"),
        "stage": (_ids(season.at("stages").each()), "stages 中没有阶段"),
        "part": (_ids(season.at("checklists").each(), "part"), "checklists 中没有考评环节"),
    }
    for line in scheme.at("lines").each():
        for key, (ids, complaint) in known.items():
            yield from _known(line.at(key), ids, complaint)
        item, area = line.at("item").text(), line.at("area").text()
        if area and home.get(item) and area != home[item]:
            yield line.at("area").loc, f"竞赛内容“{item}”属于方面“{home[item]}”，请改正。"
        yield from _line(line)


def _line(line: _Node) -> Iterator[Contradiction]:
    kind, formula = line.at("kind").text(), line.at("formula").text()
    amount, cap = line.at("points").points(), line.at("cap").points()
    allowed = _FORMULAS.get(kind or "")
    if allowed and formula is not None and formula not in allowed:
        yield line.at("formula").loc, f"{kind} 只能用 {'、'.join(allowed)} 计分。"
    if amount is not None and amount <= 0:
        yield line.at("points").loc, "分值应大于0；扣分用 formula: deduction 表示。"
    if cap is not None and cap < 0:
        yield line.at("cap").loc, "封顶不能小于0。"
    if cap is not None and formula in ("fixed", "mean"):
        yield line.at("cap").loc, f"{formula} 不需要封顶，请删去。"
    if line.at("item").value is not None and kind in _FORMULAS and kind != "activity":
        yield line.at("item").loc, "只有 activity 计分项可以限定竞赛内容，请删去。"
    if line.at("part").value is not None and kind in _FORMULAS and kind != "visit":
        yield line.at("part").loc, "只有 visit 计分项可以限定考评环节，请删去。"
