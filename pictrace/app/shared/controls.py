"""Controls made from the list of metrics: what counts as a match, all kept in the page's address."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from pictrace.app.components import copy_link
from pictrace.app.shared.filters import metadata_filters
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.model import not_ready
from pictrace.app.shared.recipe import recipe_file
from pictrace.features import Settings, SettingValue
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.searching.presets import DEFAULT_PRESET, Preset, all_presets, get_preset
from pictrace.searching.recipe import Recipe
from pictrace.searching.table import Criteria
from pictrace.service.workspaces import Workspace

__all__ = [
    "MOST_WEIGHT",
    "WEIGHT_STEP",
    "Wanted",
    "criteria_controls",
    "set_criteria",
    "set_weights",
    "setting_controls",
]

CUSTOM = "custom"
MOST_SHOWN = 60
MOST_WEIGHT = 3.0
WEIGHT_STEP = 0.1
ONE_IN = (20, 50, 100, 200, 500, 1000)


def _weight_key(metric: Metric) -> str:
    return f"w_{metric.name}"


def _apply(preset: Preset, metrics: Sequence[Metric]) -> None:
    for metric in metrics:
        st.session_state[_weight_key(metric)] = float(preset.weights.get(metric.name, 0.0))
        chosen = preset.settings.get(metric.name, {})
        for setting in metric.settings:
            value = chosen.get(setting.name, setting.default)
            st.session_state[metric.option(setting)] = value


def set_weights(weights: Mapping[str, float]) -> None:
    """Move the weights' sliders; only in a callback, before they are drawn."""
    for metric in all_metrics():
        if metric.name in weights:
            st.session_state[_weight_key(metric)] = weights[metric.name]


def set_criteria(criteria: Criteria) -> None:
    """Move all sliders and settings; only in a callback, before they are drawn."""
    metrics = all_metrics()
    _apply(Preset("", "", "", criteria.weights, criteria.settings), metrics)


def _on_preset(key: str, metrics: Sequence[Metric]) -> None:
    name = st.session_state.get(key)
    if name and name != CUSTOM and key != _box_at(name):  # where the sliders were anyway: no choice, but an echo
        _apply(get_preset(name), metrics)


def _box_at(preset: str) -> str:
    """The key of the box of presets while the sliders are at this one."""
    return f"preset_at_{preset}"


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
                        key=_weight_key(metric),
                        help=translated(metric.help),
                        disabled=bool(hindrance),
                        bind="query-params",
                    )
                    weights[metric.name] = 0.0 if hindrance else weight
                    if hindrance:
                        not_ready(metric)
                chosen = setting_controls(metric)
                if chosen:
                    settings[metric.name] = chosen
            orientations = st.toggle(
                _("Also match mirrored and rotated copies"),
                value=True,
                key="orientations",
                help=_("Compares your picture in all eight orientations."),
                bind="query-params",
            )
            min_score, top, alarms = (0.0, 1, FALSE_ALARMS) if ranked is None else _ranking_controls()
        with preset_place:
            _preset_control(metrics, weights, settings)
        filters: Mapping[str, tuple[str, ...]] = {} if ranked is None else metadata_filters(ranked)
        copy_link(_("Copy link to these settings"), key="copy_link", words=translated)
        criteria = Criteria(weights=weights, settings=settings, min_score=min_score, top=top)
        if ranked is not None:
            with st.popover(_("Recipe"), icon=":material/terminal:", width="stretch"):
                st.caption(_("The same search on the command line."))
                st.code(
                    command(criteria, filters, orientations=orientations, alarms=alarms),
                    language="bash",
                    wrap_lines=True,
                )
                recipe_file(criteria, orientations=orientations, alarms=alarms, take=_take_recipe)
    return Wanted(criteria, orientations, filters, alarms)


def _take_recipe(recipe: Recipe) -> None:
    """Move all that it says; only in a callback."""
    set_criteria(recipe.criteria)
    st.session_state["min_score"] = recipe.criteria.min_score
    st.session_state["top"] = min(recipe.criteria.top, MOST_SHOWN)
    st.session_state["orientations"] = recipe.orientations
    wanted = 1 / (recipe.false_alarms or FALSE_ALARMS)
    st.session_state["false_alarms"] = min(ONE_IN, key=lambda one: abs(one - wanted))


def _ranking_controls() -> tuple[float, int, float]:
    st.header(_("Results"))
    min_score = st.slider(
        _("Minimum score"),
        0.0,
        1.0,
        0.0,
        0.01,
        key="min_score",
        help=_("Raise it to leave out weak matches."),
        bind="query-params",
    )
    top = st.slider(
        _("Matches"), 1, MOST_SHOWN, 5, key="top", help=_("Raise it to see more of the ranking."), bind="query-params"
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


def setting_controls(metric: Metric, *, prefix: str = "", in_address: bool = True) -> dict[str, SettingValue]:
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
                bind=bind,
            )
            chosen[setting.name] = setting.default if picked is None else picked
    return chosen


def _preset_control(metrics: Sequence[Metric], weights: dict[str, float], settings: dict[str, Settings]) -> None:
    """The preset that the sliders are at now, or "custom"; choosing one moves the sliders.

    It is another widget for each preset that they are at. A browser in which a slider moves on while the page is being
    drawn sends the box's value of before. Of a single box that would look like a choice, and take the move back.
    """
    presets = {preset.name: preset for preset in all_presets()}
    current = next((name for name, preset in presets.items() if _is_at(preset, metrics, weights, settings)), CUSTOM)
    key, options = _box_at(current), [*presets, *([CUSTOM] if current == CUSTOM else [])]
    titles = {name: translated(preset.title) for name, preset in presets.items()} | {CUSTOM: _("Custom")}
    st.selectbox(
        _("Preset"),
        options,
        index=options.index(current),
        key=key,
        format_func=lambda name: titles[name],
        on_change=_on_preset,
        args=(key, metrics),
        help=" ".join(f"**{translated(preset.title)}**: {translated(preset.help)}" for preset in presets.values()),
    )


def _is_at(preset: Preset, metrics: Sequence[Metric], weights: dict[str, float], settings: dict[str, Settings]) -> bool:
    for metric in metrics:
        wanted = float(preset.weights.get(metric.name, 0.0))
        if abs(weights[metric.name] - wanted) > 1e-6:
            return False
        if wanted and metric.settings:
            theirs = metric.setting_positions(preset.settings.get(metric.name, {}))
            if metric.setting_positions(settings.get(metric.name, {})) != theirs:
                return False
    return True
