"""One OpenAPI document out of several."""

from typing import Any

from services.gateway.openapi import merge


def part(path: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    operation = {
        "summary": "办理",
        "operationId": "give",
        "responses": {"200": {"content": content}, "422": {"description": "Validation Error"}},
    }
    return {
        "paths": {path: {"post": operation}},
        "components": {"schemas": {name: schema, "HTTPValidationError": {"type": "object"}}},
    }


def test_schemas_of_the_same_name_are_told_apart_only_where_they_differ() -> None:
    done, other = {"type": "object", "title": "Done"}, {"type": "string"}
    merged = merge(
        {
            "registration": part("/a", "Done", done),
            "activity": part("/b", "Done", done),
            "feeds": part("/c", "Done", other),
        }
    )
    assert list(merged["paths"]) == ["/a", "/b", "/c"]
    schemas = merged["components"]["schemas"]
    assert schemas["Done"] == done
    assert schemas["feeds_Done"] == other
    assert "HTTPValidationError" not in schemas

    def answer(path: str) -> str:
        reference: str = merged["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"][
            "$ref"
        ]
        return reference

    assert answer("/b") == "#/components/schemas/Done"
    assert answer("/c") == "#/components/schemas/feeds_Done"


def test_every_operation_answers_with_problems_and_has_an_id_of_its_own() -> None:
    merged = merge({"registration": part("/a", "Done", {}), "feeds": part("/b", "Done", {})})
    operations = [item["post"] for item in merged["paths"].values()]
    assert len({operation["operationId"] for operation in operations}) == 2
    for operation in operations:
        assert "application/problem+json" in operation["responses"]["default"]["content"]
        assert "422" not in operation["responses"]
    assert [operation["tags"] for operation in operations] == [["登记注册"], ["长三角共享"]]
