"""Each metric on a photograph that one changes: its formula, its value at this moment, what it sees, when it fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pictrace.app.shared import evidence
from pictrace.app.shared.controls import setting_controls
from pictrace.app.shared.language import _, translated
from pictrace.app.shared.session import of_session
from pictrace.escape import for_markdown
from pictrace.features import Scale
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.graded import GRADED, UNGRADED
from pictrace.images.pixels import RGBImage, fit
from pictrace.images.reading import decode
from pictrace.metrics import loaded, ready_metrics
from pictrace.metrics.base import Metric
from pictrace.metrics.described import described
from pictrace.output.charts.similarities import similarities_figure
from pictrace.sample import PHOTOGRAPHS, photograph
from pictrace.searching.pair import PairScores, compare_queries
from pictrace.searching.query import prepare_query

__all__ = ["live_example"]

FIRST, CHANGE, STRENGTH = "coffee.png", "cropped", 0.4
ANOTHER = "another photograph"
SHOWN_PX, EVIDENCE_PX = 640, 760


@dataclass
class _Shown:
    """The pair that was compared last, and what it was made of."""

    made_of: tuple[str, str, float] | None = None
    images: tuple[RGBImage, RGBImage] | None = None
    scores: PairScores | None = None


@st.fragment
def live_example() -> None:
    """A photograph, what is done to it, and every metric's answer."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        names = list(PHOTOGRAPHS)
        name = st.selectbox(
            _("Photograph"),
            names,
            names.index(FIRST),
            format_func=lambda one: translated(PHOTOGRAPHS[one]),
            key="how_of",
        )
    changes = [*GRADED, ANOTHER]
    with middle:
        change = st.selectbox(
            _("What is done to it"), changes, changes.index(CHANGE), format_func=_first_upper, key="how_change"
        )
    with right:
        graded = change not in UNGRADED and change != ANOTHER
        strength = st.slider(_("How much"), 0.0, 1.0, STRENGTH, 0.05, key="how_strength", disabled=not graded)
    first, changed, scores = _compared(name, change, strength if graded else 0.0)
    pictures, bars = st.columns([3, 2], gap="medium")
    with pictures:
        title = translated(PHOTOGRAPHS[name])
        second = translated(PHOTOGRAPHS[_after(name)])
        if change != ANOTHER:
            second = _("{before}, {one}", before=title, one=translated(change))
        for column, image, said in zip(st.columns(2), (first, changed), (title, second), strict=True):
            with column:
                st.image(encode_jpeg(fit(image, SHOWN_PX)), alt=said, width="stretch")
                st.caption(f"{said}, {image.shape[1]} × {image.shape[0]}")
    metrics = scores.table.metrics
    with bars:
        st.plotly_chart(
            similarities_figure(scores.table, metrics, translated),
            key="how_bars",
            config={"displayModeBar": False},
            alt=_("Similarity of the changed photograph to the original, by metric"),
        )
    named = {metric.name: metric for metric in metrics}
    chosen = st.segmented_control(
        _("Metric"),
        list(named),
        default=metrics[0].name,
        required=True,
        format_func=lambda one: translated(named[one].title),
        key="how_metric",
    )
    with st.container(border=True):
        _told(named[chosen or metrics[0].name], scores)


def _told(metric: Metric, scores: PairScores) -> None:
    st.header(translated(metric.title), anchor=False)
    st.write(translated(metric.help))
    left, right = st.columns(2, gap="medium")
    with left:
        if metric.formula:
            st.latex(metric.formula)
            st.markdown(translated(metric.in_words))
        if metric.fails:
            st.markdown(_("**When it fails.** {fails}", fails=translated(metric.fails)))
        st.caption(_("Features: `{features}`", features=metric.feature_key))
    with right:
        settings = setting_controls(metric, prefix="how_", in_address=False)
        explanation = metric.explain_pair(scores.pairs[metric.name], settings)
        scale = metric.scale_for(settings)
        st.markdown(f"**{translated(described(scale, explanation.raw))}.** {_counts(scale)}")
        st.latex(_worked(scale, explanation.raw, explanation.similarity))
    with st.container(width=EVIDENCE_PX):
        evidence.draw(explanation, evidence.about_both)


def _compared(name: str, change: str, strength: float) -> tuple[RGBImage, RGBImage, PairScores]:
    """(original, changed, every metric's answer); made anew only where something else is asked for."""
    shown = of_session(_Shown)
    if shown.made_of != (name, change, strength) or shown.images is None or shown.scores is None:
        original = decode(photograph(name))
        changed = decode(photograph(_after(name))) if change == ANOTHER else GRADED[change](original, strength)
        metrics = loaded(ready_metrics())
        queries = [prepare_query(encode_png(one), metrics) for one in (changed, original)]
        shown.images, shown.scores = (original, changed), compare_queries(queries[0], queries[1])
        shown.made_of = (name, change, strength)
    return (*shown.images, shown.scores)


def _after(name: str) -> str:
    """Another photograph than this one."""
    names = list(PHOTOGRAPHS)
    return names[(names.index(name) + 1) % len(names)]


def _worked(scale: Scale, raw: float, similarity: float) -> str:
    """The line from the value to the similarity, with today's numbers in it."""
    if np.isnan(raw):
        told = _("similarity: not comparable")
        return rf"\text{{{told}}}"
    value, worst, best = (f"{one:.0f}" if scale.whole else f"{one:.2f}" for one in (raw, scale.worst, scale.best))
    name = _("similarity")
    line = rf"\text{{{name}}} = \frac{{\vphantom{{\big|}} {value} - {worst}}}{{{best} - {worst}}}"
    beyond = (raw - scale.worst) / (scale.best - scale.worst)
    return rf"{line} = {beyond:.2f}" + ("" if 0 <= beyond <= 1 else rf" \;\to\; {similarity:.0f}")


def _counts(scale: Scale) -> str:
    """Which raw values count, as in "30 matching details or more count fully; 4 or fewer not at all."."""
    best, worst = translated(described(scale, scale.best)), scale.worst
    if scale.smaller_is_nearer:
        return _("{best}: counts fully; {worst:.0f} or more: not at all.", best=best, worst=worst)
    if scale.whole:
        return _("{best} or more count fully; {worst:.0f} or fewer not at all.", best=best, worst=worst)
    return _("{best} counts fully; {worst:.2f} or less not at all.", best=best, worst=worst)


def _first_upper(text: str) -> str:
    said = translated(text)
    return for_markdown(said[:1].upper() + said[1:])
