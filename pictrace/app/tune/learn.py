"""Learning weights from what is right, and moving the sliders to them."""

from __future__ import annotations

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.app.shared.preset_box import set_criteria
from pictrace.app.tune.measure import watch
from pictrace.app.tune.state import TuneState
from pictrace.escape import for_markdown
from pictrace.evaluation.cube import Cube
from pictrace.evaluation.learning.found import LEARNABLE
from pictrace.evaluation.learning.learn import Learned
from pictrace.output.recipes import learned_recipe
from pictrace.searching.recipe import recipe_text
from pictrace.service.tuning import Learning

__all__ = ["learn_from", "learn_part"]


def learn_part(state: TuneState) -> None:
    """Once something was measured."""
    cube = None if state.measuring is None else state.measuring.cube
    if cube is not None:
        learn_from(state, cube)


def learn_from(state: TuneState, cube: Cube) -> None:
    """The same of these scores."""
    st.header(_("Learn weights"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = st.selectbox(
            _("What is to be high"), LEARNABLE, format_func=translated, key="tune_measure", width=220
        )
        running = state.learning is not None and state.learning.running
        if st.button(_("Learn"), type="primary", icon=":material/school:", disabled=running):
            state.learning = Learning(cube, measure)
    job = state.learning
    if job is None:
        return
    watch(job, _("Step {done:,} of {total:,}"), "learning")
    if job.running:
        return
    if job.problem:
        st.warning(for_markdown(translated(job.problem)), icon=":material/school:")
    if job.learned is not None:
        _learned(job.learned, cube)


def _learned(learned: Learned, cube: Cube) -> None:
    recipe = learned_recipe(learned, cube)
    titles = {metric.name: translated(metric.title) for metric in cube.metrics}
    st.success(translated(recipe.measured.told) if recipe.measured else "", icon=":material/school:")
    if learned.better is not None:
        st.info(
            _(
                "{way} reaches as much here: what was learned is no gain.",
                way=for_markdown(translated(learned.better.way.title)),
            ),
            icon=":material/balance:",
        )
    if learned.warning:
        st.warning(translated(learned.warning), icon=":material/warning:")
    weights = ", ".join(f"{titles[name]} {weight:g}" for name, weight in learned.criteria.weights.items())
    chosen = learned.criteria.settings
    changed = [
        f"{translated(setting.title)} {value}"
        for metric in cube.metrics
        for setting in metric.settings
        if (value := chosen.get(metric.name, {}).get(setting.name, setting.default)) != setting.default
    ]
    told = for_markdown(", ".join([weights, *changed]))
    st.markdown(_("**Learned from all of them**: {weights}.", weights=told))
    st.dataframe(
        [
            {_("Ranked by"): translated(one.way.title)}
            | {
                translated(name): _("{value:.3f} ({low:.3f} to {high:.3f})", value=of.value, low=of.low, high=of.high)
                for name, of in one.figures.items()
            }
            for one in learned.results
        ],
        hide_index=True,
        key="tune_learned",
        height="content",
    )
    st.caption(_("On queries held out: {folds} parts, each measured by what the others taught.", folds=learned.folds))
    with st.container(horizontal=True):
        st.button(_("Apply"), type="primary", icon=":material/check:", on_click=set_criteria, args=(recipe.criteria,))
        st.download_button(
            _("Save the recipe"),
            recipe_text(recipe),
            "recipe.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
