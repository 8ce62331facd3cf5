"""Controls made from the list of metrics, and the ways in for a query."""

from __future__ import annotations

import random
import shlex
from collections.abc import Mapping, Sequence

import streamlit as st

from pictrace.app.components import Tile, copy_link, paste_button, tiles
from pictrace.app.filters_view import metadata_filters
from pictrace.app.kept_settings import kept
from pictrace.app.picture_input import catalog_picture, linked_picture, picture_types
from pictrace.app.state import UPLOAD_LIMITS, Picture, Session
from pictrace.app.workspaces import Workspace
from pictrace.errors import PicTraceError
from pictrace.images import load, thumbnail
from pictrace.metrics import all_metrics
from pictrace.metrics.base import Metric, Settings, SettingValue
from pictrace.presets import DEFAULT_PRESET, Preset, all_presets, get_preset
from pictrace.sample import example_queries
from pictrace.scores import Criteria

__all__ = ["MOST_WEIGHT", "WEIGHT_STEP", "criteria_controls", "example_tiles", "query_inputs", "set_weights"]

CUSTOM = "custom"
MOST_WEIGHT = 3.0
WEIGHT_STEP = 0.1


def _weight_key(metric: Metric) -> str:
    return f"w_{metric.name}"


def _setting_key(metric: Metric, name: str) -> str:
    return f"{metric.name}_{name}"


def _apply(preset: Preset, metrics: Sequence[Metric]) -> None:
    for metric in metrics:
        st.session_state[_weight_key(metric)] = float(preset.weights.get(metric.name, 0.0))
        chosen = preset.settings.get(metric.name, {})
        for setting in metric.settings:
            value = chosen.get(setting.name, setting.default)
            st.session_state[_setting_key(metric, setting.name)] = value


def set_weights(weights: Mapping[str, float]) -> None:
    """Move the weights' sliders; only in a callback, before they are drawn."""
    for metric in all_metrics():
        if metric.name in weights:
            st.session_state[_weight_key(metric)] = weights[metric.name]


def _on_preset(metrics: Sequence[Metric]) -> None:
    name = st.session_state.get("preset")
    if name and name != CUSTOM:
        _apply(get_preset(name), metrics)


def criteria_controls(
    metrics: Sequence[Metric], state: Session, *, ranked: Workspace | None = None
) -> tuple[Criteria, bool]:
    """The sidebar: what counts as a match, and whether orientations are tried. All kept in the address.

    ranked: the catalog that is searched, for which there is also what is shown of its ranking, and filters.
    """
    keys = [_weight_key(metric) for metric in metrics]
    keys += [_setting_key(metric, setting.name) for metric in metrics for setting in metric.settings]
    with kept(state, [*keys, "min_score", "top", "orientations"]), st.sidebar:
        st.subheader("What counts as a match")
        preset_place = st.container()
        weights: dict[str, float] = {}
        settings: dict[str, Settings] = {}
        default = get_preset(DEFAULT_PRESET)
        for metric in metrics:
            with st.container(key=f"metric-{metric.name}", gap="xsmall"):
                weights[metric.name] = st.slider(
                    metric.title,
                    0.0,
                    MOST_WEIGHT,
                    float(default.weights.get(metric.name, 0.0)),
                    WEIGHT_STEP,
                    "%.1f",
                    key=_weight_key(metric),
                    help=metric.help,
                    bind="query-params",
                )
            chosen = _setting_controls(metric)
            if chosen:
                settings[metric.name] = chosen
        with preset_place:
            _preset_control(metrics, weights, settings)
        min_score, top = (0.0, 1) if ranked is None else _ranking_controls()
        if ranked is not None:
            state.filters = metadata_filters(ranked, state)
        orientations = st.toggle(
            "Also try mirrored and turned",
            value=True,
            key="orientations",
            help="Compares your picture in all eight orientations.",
            bind="query-params",
        )
        copy_link("Copy link to these settings", key="copy_link")
        criteria = Criteria(weights=weights, settings=settings, min_score=min_score, top=top)
        if ranked is not None:
            with st.popover("Recipe", icon=":material/terminal:", width="stretch"):
                st.caption("The same search on the command line.")
                st.code(recipe(criteria, state.filters, orientations=orientations), language="bash", wrap_lines=True)
    return criteria, orientations


def _ranking_controls() -> tuple[float, int]:
    st.subheader("What is shown")
    min_score = st.slider(
        "Minimum score",
        0.0,
        1.0,
        0.0,
        0.01,
        key="min_score",
        help="Raise it to leave out weak matches.",
        bind="query-params",
    )
    top = st.slider("Matches", 1, 24, 5, key="top", help="Raise it to see more of the ranking.", bind="query-params")
    return min_score, int(top)


def recipe(criteria: Criteria, filters: Mapping[str, Sequence[str]] | None = None, *, orientations: bool) -> str:
    """The command that ranks by these criteria, among the pictures that fit the filters."""
    weights = ",".join(f"{name}={weight:g}" for name, weight in criteria.weights.items() if weight)
    words = ["python -m pictrace search PICTURE --catalog FILE", f"--weights {weights or 'none'}"]
    words += [f"--{name} {value}" for chosen in criteria.settings.values() for name, value in chosen.items()]
    words += [f"--min-score {criteria.min_score:g}"] if criteria.min_score else []
    words += [f"--top {criteria.top}"]
    words += [f"--only {shlex.quote(f'{name}={value}')}" for name, some in (filters or {}).items() for value in some]
    words += [] if orientations else ["--no-orientations"]
    return " ".join(words)


