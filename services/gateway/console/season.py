"""The season that a page is about: the one asked for, else the newest."""

from dataclasses import dataclass
from typing import Any

from services.gateway.console.page import Visit
from shared.kernel.problems import Problem


class NoSeason(Exception):
    """Nothing can be shown before the office has opened a season."""

    def __init__(self, visit: Visit) -> None:
        super().__init__("no season is open")
        self.visit = visit


@dataclass(frozen=True)
class Season:
    """`others` are all seasons, newest first; `document` the rules of this one."""

    year: int
    name: str
    document: dict[str, Any]
    others: list[dict[str, Any]]
    extended_to: str | None = None

    def choices(self, part: str) -> list[tuple[str, str]]:
        """What a form offers: `fields` or `categories`."""
        return [(each["id"], each["name"]) for each in self.document["registration"][part]]

    @property
    def closes_at(self) -> str:
        """Exclusive; as the office has extended it for all."""
        closes: str = self.extended_to or self.document["registration"]["closes_at"]
        return closes

    def note(self, field: str, otherwise: str = "") -> str:
        """The season's filling note 填表说明 of a field of the registration form."""
        note: str = self.document["registration"].get("notes", {}).get(field, otherwise)
        return note

    @property
    def units(self) -> list[tuple[str, str]]:
        """Every unit of the directory in official order."""
        ordered = sorted(self.document["units"], key=lambda unit: unit["order"])
        return [(unit["id"], unit["name"]) for unit in ordered]


async def season_of(visit: Visit, year: int | None) -> Season:
    """Raises NoSeason, or a 404 problem."""
    found = await visit.services.get("registration", "/api/v1/registration/seasons", limit=200)
    others = sorted(found["items"], key=lambda each: each["season"], reverse=True)
    if not others:
        raise NoSeason(visit)
    chosen = next((each for each in others if year in (None, each["season"])), None)
    if chosen is None:
        raise Problem(404, f"没有{year}赛季，请从页面上选择赛季。")
    detail = await visit.services.get("registration", f"/api/v1/registration/seasons/{chosen['season']}")
    return Season(chosen["season"], chosen["name"], detail["document"], others, detail["extended_to"])
