"""Golden samples: one JSON and one schema hash of every event version ever released.

A sample is written once, when the version is new; afterwards it is only ever read.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from shared.contracts import catalogue
from shared.kernel.messages import Event

FOLDER = Path(__file__).parents[1] / "tests/contracts/golden"
HASHES = FOLDER / "schemas.json"


def schema_hash(event: type[Event]) -> str:
    """SHA-256 of the event's JSON Schema without its prose."""
    schema = _bare(event.model_json_schema())
    return hashlib.sha256(json.dumps(schema, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        prose = {"description", "title", "examples"}
        names = schema.get("properties", {})
        bare = {k: _bare(v) for k, v in schema.items() if not (k in prose and isinstance(v, str))}
        return {**bare, **({"properties": {n: _bare(p) for n, p in names.items()}} if names else {})}
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


def hashes_page() -> str:
    """The released hashes, with those of versions that are new."""
    released = json.loads(HASHES.read_text()) if HASHES.exists() else {}
    for event in catalogue.EVENTS:
        released.setdefault(event.type(), schema_hash(event))
    return json.dumps(released, indent=2, sort_keys=True) + "\n"


def path_of(type: str) -> Path:
    return FOLDER / f"{type}.json"


def new_samples() -> dict[Path, str]:
    """Samples of events that have none yet, made from the example below."""
    from tests.contracts.samples import SAMPLES

    FOLDER.mkdir(parents=True, exist_ok=True)
    return {
        path_of(event.type()): json.dumps(event.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
        for event in SAMPLES
        if not path_of(event.type()).exists()
    }
