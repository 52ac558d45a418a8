"""Events of a year as their owners would record them, without the owners."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
from hypothesis import strategies as st

from services.scoring.intake import Record
from shared.contracts import season_file
from shared.contracts.activity import (
    ActivityReportCorrected,
    ActivityReported,
    CrossProvinceOperationConducted,
    PlanFiled,
)
from shared.contracts.inspection import VisitCorrected, VisitRecorded
from shared.contracts.registration import (
    PaperReceived,
    RegistrationCompleted,
    RegistrationStarted,
    SeasonOpened,
    ZoneChanged,
)
from shared.kernel import envelope
from shared.kernel.messages import NOBODY, SHANGHAI, Event, PersonRef, Recorded
from shared.kernel.store import partition

DOCUMENT = season_file.parse((Path(__file__).parents[2] / "seasons/2021/season.yaml").read_text())
UNITS = ("putuo", "huangpu", "zongdui")
SPRING = datetime(2021, 4, 1, 9, tzinfo=SHANGHAI)
SOMEBODY = PersonRef(person=NOBODY, record=NOBODY)
OPENED = ("season-2021", SeasonOpened(season=2021, document=DOCUMENT))

Entry = tuple[str, Event]  # stream, event


def whose(unit: str) -> dict[str, Any]:
    return {"season": 2021, "unit": unit}


def reported(unit: str, id: str, item: str = "1.1", at: datetime = SPRING, headcount: int = 12) -> Entry:
    event = ActivityReported(
        **whose(unit),
        activity=id,
        item=item,
        campaign=None,
        name="样例活动",
        place="样例点位",
        occurred_at=at,
        headcount=headcount,
        outcome="样例",
    )
    return f"activity-{id}", event


def corrected(
    unit: str, id: str, item: str = "1.1", at: datetime = SPRING, withdrawn: bool = False, headcount: int = 10
) -> Entry:
    event = ActivityReportCorrected(
        **whose(unit),
        activity=id,
        item=item,
        occurred_at=at,
        headcount=headcount,
        outcome="样例",
        reason="人数有误",
        withdrawn=withdrawn,
    )
    return f"activity-{id}", event


def operation(unit: str, id: str, at: datetime = SPRING) -> Entry:
    event = CrossProvinceOperationConducted(
        **whose(unit),
        activity=id,
        name="样例联合执法",
        province="jiangsu",
        authority="昆山市城市管理局",
        place="样例点位",
        legal_basis="样例",
        occurred_at=at,
        headcount=9,
        partner_headcount=8,
        cases_found=2,
        summary="样例",
    )
    return f"activity-{id}", event


def visited(unit: str, id: str, total: int, part: Any = "routine", at: datetime = SPRING) -> Entry:
    event = VisitRecorded(
        **whose(unit),
        visit=id,
        part=part,
        checklist=part,
        checklist_version=1,
        scores={"样例": total},
        total=total,
        occurred_at=at,
        after_the_fact=False,
        on_paper=False,
        note=None,
    )
    return f"visit-{id}", event


def visit_corrected(unit: str, id: str, total: int, part: Any = "routine", at: datetime = SPRING) -> Entry:
    event = VisitCorrected(
        **whose(unit),
        visit=id,
        part=part,
        checklist=part,
        checklist_version=1,
        scores={"样例": total},
        total=total,
        occurred_at=at,
        reason="漏计一项",
    )
    return f"visit-{id}", event


def planned(unit: str) -> Entry:
    event = PlanFiled(
        **whose(unit),
        theme="样例主题",
        goals=("样例",),
        measures=("样例",),
        timetable=("样例",),
        principal_leader=SOMEBODY,
        deputy_leader=SOMEBODY,
        leading_group=(SOMEBODY,),
        participants=(SOMEBODY,),
    )
    return f"participant-2021-{unit}", event


def paper(unit: str, n: int, late: bool) -> Entry:
    event = PaperReceived(**whose(unit), copy_number=n, copies=4, received_at=SPRING, late=late)
    return f"registration-2021-{unit}", event


def completed(unit: str, on_time: bool) -> Entry:
    return f"registration-2021-{unit}", RegistrationCompleted(**whose(unit), on_time=on_time)


def zone_changed(unit: str) -> Entry:
    changed = ZoneChanged(**whose(unit), former="here", outcome="administrative", zone="样例赛区", reason="样例")
    return f"registration-2021-{unit}", changed


def began(unit: str) -> Entry:
    return f"registration-2021-{unit}", RegistrationStarted(**whose(unit))


@dataclass
class Log:
    """Numbers events as an owner's log does."""

    pos: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    heads: dict[tuple[str, int], tuple[int, UUID]] = field(default_factory=dict)

    def append(self, stream: str, event: Event, recorded: datetime = SPRING) -> dict[str, Any]:
        """The event's row."""
        self.pos += 1
        here = (event.topic, partition(stream))
        pseq, previous = self.heads.get(here, (0, NOBODY))
        id = uuid5(NOBODY, f"{stream} {self.pos}")
        self.heads[here] = (pseq + 1, id)
        self.versions[stream] = self.versions.get(stream, 0) + 1
        return {
            "pos": self.pos,
            "id": id,
            "stream": stream,
            "version": self.versions[stream],
            "topic": event.topic,
            "partition": here[1],
            "pseq": pseq + 1,
            "previd": previous,
            "type": event.type(),
            "data": event.model_dump_json(),
            "actor": "office",
            "recorded": recorded,
            "correlation": "",
            "causation": "",
        }


