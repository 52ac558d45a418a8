"""What a measurement says, and how it is printed and kept."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """A figure beside the floor of the same run. `ratio` is value ÷ floor; `wanted` what it should reach, in words."""

    name: str
    value: float
    unit: str
    floor_name: str = ""
    floor: float | None = None
    ratio: float | None = None
    wanted: str = ""
    met: bool | None = None


def paired(name: str, unit: str, floor_name: str, pairs: Sequence[tuple[float, float]], least: float | None) -> Figure:
    """Medians over paired runs; the ratio is the median of the pairs' ratios."""
    ratio = statistics.median(value / floor for value, floor in pairs)
    return Figure(
        name,
        statistics.median(value for value, _ in pairs),
        unit,
        floor_name,
        statistics.median(floor for _, floor in pairs),
        ratio,
        f"≥ {least}×" if least is not None else "",
        ratio >= least if least is not None else None,
    )


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {system}"


def table(figures: Sequence[Figure]) -> str:
    head = ("figure", "value", "floor or peer", "its value", "ratio", "wanted", "")
    rows = [head, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        f"{figure.value:,.1f} {figure.unit}",
        figure.floor_name,
        f"{figure.floor:,.1f} {figure.unit}" if figure.floor is not None else "",
        f"{figure.ratio:.2f}×" if figure.ratio is not None else "",
        figure.wanted,
        {None: "", True: "met", False: "MISSED"}[figure.met],
    )


def keep(figures: Sequence[Figure]) -> Path:
    """Writes the run's figures as JSON and returns where."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y%m%d-%H%M%S}.json"
    body = {"at": now.isoformat(), "machine": machine(), "figures": [asdict(figure) for figure in figures]}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2))
    return path
