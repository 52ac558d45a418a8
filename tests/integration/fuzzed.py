"""Requests that Schemathesis makes up from a service's own OpenAPI document."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from shared.kernel.messages import Actor
from shared.kernel.tokens import mint
from tests.processes import SECRET

EXAMPLES = 15  # of each operation and kind; the same ones in every run


def fuzz(url: str, who: Actor) -> set[str]:
    """Asserts that no answer is a server's error and every refusal is a Chinese problem. Gives what was called.

    Blocks for about half a minute.
    """
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    called = set()
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # an invalid one has no `ok` and fails here
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _all(operation.as_strategy(generation_mode=mode), who)
        called.add(operation.label)
    return called


def _all(cases: Any, who: Actor) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def one(case: Any) -> None:
        if isinstance((case.query or {}).get("min_position"), int):
            case.query["min_position"] = 0  # any other would be waited for
        answer = case.call(headers={"Authorization": f"Bearer {mint(SECRET, who)}"})
        assert answer.status_code < 500, (case.as_curl_command(), answer.status_code, answer.text)
        if answer.status_code >= 400:
            kind = answer.headers["content-type"][0].partition(";")[0]
            assert kind == "application/problem+json", (case.as_curl_command(), kind, answer.text)
            detail = answer.json()["detail"]
            assert any("一" <= letter <= "鿿" for letter in detail), (case.as_curl_command(), detail)

    one()