def recorded(row: dict[str, Any]) -> Recorded:
    at = {name: row[name] for name in ("pos", "id", "stream", "version", "topic", "partition", "pseq", "type")}
    return Recorded(**at, data={}, actor=row["actor"], recorded=row["recorded"])


def record(row: dict[str, Any], offset: int) -> Record:
    """The row as Kafka delivers it."""
    value, headers = envelope.encode(row, "activity", 1)
    return Record(row["topic"], row["partition"], offset, 0, headers, value)


def records(entries: Iterable[Entry]) -> list[Record]:
    """The entries as Kafka delivers them, each partition in order."""
    log = Log()
    ends: dict[tuple[str, int], int] = {}
    found = []
    for stream, event in entries:
        row = log.append(stream, event)
        here = (row["topic"], row["partition"])
        found.append(record(row, ends.get(here, 0)))
        ends[here] = ends.get(here, 0) + 1
    return found


def lines(entries: Iterable[Entry]) -> dict[tuple[str, int], list[bytes]]:
    """The entries as `GET /internal/log` gives them, by topic and partition, with the chain of digests."""
    log = Log()
    found: dict[tuple[str, int], list[bytes]] = {}
    digests: dict[tuple[str, int], bytes] = {}
    for stream, event in entries:
        row = log.append(stream, event)
        here = (row["topic"], row["partition"])
        words = [str(len(stream.encode())), f"{stream}{row['version']}", str(len(row["type"])), row["type"] + "6"]
        chained = ":".join([*words, row["actor"] + row["data"]])
        digests[here] = hashlib.sha256(digests.get(here, b"") + row["id"].bytes + chained.encode()).digest()
        names = ("pseq", "pos", "id", "stream", "version", "type", "data", "actor", "recorded")
        told = {**{name: row[name] for name in names}, "d": digests[here].hex()}
        found.setdefault(here, []).append(msgspec.json.encode(told))
    return found


@st.composite
def years(draw: st.DrawFn, most: int = 40) -> list[Entry]:
    """Some entries of a year, with corrections and withdrawals, some of them before scoring counts."""
    entries: list[Entry] = [OPENED]
    for n in range(draw(st.integers(1, most))):
        entries += draw(_things(n))
    return entries


_TOTALS = st.integers(0, 100_00)
_DAYS = st.integers(-40, 200).map(lambda days: SPRING + timedelta(days=days))
_ITEMS = st.sampled_from(["1.1", "1.3", "3.2"])
_PARTS = st.sampled_from(["initial", "routine", "midyear", "final"])


@st.composite
def _things(draw: st.DrawFn, n: int) -> Sequence[Entry]:
    unit = draw(st.sampled_from((*UNITS, "elsewhere")))
    at = draw(_DAYS)
    match draw(st.integers(0, 4)):
        case 0:
            item = draw(_ITEMS)
            first = [reported(unit, f"{n}", item, at), *([operation(unit, f"{n}", at)] if item == "1.3" else [])]
            return [*first, *_then(draw, lambda gone: corrected(unit, f"{n}", item, draw(_DAYS), gone))]
        case 1:
            part = draw(_PARTS)
            again = lambda _: visit_corrected(unit, f"{n}", draw(_TOTALS), part, draw(_DAYS))  # noqa: E731
            return [visited(unit, f"{n}", draw(_TOTALS), part, at), *_then(draw, again)]
        case 2:
            return [planned(unit)]
        case 3:
            return [paper(unit, draw(st.integers(1, 4)), draw(st.booleans()))]
        case _:
            return [began(unit), completed(unit, draw(st.booleans()))]


def _then(draw: st.DrawFn, correction: Any) -> Iterator[Entry]:
    for gone in draw(st.lists(st.booleans(), max_size=2)):
        yield correction(gone)
