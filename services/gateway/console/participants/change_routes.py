"""What is done about one person on a list: 更正, 转隶, 移出."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.gateway.console.components.form import Form
from services.gateway.console.page import Here, Visit
from services.gateway.console.participants.routes import participant
from services.gateway.console.registrations.routes import UnitPath, YearPath
from services.gateway.console.season import season_of
from shared.kernel.messages import SHANGHAI
from shared.kernel.problems import Problem

router = APIRouter(prefix="/people/{season}/{unit}/{person}")

Act = Literal["correct", "transfer", "remove"]
DETAILS = ("name", "mobile", "badge", "duty")
PLACE = ("team", "affiliation")


@router.get("/{act}")
async def about(visit: Here, season: YearPath, unit: UnitPath, person: UUID, act: Act) -> Response:
    visit.only("office", "unit")
    row = await participant(visit, season, unit, person)
    values = {"on": visit.now.astimezone(SHANGHAI).date().isoformat()}
    if act == "correct":
        values |= {f"now.person.{name}": (row["details"] or {}).get(name, "") for name in DETAILS}
        values |= {f"now.{name}": row[name] or "" for name in PLACE}
    return await _show(visit, season, row, act, Form(values))


async def _show(visit: Visit, season: int, row: dict[str, Any], act: Act, form: Form, status: int = 200) -> Response:
    here = await season_of(visit, season)
    return visit.page("participants/change.html", status, season=here, row=row, act=act, form=form)


@router.post("/{act}")
async def change(visit: Here, season: YearPath, unit: UnitPath, person: UUID, act: Act) -> Response:
    visit.only("office", "unit")
    form = Form.of(await visit.form())
    body = {"season": season, "unit": unit, "participant": str(person), **_said(act, form.values)}
    try:
        done = await visit.services.post(
            "registration", f"/api/v1/registration/{act}-participant", body, form.key, form.version or None
        )
    except Problem as problem:
        row = await participant(visit, season, unit, person)
        return await _show(visit, season, row, act, form, form.refuse(problem))
    return visit.go(f"/people?season={season}&unit={unit}&at={done['position']}")


def _said(act: Act, values: Any) -> dict[str, Any]:
    """What is left empty is left out, so that the service says what it misses."""
    if act == "correct":
        now: dict[str, Any] = {name: values[f"now.{name}"] for name in PLACE if values.get(f"now.{name}")}
        given = {name: values[f"now.person.{name}"] for name in DETAILS if values.get(f"now.person.{name}")}
        return {"now": {**now, "person": given}}
    names = ("to", "on", "team", "affiliation") if act == "transfer" else ("on", "reason")
    return {name: values[name] for name in names if values.get(name)}
