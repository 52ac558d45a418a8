"""A released event version changes by optional fields alone, and every one has its sample, the first written."""

import json

import pytest

from docs import generate, golden
from shared.contracts import catalogue

RELEASED = json.loads(golden.HASHES.read_text())


@pytest.mark.parametrize("event", catalogue.EVENTS, ids=lambda event: event.type())
def test_the_schema_is_the_released_one(event: type) -> None:
    assert RELEASED[event.type()] == golden.schema_hash(event)  # type: ignore[attr-defined]


@pytest.mark.parametrize("type", sorted(RELEASED))
def test_every_version_ever_released_can_still_be_read(type: str) -> None:
    sample = json.loads(golden.path_of(type).read_text())
    event = catalogue.read(type, sample)
    if type == event.type():
        assert event.model_dump(mode="json", exclude_unset=True) == sample  # what came since is optional


def test_an_unknown_type_and_a_misfit_are_told_apart_from_nothing() -> None:
    with pytest.raises(catalogue.UnknownEvent, match="unknown event type"):
        catalogue.read("ligong.registration.unit_dreamt.v1", {})
    with pytest.raises(catalogue.UnknownEvent, match="season"):
        catalogue.read("ligong.registration.registration_started.v1", {"unit": "huangpu"})


@pytest.mark.parametrize("path", generate.pages(), ids=lambda path: path.name)
def test_generated_pages_are_current(path: object) -> None:
    assert generate.pages()[path] == path.read_text(), "run `make generate`"  # type: ignore[index, attr-defined]


def test_every_rule_of_a_refusal_is_in_the_index_and_tested() -> None:
    index = {rule.id: rule for rule in generate.rules()}
    refused = {
        id for folder in ("services", "shared") for _, _, source in generate.functions(folder)
        for id in generate.RULE.findall(" ".join(part for part in source.split("Refused(")[1:]))
    }  # fmt: skip
    assert refused <= set(index)
    assert not [rule.id for rule in index.values() if not rule.tests]
