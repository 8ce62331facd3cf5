"""Controls made from the list of metrics: what counts as a match, all kept in the page's address."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import streamlit as st

from pictrace.app.components import copy_link
from pictrace.app.shared.filters import metadata_filters
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.model import not_ready
from pictrace.app.shared.parts import part, parts_answer
from pictrace.app.shared.preset_box import preset_box, set_criteria, weight_key
from pictrace.app.shared.recipe import recipe_loader, recipe_saver
from pictrace.features import Setting, Settings, SettingValue
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.searching.presets import DEFAULT_PRESET, get_preset
from pictrace.searching.recipe import Recipe
from pictrace.searching.table import Criteria
from pictrace.service.workspaces import Workspace

__all__ = [
    "MOST_WEIGHT",
    "WEIGHT_STEP",
    "Wanted",
    "as_moved",
    "criteria_controls",
    "setting_controls",
]

MOST_SHOWN = 60
MOST_WEIGHT = 3.0
WEIGHT_STEP = 0.1
ONE_IN = (20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Wanted:
    """What counts as a match, where the sliders are now. filters: what the metadata must say, by name.

    alarms: the share of false alarms that is accepted.
    """

    criteria: Criteria
    orientations: bool
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alarms: float = FALSE_ALARMS


def criteria_controls(metrics: Sequence[Metric], *, ranked: Workspace | None = None) -> Wanted:
    """The sidebar: what counts as a match, and whether orientations are tried. All kept in the address.

    ranked: the catalog that is searched, for which there is also what is shown of its ranking, and filters.
    """
    moved = None if ranked is None else parts_answer
    with st.sidebar:
        st.header(_("What counts as a match"))
        preset_place = st.container()
        weights: dict[str, float] = {}
        settings: dict[str, Settings] = {}
        default = get_preset(DEFAULT_PRESET)
        with st.expander(_("Adjust"), icon=":material/tune:", key="adjust", on_change="rerun", bind="query-params"):
            for metric in metrics:
                with st.container(key=f"metric-{metric.name}", gap="xsmall"):
                    hindrance = metric.unavailable()
                    weight = st.slider(
                        translated(metric.title),
                        0.0,
                        MOST_WEIGHT,
                        float(default.weights.get(metric.name, 0.0)),
                        WEIGHT_STEP,
                        "%.1f",
                        key=weight_key(metric),
                        help=translated(metric.help),
                        disabled=bool(hindrance),
                        on_change=moved,
                        bind="query-params",
                    )
                    weights[metric.name] = 0.0 if hindrance else weight
                    if hindrance:
                        not_ready(metric)
                chosen = setting_controls(metric, on_change=moved)
                if chosen:
                    settings[metric.name] = chosen
            orientations = st.toggle(
                _("Also match mirrored and rotated copies"),
                value=True,
                key="orientations",
                help=_("Compares your picture in all eight orientations."),
                bind="query-params",
            )
            min_score, top, alarms = (0.0, 1, FALSE_ALARMS) if ranked is None else _ranking_controls(moved)
        filters: Mapping[str, tuple[str, ...]] = {} if ranked is None else metadata_filters(ranked)
        copy_link(_("Copy link to these settings"), key="copy_link", words=translated)
        criteria = Criteria(weights=weights, settings=settings, min_score=min_score, top=top)
        wanted = Wanted(criteria, orientations, filters, alarms)
        with preset_place:
            _preset(wanted)
        if ranked is not None:
            with st.popover(_("Recipe"), icon=":material/terminal:", width="stretch"):
                _command(wanted)
                recipe_loader(_take_recipe)
    return wanted


def as_moved(wanted: Wanted) -> Wanted:
    """The same with the sliders where they are now, which may be moved since it was told."""
    metrics, now = {metric.name: metric for metric in all_metrics()}, st.session_state
    weights = {
        name: 0.0 if metrics[name].unavailable() else float(now.get(weight_key(metrics[name]), weight))
        for name, weight in wanted.criteria.weights.items()
    }
    settings = {
        name: {one.name: _chosen(metrics[name], one, some[one.name]) for one in metrics[name].settings}
        for name, some in wanted.criteria.settings.items()
    }
    criteria = Criteria(
        weights=weights,
        settings=settings,
        min_score=float(now.get("min_score", wanted.criteria.min_score)),
        top=int(now.get("top", wanted.criteria.top)),
    )
    one_in = now.get("false_alarms")
    return replace(wanted, criteria=criteria, alarms=1 / int(one_in) if one_in else wanted.alarms)


def _chosen(metric: Metric, setting: Setting, former: SettingValue) -> SettingValue:
    value = st.session_state.get(metric.option(setting), former)
    return setting.default if value is None else value


@part("preset")
def _preset(wanted: Wanted) -> None:
    criteria = as_moved(wanted).criteria
    preset_box(all_metrics(), criteria.weights, criteria.settings)


@part("recipe")
def _command(wanted: Wanted) -> None:
    now = as_moved(wanted)
    st.caption(_("The same search on the command line."))
    st.code(
        command(now.criteria, now.filters, orientations=now.orientations, alarms=now.alarms),
        language="bash",
        wrap_lines=True,
    )
    recipe_saver(now.criteria, orientations=now.orientations, alarms=now.alarms)


def _take_recipe(recipe: Recipe) -> None:
    """Move all that it says; only in a callback."""
    set_criteria(recipe.criteria)
    st.session_state["min_score"] = recipe.criteria.min_score
    st.session_state["top"] = min(recipe.criteria.top, MOST_SHOWN)
    st.session_state["orientations"] = recipe.orientations
    wanted = 1 / (recipe.false_alarms or FALSE_ALARMS)
    st.session_state["false_alarms"] = min(ONE_IN, key=lambda one: abs(one - wanted))


def _ranking_controls(moved: Callable[[], None] | None) -> tuple[float, int, float]:
    st.header(_("Results"))
    min_score = st.slider(
        _("Minimum score"),
        0.0,
        1.0,
        0.0,
        0.01,
        key="min_score",
        help=_("Raise it to leave out weak matches."),
        on_change=moved,
        bind="query-params",
    )
    top = st.slider(
        _("Matches"),
        1,
        MOST_SHOWN,
        5,
        key="top",
        help=_("Raise it to see more of the ranking."),
        on_change=moved,
        bind="query-params",
    )
    one_in = st.select_slider(
        _("Accepted false alarms"),
        ONE_IN,
        round(1 / FALSE_ALARMS),
        format_func=lambda number: f"1 in {number:,}",
        key="false_alarms",
        help=_(
            "In how many searches for a picture that is not there something may be found. Fewer alarms, fewer finds."
        ),
        on_change=moved,
        bind="query-params",
    )
    return min_score, int(top), 1 / int(one_in)


def command(
    criteria: Criteria,
    filters: Mapping[str, Sequence[str]] | None = None,
    *,
    orientations: bool,
    alarms: float = FALSE_ALARMS,
) -> str:
    """The command that ranks by these criteria, among the pictures that fit the filters."""
    weights = ",".join(f"{name}={weight:g}" for name, weight in criteria.weights.items() if weight)
    words = ["python -m pictrace search PICTURE --catalog FILE", f"--weights {weights or 'none'}"]
    for metric in all_metrics():
        chosen = criteria.settings.get(metric.name, {})
        words += [f"--{metric.option(one)} {chosen[one.name]}" for one in metric.settings if one.name in chosen]
        if criteria.weights.get(metric.name):
            words += [shlex.quote(word) for word in metric.cli_words()]
    words += [f"--min-score {criteria.min_score:g}"] if criteria.min_score else []
    words += [f"--top {criteria.top}"]
    words += [f"--only {shlex.quote(f'{name}={value}')}" for name, some in (filters or {}).items() for value in some]
    words += [f"--false-alarms 1/{round(1 / alarms)}"] if alarms != FALSE_ALARMS else []
    words += [] if orientations else ["--no-orientations"]
    return " ".join(words)


def setting_controls(
    metric: Metric, *, prefix: str = "", in_address: bool = True, on_change: Callable[[], None] | None = None
) -> dict[str, SettingValue]:
    """A widget for each of its ranking settings; prefix: what its keys begin with, where several pages have them."""
    bind: Literal["query-params"] | None = "query-params" if in_address else None
    chosen: dict[str, SettingValue] = {}
    term = metric.title.rpartition(" (")[2].rstrip(")")
    for setting in metric.settings:
        # Several metrics may have the same settings.
        key, label = prefix + metric.option(setting), f"{translated(setting.title)} ({term})"
        if setting.numeric:
            low, high = float(setting.values[0]), float(setting.values[-1])
            step = (high - low) / (len(setting.values) - 1)
            chosen[setting.name] = st.slider(
                label,
                low,
                high,
                float(setting.default),
                round(step, 6),
                key=key,
                help=translated(setting.help),
                on_change=on_change,
                bind=bind,
            )
        else:
            picked = st.segmented_control(
                label,
                setting.values,
                default=setting.default,
                required=True,
                format_func=lambda value, labels=setting.labels: translated(labels.get(value, str(value))),
                key=key,
                help=translated(setting.help),
                on_change=on_change,
                bind=bind,
            )
            chosen[setting.name] = setting.default if picked is None else picked
    return chosen
