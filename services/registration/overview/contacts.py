"""The contact list 通讯录 (notice, annex 4): whom the submitted forms name, as far as the asker may see them."""

from typing import Any

from fastapi import Request

from services.registration.overview.views import ContactEntry, Position
from services.registration.projections import form_of
from shared.contracts.registration import RegistrationSubmitted
from shared.kernel.messages import Actor, PersonRef
from shared.kernel.people import Person, masked, masked_mail
from shared.kernel.queries import Filter, Listing, Order, Searchable, page

LIST = Listing(
    'unit, name, short, unit_group as "group", official_order as "order"',
    "registration",
    "unit",
    {"order": Order("official_order", "int")},
    "order",
)


async def listed(request: Request, who: Actor, query: Searchable, season: int, group: str | None) -> dict[str, Any]:
    """A page of units that have handed in a form, each with the people it names."""
    where = Filter()
    where.also("season = {} and form is not null", season)
    if group:
        where.also("unit_group = {}", group)
    if query.q:
        where.contains(query.q, "name", "short", "unit")
    found = await page(request, LIST, where, query)
    forms = await _forms(request, season, [row["unit"] for row in found["items"]])
    vault = request.app.state.runtime.vault
    people = await vault.many([ref for form in forms.values() for _, _, ref in named(form)])
    for row in found["items"]:
        row["people"] = [
            entry(who, row["unit"], position, team, people.get(ref.record))
            for position, team, ref in named(forms[row["unit"]])
        ]
    return found


async def _forms(request: Request, season: int, units: list[str]) -> dict[str, RegistrationSubmitted]:
    sql = "select season, unit, form from registration where season = $1 and unit = any($2) and form is not null"
    rows = await request.app.state.pool.fetch(sql, season, units)
    return {row["unit"]: form for row in rows if (form := form_of(row)) is not None}


def named(form: RegistrationSubmitted) -> list[tuple[Position, str | None, PersonRef]]:
    """Whom a form names: position, team, reference; in the order of the list."""
    heads: list[tuple[Position, str | None, PersonRef]] = [
        ("leader", None, form.leader),
        ("deputy", None, form.deputy),
        ("contact", None, form.contact),
    ]
    return heads + [("team_leader", team.name, team.leader) for team in form.teams if team.leader is not None]


def entry(who: Actor, unit: str, position: Position, team: str | None, person: Person | None) -> ContactEntry:
    """REG-20: the office and the unit itself see a contact in clear, the leading group numbers and addresses masked,
    other units name and duty only (office rule)."""
    if person is None:  # erased
        return ContactEntry(position=position, team=team, name=None, duty=None, mobile=None, email=None)
    mobile: str | None = person.mobile
    email = person.email
    if who.role == "leader":
        mobile, email = masked(person.mobile), masked_mail(person.email)
    elif who.role == "unit" and who.unit != unit:
        mobile = email = None
    return ContactEntry(position=position, team=team, name=person.name, duty=person.duty, mobile=mobile, email=email)
