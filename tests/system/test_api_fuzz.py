"""Requests made up from the description: nothing breaks, and nothing is answered that it does not describe.

More of them: PICTRACE_FUZZ_CALLS=320 pytest tests/system/test_api_fuzz.py
"""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import booleans
from schemathesis import Config, GenerationMode

from pictrace.api.access import new_token
from pictrace.api.operations import Operation
from pictrace.api.server import OPERATIONS, PREFIX, alone
from pictrace.api.state import State
from pictrace.catalog.records import Origin, Source, digest, image_id
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item

pytestmark = pytest.mark.slow  # hundreds of requests

TOKEN, ENTRY = new_token("fuzz", writes=True)


CALLS = int(os.environ.get("PICTRACE_FUZZ_CALLS", "5"))
"""Of each operation, well-formed and not."""


# Which bytes are a picture, where a link leads, and which keys were used before, no description can say: only there,
# 422 is right for what it allows.
ACCEPTED = ["2xx", "304", "401", "403", "404", "409", "422", "429"]
CONFIG = {
    "operations": [
        {
            "include-operation-id": one.name,
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
        for one in OPERATIONS
        if one.bodies or one.writes
    ]
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory, photographs: dict[str, bytes]) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("fuzz") / "catalog.sqlite"
    names = ("chelsea.png", "rocket.jpg")
    with closing(SqliteCatalog(path)) as catalog:
        Indexing(catalog, [Item.of_bytes(photographs[name], Source(Origin.UPLOAD, name)) for name in names]).run()
    state = State()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTRACE_CATALOG", str(path))
        patch.setenv("PICTRACE_API_TOKENS", ENTRY)
        patch.setenv("PICTRACE_API_RATE", "0")
        app = alone(["testserver"], state)
        yield schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", app, config=Config.from_dict(CONFIG))
    state.close()


def name_known(case: Any, picture_id: int) -> None:
    """Ask for a picture that is there, as ids that are made up never are."""
    if case.operation.path.startswith("/images/"):
        case.path_parameters["id"] = str(picture_id)
    if isinstance(case.body, dict):
        for one in (case.body, case.body.get("first"), case.body.get("second")):
            if isinstance(one, dict) and "id" in one:
                one["id"] = picture_id


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_whatever_is_asked_is_answered_as_described(
    schema: Any, operation: Operation, mode: GenerationMode, photographs: dict[str, bytes]
) -> None:
    picture_id = image_id(digest(photographs["chelsea.png"]))
    described = schema[operation.path][operation.method]

    @settings(
        max_examples=CALLS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described.as_strategy(generation_mode=mode), known=booleans())
    def ask(case: Any, known: bool) -> None:
        if known and mode is GenerationMode.POSITIVE and not operation.writes:
            name_known(case, picture_id)
        case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=300)

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing can be said wrongly there
