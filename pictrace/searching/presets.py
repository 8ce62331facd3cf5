"""Named choices of weights and ranking settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pictrace.errors import CriteriaError
from pictrace.features import Settings
from pictrace.metrics import all_metrics, get_metric
from pictrace.searching.table import Criteria
from pictrace.told import fixed, told

__all__ = ["DEFAULT_PRESET", "Preset", "adapted", "all_presets", "criteria_of", "get_preset"]

DEFAULT_PRESET = "balanced"


@dataclass(frozen=True)
class Preset:
    """Weights by metric (one that is not named weighs nothing) and ranking settings by metric."""

    name: str
    title: str
    help: str
    weights: Mapping[str, float]
    settings: Mapping[str, Settings] = field(default_factory=dict)


def all_presets(*, ready: bool = True) -> tuple[Preset, ...]:
    """The presets, the default first. A metric brings its own weight for the balanced one.

    Parameters
    ----------
    ready
        Leave out those that weigh a metric which cannot be used now.
    """
    return tuple(preset for preset in _presets() if not ready or not _hindrance(preset))


def _hindrance(preset: Preset) -> str:
    """Why one of its metrics cannot be used now; "" where all can."""
    reasons = (get_metric(name).unavailable() for name, weight in preset.weights.items() if weight > 0)
    return next(filter(None, reasons), "")


def _presets() -> tuple[Preset, ...]:
    reference: Mapping[str, Settings] = {"orb": {"evidence": "matches", "ratio": 0.75}}
    return (
        Preset(
            DEFAULT_PRESET,
            "Balanced",
            "Matching details and what a network sees decide; layout and colours help.",
            {one.name: one.default_weight for one in all_metrics() if one.default_weight and not one.unavailable()},
        ),
        Preset(
            "ssim-orb",
            "SSIM + ORB",
            "The mean of structure and the share of matched keypoints.",
            {"ssim": 1.0, "orb": 1.0},
            reference,
        ),
        Preset(
            "ssim-orb-histogram",
            "SSIM + ORB + histogram",
            "The mean of structure, the share of matched keypoints, and colours.",
            {"ssim": 1.0, "orb": 1.0, "histogram": 1.0},
            reference,
        ),
        Preset(
            "look-alikes",
            "Look-alikes",
            "The same kind of thing, as a deep network sees it; colours help a little.",
            {"embedding": 1.0, "histogram": 0.2},
        ),
    )


def get_preset(name: str) -> Preset:
    """The preset of this name; CriteriaError lists the names that there are, or says what it lacks."""
    for preset in all_presets(ready=False):
        if preset.name == name:
            hindrance = _hindrance(preset)
            if hindrance:
                raise CriteriaError(
                    told(
                        "The preset {title} cannot be used yet. {hindrance}",
                        title=repr(preset.title),
                        hindrance=hindrance,
                    )
                )
            return preset
    known = ", ".join(preset.name for preset in all_presets())
    raise CriteriaError(
        told("There is no preset named {name}. The presets are: {known}.", name=repr(name), known=known)
    )


def criteria_of(name: str, *, top: int = 5, min_score: float = 0.0) -> Criteria:
    """The criteria that a preset stands for."""
    preset = get_preset(name)
    return Criteria(weights=preset.weights, settings=preset.settings, top=top, min_score=min_score)


def adapted(
    base: Criteria,
    weights: Mapping[str, float] | None = None,
    settings: Mapping[str, Settings] | None = None,
    *,
    top: int | None = None,
    min_score: float | None = None,
) -> Criteria:
    """Criteria with what somebody chose otherwise.

    Parameters
    ----------
    base
        Such as a preset's or a recipe's.
    weights
        Instead of the base's, by metric.
    settings
        Over the base's, by metric.
    top, min_score
        As in Criteria, instead of the base's.

    Raises
    ------
    CriteriaError
        Where there is no such metric or setting, a number is out of its range, nothing has a weight, or what has one
        cannot be used.
    """
    chosen: dict[str, Settings] = {name: dict(some) for name, some in base.settings.items()}
    for name, some in (settings or {}).items():
        metric = get_metric(name)
        if unknown := set(some) - {one.name for one in metric.settings}:
            known = ", ".join(one.name for one in metric.settings) or "none"
            raise CriteriaError(
                told(
                    "{title} has no setting {unknown}. Its settings are: {known}.",
                    title=fixed(metric.title),
                    unknown=repr(min(unknown)),
                    known=known,
                )
            )
        merged = {**chosen.get(name, {}), **some}
        try:
            metric.setting_positions(merged)
        except ValueError as error:
            raise CriteriaError(told("{title}: {error}.", title=fixed(metric.title), error=error)) from error
        if merged:
            chosen[name] = merged
    weighed = {get_metric(name).name: weight for name, weight in (weights or {}).items()}
    criteria = Criteria(
        weights=dict(base.weights) if weights is None else weighed,
        settings=chosen,
        top=base.top if top is None else top,
        min_score=base.min_score if min_score is None else min_score,
    )
    criteria.require_weight()
    for name, weight in criteria.weights.items():
        hindrance = get_metric(name).unavailable() if weight > 0 else ""
        if hindrance:
            raise CriteriaError(
                told("{title} cannot be used yet. {hindrance}", title=get_metric(name).title, hindrance=hindrance)
            )
    return criteria
