"""The description is valid, and true of what the server answers."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from pictrace.api.description import described
from pictrace.api.problems import KINDS
from pictrace.api.server import OPERATIONS
from tests.paths import ROOT


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return described(OPERATIONS, root="/api/v1", secured=True)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for path in document["paths"].values() for one in path.values()]


def validator(document: dict[str, Any], schema: Any) -> Draft202012Validator:
    return Draft202012Validator({"components": document["components"], **schema})


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_its_examples_are_what_it_describes(document: dict[str, Any]) -> None:
    seen = 0
    for one in operations(document):
        for content in one.get("requestBody", {}).get("content", {}).values():
            for example in content.get("examples", {}).values():
                validator(document, content["schema"]).validate(example["value"])
                seen += 1
    assert seen >= 6


def test_every_kind_of_problem_is_told_of_in_the_documents() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    assert [name for name in KINDS if f"### {name}\n" not in text] == []


def test_answers_hold_what_is_described_and_nothing_else(
    local: TestClient, document: dict[str, Any], photographs: dict[str, bytes]
) -> None:
    both = {"first": photographs["chelsea.png"], "second": photographs["chelsea.png"]}
    answers = {
        "SearchResult": local.post("/search", files={"picture": photographs["chelsea.png"]}),
        "CompareResult": local.post("/compare", files=both),
        "ImagePage": local.get("/images"),
        "DuplicateGroups": local.get("/duplicates?level=scene,photograph"),
        "Stats": local.get("/stats"),
        "SimilarityInfo": local.get("/metrics-of-similarity"),
        "Health": local.get("/ready"),
        "Problem": local.get("/images/1"),
    }
    for schema in document["components"]["schemas"].values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    for name, answer in answers.items():
        validator(document, {"$ref": f"#/components/schemas/{name}"}).validate(answer.json())


def test_the_served_description_counts_from_where_it_is_mounted(local: TestClient) -> None:
    served = local.get("/openapi.json").json()
    assert served["servers"] == [{"url": "/api/v1"}]
    security = {one["operationId"]: one.get("security") for one in operations(served)}
    assert (security["search"], security["add_image"], security["get_health"]) == (
        [{"token": []}, {}],
        [{"token": []}],
        None,
    )
