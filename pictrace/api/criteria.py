"""What counts as alike, by a preset or a recipe and what a request says besides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from pictrace.api.forms import MOST, CriteriaForm, SearchForm
from pictrace.api.problems import ProblemError
from pictrace.client.answers import ProblemPart
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.searching.presets import DEFAULT_PRESET, adapted, criteria_of
from pictrace.searching.recipe import Recipe, read_recipe
from pictrace.searching.table import Criteria

__all__ = ["Chosen", "chosen"]

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Chosen:
    """orientations: compare mirrored and turned as well; false_alarms: the share of searches that may give one."""

    criteria: Criteria
    orientations: bool
    false_alarms: float


def chosen(form: CriteriaForm) -> Chosen:
    """What a form says, over its recipe or preset; CriteriaError or ProblemError where that ranks nothing."""
    recipe = _recipe(form)
    top, min_score, alarms = (
        (form.top, form.min_score, form.false_alarms) if isinstance(form, SearchForm) else (UNSET, UNSET, UNSET)
    )
    criteria = adapted(
        recipe.criteria,
        form.weights,
        form.settings,
        top=min(MOST, _or(top, recipe.criteria.top)),
        min_score=_or(min_score, recipe.criteria.min_score),
    )
    usual = FALSE_ALARMS if recipe.false_alarms is None else recipe.false_alarms
    return Chosen(criteria, _or(form.orientations, recipe.orientations), _or(alarms, usual))


def _recipe(form: CriteriaForm) -> Recipe:
    """The form's; where it has none, what its preset stands for."""
    if form.recipe is None:
        return Recipe(criteria_of(_or(form.preset, DEFAULT_PRESET)))
    if form.preset is not UNSET:
        detail = "It replaces the preset. Leave one of them out."
        raise ProblemError("invalid-request", f"/recipe: {detail}", [ProblemPart(pointer="/recipe", detail=detail)])
    return read_recipe(msgspec.json.encode(form.recipe), "recipe")


def _or(said: _Value | UnsetType, usual: _Value) -> _Value:
    return usual if isinstance(said, UnsetType) else said
