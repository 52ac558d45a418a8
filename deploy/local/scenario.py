"""A scenario: a year as commands, one JSON object a line, in order of time.

`{"at": when, "as": account, "do": "<service>/<command>", "key": Idempotency-Key, "body": {…}, "refused": rule}`;
`refused` only where the refusal is the point. A body of `{"season_file": name}` stands for that season file's document.
"""

import json
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.local.trouble import Trouble
from shared.contracts import season_file
from shared.contracts.common import Moment


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    at: Moment
    account: str = Field(alias="as")
    do: str = Field(pattern=r"^[a-z]+/[a-z-]+$")
    key: str
    body: dict[str, Any]
    refused: str | None = None


def read(path: Path) -> list[Step]:
    """Raises Trouble naming the faulty line."""
    steps: list[Step] = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            steps.append(_step(path, number, line))
            if number > 1 and steps[-1].at < steps[-2].at:
                raise Trouble(f"{path.name} 第{number}行早于上一行：请按时间先后排列。")
    except (OSError, UnicodeDecodeError):
        raise Trouble(f"读不出 {path}：请核对文件名，并确认是 UTF-8 编码的 .jsonl 文件。") from None
    return steps


def _step(path: Path, number: int, line: str) -> Step:
    try:
        step = Step.model_validate_json(line)
    except ValidationError:
        raise Trouble(f"{path.name} 第{number}行不是一条有效的指令：请对照 README 中的格式修改。") from None
    if set(step.body) == {"season_file"}:
        step.body = {"document": document(path.parent / step.body["season_file"])}
    return step


def document(path: Path) -> dict[str, Any]:
    """A season file as the body of a command. Raises Trouble with every fault by line."""
    try:
        found = season_file.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Trouble(f"读不出 {path}：请核对文件名，并确认是 UTF-8 编码。") from None
    except season_file.FaultySeason as faulty:
        lines = "\n".join(f"  第{fault.line}行 {fault.field}：{fault.sentence}" for fault in faulty.errors)
        raise Trouble(f"{path.name} 有{len(faulty.errors)}处错误，整份未采用：\n{lines}") from None
    body: dict[str, Any] = json.loads(found.model_dump_json())
    return body


def moments(steps: list[Step]) -> list[tuple[datetime, list[Step]]]:
    """The steps of each instant."""
    return [(at, list(group)) for at, group in groupby(steps, key=lambda step: step.at)]
