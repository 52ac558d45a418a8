"""What the registration specs start from: the season of 2021, and a form that is in order."""

from pathlib import Path
from typing import Any
from uuid import UUID

from stdnum.cn import uscc

from services.registration.model.commands import SubmitRegistration, TeamForm
from services.registration.model.registration import registration
from services.registration.model.season import season
from shared.contracts.common import PersonRef
from shared.contracts.registration import (
    RegistrationAccepted,
    RegistrationOpened,
    RegistrationSubmitted,
    SeasonOpened,
    Team,
)
from shared.contracts.season_file import parse
from shared.kernel.messages import Actor
from shared.kernel.people import Person
from tests.spec import Spec, at

SEASON_FILE = Path(__file__).parents[2] / "seasons/2021/season.yaml"
DOCUMENT = parse(SEASON_FILE.read_text(encoding="utf-8"))
OPENED_SEASON = SeasonOpened(season=2021, document=DOCUMENT)
HUANGPU: Any = {"season": 2021, "unit": "huangpu"}
CONTACT = Actor("huangpu-1", "unit", unit="huangpu")


def code(region: str = "310101", body: str = "YANGPAN00") -> str:
    """A credit code valid in form (GB 32100) of a body that does not exist: 样板."""
    start = f"11{region}{body}"
    check: str = uscc.calc_check_digit(start)
    return start + check


def ref(n: int) -> PersonRef:
    return PersonRef(person=UUID(int=n), record=UUID(int=1000 + n))


def person(n: int) -> Person:
    """Somebody whose details the kernel has sealed, as it does before a rule asks."""
    return Person(name=f"样例{n}", mobile=f"000-0000-{n:04d}", ref=ref(n))


def form(**changes: Any) -> SubmitRegistration:
    complete: dict[str, Any] = {
        **HUANGPU,
        "outcome": "here",
        "credit_code": code(),
        "field": "major-events",
        "category": "district-bureau",
        "theme": "建功十四五，奋进新征程",
        "teams": (TeamForm(name="外滩中队", field="digital", category="specialised-team", size=12),),
        "leader": person(1),
        "deputy": person(2),
        "contact": person(3),
    }
    return SubmitRegistration(**{**complete, **changes})


def submitted(**changes: Any) -> RegistrationSubmitted:
    complete: dict[str, Any] = {
        **HUANGPU,
        "outcome": "here",
        "zone": "城市管理行政执法分赛区",
        "credit_code": code(),
        "no_credit_code_reason": None,
        "field": "major-events",
        "category": "district-bureau",
        "theme": "建功十四五，奋进新征程",
        "teams": (Team(name="外滩中队", field="digital", category="specialised-team", size=12),),
        "leader": ref(1),
        "deputy": ref(2),
        "contact": ref(3),
    }
    return RegistrationSubmitted(**{**complete, **changes})


OPENED = RegistrationOpened(
    **HUANGPU, name="上海市黄浦区城市管理行政执法局", group="district", closes_at=at("06-18 00:00")
)
ACCEPTED = RegistrationAccepted(
    **HUANGPU, outcome="here", items=("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3")
)

no_season = Spec(registration)
unit = no_season.beside(season, "season-2021", OPENED_SEASON)
