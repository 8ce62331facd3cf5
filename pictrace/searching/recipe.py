"""A recipe: all that decides what a search finds, as a file that is sent to others or kept.

Reading is strict. A recipe that says something which this PicTrace does not know, or that was made for features which
it does not make, would rank otherwise than its author saw: it is refused, with what to do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pictrace.errors import CriteriaError
from pictrace.escape import for_message
from pictrace.features import Settings, SettingValue
from pictrace.metrics import all_metrics
from pictrace.searching.table import Criteria
from pictrace.told import fixed, told

__all__ = ["VERSION", "Measured", "Recipe", "read_recipe", "recipe_of", "recipe_text"]

VERSION = 1
MAX_BYTES = 1024**2
_KEYS = {
    "pictrace_recipe",
    "weights",
    "settings",
    "min_score",
    "top",
    "orientations",
    "false_alarms",
    "features",
    "measured",
}
_MEASURED = {"measure", "value", "low", "high", "queries", "groups", "pictures", "how"}


@dataclass(frozen=True)
class Measured:
    """What the recipe reached, and on what. how: in words, such as "held out, 5 folds"."""

    measure: str
    value: float
    low: float
    high: float
    queries: int
    groups: int
    pictures: int
    how: str

    @property
    def told(self) -> str:
        """In a sentence."""
        return told(
            "{measure} {value:.3f} ({low:.3f} to {high:.3f}), {how}, on {queries:,} queries of {groups:,} groups "
            "against {pictures:,} pictures.",
            **vars(self),
        )


@dataclass(frozen=True)
class Recipe:
    """Criteria, and what must be the same for them to mean the same.

    Attributes
    ----------
    false_alarms
        The share of searches in which a false alarm is accepted; None where the recipe does not say.
    features
        Feature keys of the metrics that weigh anything, by name: of networks, they name the model.
    """

    criteria: Criteria
    orientations: bool = True
    false_alarms: float | None = None
    features: Mapping[str, str] = field(default_factory=dict)
    measured: Measured | None = None


def recipe_of(
    criteria: Criteria,
    *,
    orientations: bool = True,
    false_alarms: float | None = None,
    measured: Measured | None = None,
) -> Recipe:
    """The recipe for these criteria with the features that are made now."""
    criteria.require_weight()
    keys = {one.name: one.feature_key for one in all_metrics() if criteria.weights.get(one.name, 0) > 0}
    return Recipe(criteria, orientations, false_alarms, keys, measured)


def recipe_text(recipe: Recipe) -> str:
    """As it stands in a file."""
    criteria = recipe.criteria
    document = {
        "pictrace_recipe": VERSION,
        "weights": {name: weight for name, weight in criteria.weights.items() if weight > 0},
        "settings": {name: dict(some) for name, some in criteria.settings.items() if criteria.weights.get(name, 0) > 0},
        "min_score": criteria.min_score,
        "top": criteria.top,
        "orientations": recipe.orientations,
        "false_alarms": recipe.false_alarms,
        "features": dict(recipe.features),
        "measured": None if recipe.measured is None else vars(recipe.measured),
    }
    return json.dumps(document, indent=2) + "\n"


def read_recipe(data: bytes, name: str) -> Recipe:
    """A recipe from a file's bytes, if it means here what it meant where it was made.

    Raises
    ------
    CriteriaError
        Where it does not, or is no recipe; name is what messages call it.
    """
    try:
        return _read(data)
    except CriteriaError as error:
        raise CriteriaError(told("{name}: {error}", name=name, error=error)) from error


def _read(data: bytes) -> Recipe:
    if len(data) > MAX_BYTES:
        raise CriteriaError(told("this is too large for a recipe."))
    try:
        said = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CriteriaError(told("this is no JSON. Save the recipe again where it was made.")) from error
    if not isinstance(said, dict) or "pictrace_recipe" not in said:
        raise CriteriaError(told('this is no recipe of PicTrace: it does not say "pictrace_recipe".'))
    version = said["pictrace_recipe"]
    if not _is_whole(version) or version < 1:
        raise CriteriaError(told("its version is {version}, which there never was.", version=_shown(version)))
    if version > VERSION:
        raise CriteriaError(
            told(
                "it was made by a newer PicTrace (version {version}, this one knows {known}). Update PicTrace.",
                version=version,
                known=VERSION,
            )
        )
    if unknown := sorted(set(said) - _KEYS):
        raise CriteriaError(
            told(
                "it says {unknown}, which is not known here. Take that out, or update PicTrace.",
                unknown=_shown(unknown[0]),
            )
        )
    if missing := sorted(_KEYS - set(said)):
        raise CriteriaError(told("it does not say {missing}. Save it again where it was made.", missing=missing[0]))
    weights = {
        name: _number(one, told("the weight of {name}", name=name)) for name, one in _by_metric(said, "weights").items()
    }
    settings = {name: _settings(name, one) for name, one in _by_metric(said, "settings").items()}
    top, orientations = said["top"], said["orientations"]
    if not _is_whole(top):
        raise CriteriaError(told("top is {top}. Give a whole number.", top=_shown(top)))
    if not isinstance(orientations, bool):
        raise CriteriaError(
            told("orientations is {orientations}. Give true or false.", orientations=_shown(orientations))
        )
    alarms = said["false_alarms"]
    alarms = None if alarms is None else _number(alarms, "false_alarms")
    if alarms is not None and not 0 < alarms <= 1:
        raise CriteriaError(told("false_alarms is {alarms:g}. Give a share above 0, up to 1.", alarms=alarms))
    criteria = Criteria(weights=weights, settings=settings, min_score=_number(said["min_score"], "min_score"), top=top)
    criteria.require_weight()
    features = _features(said, weights)
    return Recipe(criteria, orientations, alarms, features, _measured(said["measured"]))


def _by_metric(said: Mapping[str, object], key: str) -> dict[str, object]:
    """An object whose names are those of metrics."""
    found = said[key]
    if not isinstance(found, dict):
        raise CriteriaError(told("{key} is {found}, not an object.", key=key, found=_shown(found)))
    known = [one.name for one in all_metrics()]
    if unknown := sorted(set(found) - set(known)):
        raise CriteriaError(
            told(
                "{key} names {unknown}, which is no metric here. There are {known}.",
                key=key,
                unknown=_shown(unknown[0]),
                known=", ".join(known),
            )
        )
    return found


def _settings(name: str, said: object) -> Settings:
    metric = next(one for one in all_metrics() if one.name == name)
    known = {one.name: one for one in metric.settings}
    if not isinstance(said, dict) or set(said) - set(known):
        raise CriteriaError(
            told(
                "the settings of {name} are {said}. There are {known}.",
                name=name,
                said=_shown(said),
                known=", ".join(known) or told("none"),
            )
        )
    chosen: dict[str, SettingValue] = {}
    for setting, value in said.items():
        chosen[setting] = (
            _number(value, told("{setting} of {name}", setting=setting, name=name))
            if known[setting].numeric
            else str(value)
        )
        try:
            known[setting].position(chosen[setting])
        except ValueError as error:
            raise CriteriaError(told("{title}: {error}.", title=fixed(metric.title), error=error)) from error
    return chosen


def _features(said: Mapping[str, object], weights: Mapping[str, float]) -> dict[str, str]:
    """Feature keys; they must be those that are made here."""
    found = {name: str(one) for name, one in _by_metric(said, "features").items()}
    for metric in all_metrics():
        if weights.get(metric.name, 0) <= 0:
            continue
        if hindrance := metric.unavailable():
            raise CriteriaError(
                told("{title} cannot be used yet. {hindrance}", title=fixed(metric.title), hindrance=hindrance)
            )
        key = found.get(metric.name)
        if key is None:
            raise CriteriaError(
                told(
                    "it does not say which features of {title} it was made for. Save it again.",
                    title=fixed(metric.title),
                )
            )
        if key != metric.feature_key:
            raise CriteriaError(
                told(
                    "it was made for {key}, and here {title} is {feature_key}: the same weights would rank otherwise. "
                    "Choose "
                    "the same network or version, or learn the weights again.",
                    key=for_message(key),
                    title=fixed(metric.title),
                    feature_key=metric.feature_key,
                )
            )
    return found


def _measured(said: object) -> Measured | None:
    if said is None:
        return None
    if not isinstance(said, dict) or set(said) != _MEASURED:
        raise CriteriaError(told("measured must say {measured}, or be null.", measured=", ".join(sorted(_MEASURED))))
    if not all(_is_whole(said[name]) for name in ("queries", "groups", "pictures")):
        raise CriteriaError(told("measured must give whole numbers of queries, groups and pictures."))
    value, low, high = (_number(said[name], told("measured {name}", name=name)) for name in ("value", "low", "high"))
    counts = (said["queries"], said["groups"], said["pictures"])
    return Measured(for_message(str(said["measure"])), value, low, high, *counts, for_message(str(said["how"])))


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CriteriaError(told("{what} is {value}. Give a number.", what=what, value=_shown(value)))
    return float(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: object) -> str:
    return for_message(json.dumps(value))