def _setting_controls(metric: Metric) -> dict[str, SettingValue]:
    chosen: dict[str, SettingValue] = {}
    for setting in metric.settings:
        key = _setting_key(metric, setting.name)
        if setting.numeric:
            low, high = float(setting.values[0]), float(setting.values[-1])
            step = (high - low) / (len(setting.values) - 1)
            chosen[setting.name] = st.slider(
                setting.title,
                low,
                high,
                float(setting.default),
                round(step, 6),
                key=key,
                help=setting.help,
                bind="query-params",
            )
        else:
            picked = st.segmented_control(
                setting.title,
                setting.values,
                default=setting.default,
                required=True,
                format_func=lambda value, labels=setting.labels: labels.get(value, str(value)),
                key=key,
                help=setting.help,
                bind="query-params",
            )
            chosen[setting.name] = setting.default if picked is None else picked
    return chosen


def _preset_control(metrics: Sequence[Metric], weights: dict[str, float], settings: dict[str, Settings]) -> None:
    """The preset that the sliders are at now, or "custom"; choosing one moves the sliders."""
    presets = {preset.name: preset for preset in all_presets()}
    current = next((name for name, preset in presets.items() if _is_at(preset, metrics, weights, settings)), CUSTOM)
    st.session_state["preset"] = current
    titles = {name: preset.title for name, preset in presets.items()} | {CUSTOM: "Custom"}
    st.selectbox(
        "Preset",
        [*presets, *([CUSTOM] if current == CUSTOM else [])],
        key="preset",
        format_func=lambda name: titles[name],
        on_change=_on_preset,
        args=(metrics,),
        help=" ".join(f"**{preset.title}**: {preset.help}" for preset in presets.values()),
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


def query_inputs(workspace: Workspace, state: Session) -> None:
    """Upload, paste, link, camera, or one of the catalog's own."""
    key = f"upload_{state.uploads}"
    uploaded = st.file_uploader(
        "Your picture",
        type=picture_types(),
        key=key,
        on_change=_on_upload,
        args=(state, key),
        max_upload_size=UPLOAD_LIMITS.max_bytes // 1024**2,
        label_visibility="collapsed",
    )
    del uploaded  # taken by the callback, once, so that later inputs are not overruled at every rerun
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
        with st.container(width=92):
            pasted = paste_button(key="paste", max_bytes=UPLOAD_LIMITS.max_bytes)
        if pasted is not None:
            state.look_for(Picture(pasted.data, pasted.name, "paste"))
        with st.popover("Link", icon=":material/link:"):
            _link_input(state)
        with st.popover("Camera", icon=":material/photo_camera:"):
            _camera_input(state)
        if st.button("Surprise me", icon=":material/casino:", help="Takes a picture of the catalog as the query."):
            _surprise(workspace, state)
        if (state.picture or state.asked) is not None and st.button("Clear", icon=":material/close:"):
            state.clear()
            st.rerun()


def _on_upload(state: Session, key: str) -> None:
    file = st.session_state.get(key)
    if file is not None:
        state.look_for(Picture(file.getvalue(), file.name, "upload"))


def _link_input(state: Session) -> None:
    with st.form("link", border=False):
        address = st.text_input("Address of a picture", placeholder="https://…", key="link_address")
        asked = st.form_submit_button("Fetch", type="primary")
    if asked and address.strip():
        try:
            with st.spinner("Fetching the picture"):
                state.look_for(linked_picture(address.strip()))
        except PicTraceError as error:
            state.refuse(str(error))


def _camera_input(state: Session) -> None:
    if st.toggle("Turn the camera on", key="camera_on"):
        st.camera_input("Take a picture", key="camera", on_change=_on_camera, args=(state,))
    else:
        st.caption("The browser will ask for permission.")


def _on_camera(state: Session) -> None:
    shot = st.session_state.get("camera")
    if shot is not None:
        state.look_for(Picture(shot.getvalue(), "camera picture", "camera"))


def _surprise(workspace: Workspace, state: Session) -> None:
    ids = workspace.catalog.ids()
    if not len(ids):
        state.refuse("The catalog is empty. Add pictures to it first.")
        return
    chosen = int(random.choice(ids))  # noqa: S311 (a surprise, not a secret)
    take_from_catalog(workspace, state, chosen)


def take_from_catalog(workspace: Workspace, state: Session, picture_id: int) -> None:
    """A picture of the catalog as the query, from its original."""
    try:
        state.look_for(catalog_picture(workspace, picture_id))
    except PicTraceError as error:
        state.refuse(str(error))


@st.cache_data(show_spinner=False, max_entries=16)
def _example(name: str) -> tuple[bytes, bytes]:
    """An example's bytes and thumbnail."""
    data = next(one for one in example_queries() if one.name == name).data()
    return data, thumbnail(load(data), 160)


def example_tiles(state: Session) -> None:
    """Queries one click away."""
    examples = {one.name: one for one in example_queries()}
    picked = tiles(
        [Tile(name, one.title, _example(name)[1]) for name, one in examples.items()],
        label="Example queries",
        key="examples",
    )
    if picked is not None:
        state.look_for(Picture(_example(picked)[0], examples[picked].title, "example"))
        state.uploads += 1
        st.rerun()
