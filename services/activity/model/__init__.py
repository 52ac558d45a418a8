"""Participants with their plans, activities and the visits of the assessment (notice §二, §四, §五(一))."""

from typing import Any

from services.activity.model import activity, participant, rules, visit
from shared.kernel.decider import Aggregate

AGGREGATES: tuple[Aggregate[Any, Any, Any], ...] = (
    rules.rules,
    participant.participant,
    activity.activity,
    visit.visit,
)
