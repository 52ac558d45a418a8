"""Lists: what is asked by the address line, and what a service answers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Listing:
    """`query` is everything in the address line, `kept` what 重置 leaves there."""

    query: dict[str, Any]
    kept: dict[str, Any]
    items: list[dict[str, Any]]
    next: str | None
    summary: str
