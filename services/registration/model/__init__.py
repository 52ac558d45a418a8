"""Seasons and the registrations of units in them (notice §三, §五(二))."""

from typing import Any

from services.registration.model import material, registration, roster, season, template, upload
from shared.kernel.decider import Aggregate

AGGREGATES: tuple[Aggregate[Any, Any, Any], ...] = (
    season.season,
    registration.registration,
    roster.roster,
    upload.upload,
    material.material,
    template.template,
)
