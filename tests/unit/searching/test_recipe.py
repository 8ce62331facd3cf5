"""Recipes: what is written comes back, and what would rank otherwise than it says is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pictrace.errors import CriteriaError
from pictrace.metrics import get_metric
from pictrace.searching.recipe import Measured, read_recipe, recipe_of, recipe_text
from pictrace.searching.table import Criteria

CRITERIA = Criteria(
    weights={"orb": 2.0, "histogram": 0.3},
    settings={"orb": {"ratio": 0.8, "evidence": "matches"}},
    min_score=0.2,
    top=7,
)


def test_what_is_written_comes_back() -> None:
    reached = Measured("mAP", 0.9, 0.85, 0.95, 120, 60, 902, "held out, 5 folds")
    recipe = recipe_of(CRITERIA, orientations=False, false_alarms=0.005, measured=reached)
    assert read_recipe(recipe_text(recipe).encode(), "r.json") == recipe
    assert dict(recipe.features) == {name: get_metric(name).feature_key for name in ("orb", "histogram")}
    assert reached.told.startswith("mAP 0.900 (0.850 to 0.950), held out, 5 folds, on 120 queries of 60 groups")


def changed(**values: Any) -> bytes:
    document = json.loads(recipe_text(recipe_of(CRITERIA)))
    for name, value in values.items():
        if value is ...:
            del document[name]
        else:
            document[name] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1]", "no recipe of PicTrace"),
        (b'{"weights": {"orb": 1}}', "no recipe of PicTrace"),
        (changed(pictrace_recipe=2), "newer PicTrace .version 2, this one knows 1"),
        (changed(pictrace_recipe=True), "version is true"),
        (changed(colour="red"), '"colour", which is not known here'),
        (changed(min_score=...), "does not say min_score"),
        (changed(weights={"orb": 1, "magic": 1}), '"magic", which is no metric here'),
        (changed(weights={"orb": "much"}), 'weight of orb is "much"'),
        (changed(weights={"orb": -1}), "weight of orb is -1"),
        (changed(weights={"orb": 0}), "Every metric's weight is zero"),
        (changed(weights=[]), "weights is .., not an object"),
        (changed(settings={"orb": {"ratio": 7}}), "ratio must lie between"),
        (changed(settings={"orb": {"speed": 1}}), "There are evidence, ratio"),
        (changed(settings={"orb": {"evidence": "guess"}}), "evidence must be one of"),
        (changed(top=2.5), "top is 2.5"),
        (changed(top=0), "0 matches were asked for"),
        (changed(min_score=2), "minimum score is 2"),
        (changed(orientations="no"), "orientations is"),
        (changed(false_alarms=0), "false_alarms is 0"),
        (changed(features={}), "does not say which features of"),
        (
            changed(features={"orb": "orb-n9-px64-v1", "histogram": "x"}),
            "made for .*, and here .* would rank otherwise",
        ),
        (changed(measured={"measure": "mAP"}), "measured must say"),
    ],
)
def test_what_would_mean_something_else_here_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(CriteriaError, match=rf"^r\.json: .*{told}"):
        read_recipe(data, "r.json")


def test_a_network_that_is_not_here_is_named() -> None:
    with pytest.raises(CriteriaError, match="cannot be used yet"):
        read_recipe(changed(weights={"embedding": 1}, features={"embedding": "x"}), "r.json")
