"""The box of presets, and moving the sliders of weights and settings to where one of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.features import Settings
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric
from pictrace.searching.presets import Preset, all_presets, get_preset
from pictrace.searching.table import Criteria

__all__ = ["preset_box", "set_criteria", "set_weights", "weight_key"]

CUSTOM = "custom"


def weight_key(metric: Metric) -> str:
    return f"w_{metric.name}"


def _apply(preset: Preset, metrics: Sequence[Metric]) -> None:
    for metric in metrics:
        st.session_state[weight_key(metric)] = float(preset.weights.get(metric.name, 0.0))
        chosen = preset.settings.get(metric.name, {})
        for setting in metric.settings:
            value = chosen.get(setting.name, setting.default)
            st.session_state[metric.option(setting)] = value


def set_weights(weights: Mapping[str, float]) -> None:
    """Move the weights' sliders; only in a callback, before they are drawn."""
    for metric in all_metrics():
        if metric.name in weights:
            st.session_state[weight_key(metric)] = weights[metric.name]


def set_criteria(criteria: Criteria) -> None:
    """Move all sliders and settings; only in a callback, before they are drawn."""
    metrics = all_metrics()
    _apply(Preset("", "", "", criteria.weights, criteria.settings), metrics)


def _on_preset(key: str, metrics: Sequence[Metric]) -> None:
    """Move the sliders, which are not of the part of the page that the box is in."""
    name = st.session_state.get(key)
    if name and name != CUSTOM and key != _box_at(name):  # where the sliders were anyway: no choice, but an echo
        _apply(get_preset(name), metrics)
        st.rerun()


def _box_at(preset: str) -> str:
    """The key of the box of presets while the sliders are at this one."""
    return f"preset_at_{preset}"


def preset_box(metrics: Sequence[Metric], weights: Mapping[str, float], settings: Mapping[str, Settings]) -> None:
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


def _is_at(
    preset: Preset, metrics: Sequence[Metric], weights: Mapping[str, float], settings: Mapping[str, Settings]
) -> bool:
    for metric in metrics:
        wanted = float(preset.weights.get(metric.name, 0.0))
        if abs(weights[metric.name] - wanted) > 1e-6:
            return False
        if wanted and metric.settings:
            theirs = metric.setting_positions(preset.settings.get(metric.name, {}))
            if metric.setting_positions(settings.get(metric.name, {})) != theirs:
                return False
    return True
