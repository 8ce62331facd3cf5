"""What was learned, as a recipe that says how good it is."""

from __future__ import annotations

from pictrace.evaluation.cube import Cube
from pictrace.evaluation.learning.learn import Learned
from pictrace.searching.recipe import Measured, Recipe, recipe_of
from pictrace.searching.table import Criteria
from pictrace.told import told

__all__ = ["learned_recipe"]


def learned_recipe(learned: Learned, cube: Cube, *, orientations: bool = True) -> Recipe:
    """The recipe of learned weights; what they reached is that of held-out queries."""
    figure = learned.result.figures[learned.measure]
    measured = Measured(
        learned.measure,
        round(figure.value, 6),
        round(figure.low, 6),
        round(figure.high, 6),
        len(cube.blocks),
        len(set(cube.groups.tolist())),
        cube.catalog_size,
        told("held out, {folds} folds", folds=learned.folds),
    )
    criteria = Criteria(weights=learned.criteria.weights, settings=learned.criteria.settings)
    return recipe_of(criteria, orientations=orientations, measured=measured)
