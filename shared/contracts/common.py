"""Words that several topics share."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from shared.kernel.messages import SHANGHAI, PersonRef


def _written(at: Any) -> Any:
    """An instant is written out: a bare number could mean anything."""
    if isinstance(at, int | float):
        raise ValueError("应为带时区的时刻，例如2021-06-17T09:00:00+08:00。")
    if isinstance(at, str):
        with suppress(ValueError):
            return datetime.fromisoformat(at)
    return at


def _in_shanghai(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI)


# An instant, always with its offset.
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_shanghai)]
UnitId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,31}$")]
Season = Annotated[int, Field(ge=2000, le=2100)]  # the competition year
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Hundredths = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]  # points × 100 (SCO-1)

Group = Literal["district", "municipal"]  # 区局 | 市属
Outcome = Literal["here", "administrative"]  # 本分赛区登记 | 行政关系所属赛区登记、本处备案 (REG-3)
Part = Literal["initial", "routine", "midyear", "final"]  # 年初部署、日常考核、中途检查、年终考核 (§四(三))
Province = Literal["jiangsu", "zhejiang", "anhui"]

__all__ = [
    "Group",
    "Hundredths",
    "Moment",
    "Name",
    "Outcome",
    "Part",
    "PersonRef",
    "Province",
    "Season",
    "Text",
    "UnitId",
]
