"""Draws any Explanation: the sentence, and the evidence as pictures, charts, formulas and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pictrace.app.components.keypoint_lines import keypoint_lines
from pictrace.app.shared.language import _, translated
from pictrace.catalog.cache import FeatureCache
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import fit
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import LooksCloser
from pictrace.metrics.described import described
from pictrace.metrics.drawn import Drawn
from pictrace.metrics.evidence import (
    BitGrids,
    Boxes,
    Channels,
    ComparedPair,
    Evidence,
    Explanation,
    HeatMap,
    Lines,
    Picture,
    Swatch,
    Swatches,
    Terms,
)
from pictrace.output.charts.evidence import channels_figure, unrelated_figure
from pictrace.output.drawing import draw_evidence
from pictrace.output.drawing.base import MATCH, QUERY, number
from pictrace.output.drawing.codes import swatch_groups
from pictrace.output.drawing.pairs import lines_caption, placed
from pictrace.searching.rarity import rarity, unrelated_values
from pictrace.service.details import Looks
from pictrace.service.workspaces import Workspace
from pictrace.told import about_a_pair, joined, told
from pictrace.wording import percent

__all__ = ["about_both", "draw", "draw_closer_look", "draw_rarity", "unrelated_of"]

LARGE_PX = 1400
SQUARE_PX = 160  # shown in a row: three in the column of details, two on a phone


Words = Callable[[str], str]
"""How the page says what the evidence says: translated, or about_both."""


def about_both(text: str) -> str:
    """In the session's language, of two pictures that are compared rather than of a search."""
    return translated(about_a_pair(text))


def draw(explanation: Explanation, words: Words = translated) -> None:
    """Any metric's explanation."""
    _draw(explanation.summary, explanation.evidence, explanation.metric, words)


def draw_closer_look(
    metric: LooksCloser, pair: ComparedPair, looks: Looks, key: str, words: Words = translated
) -> None:
    """What takes seconds to find out, when it is asked for; kept in looks by key."""
    if (
        st.button(words(metric.closer_look), icon=":material/troubleshoot:", key=f"closer_{metric.name}")
        and key not in looks
    ):
        try:
            with st.spinner(words(metric.looking)):
                looks[key] = metric.look_closer(pair)
        except PicTraceError as error:
            st.error(for_markdown(words(str(error))), icon=":material/error:")
    if key in looks:
        _draw(*looks[key], f"{metric.name}-closer", words)


def _draw(summary: str, parts: Sequence[Evidence], key: str, words: Words) -> None:
    st.markdown(words(summary))
    # A metric that shows small pictures has its map beside them.
    small = (Picture, HeatMap) if any(isinstance(part, Picture) for part in parts) else ()
    beside = [drawn for part in parts if isinstance(part, small) for drawn in _drawings(part, words)]
    if beside:
        _row(beside)
    for place, part in enumerate(parts):
        if not isinstance(part, small):
            _part(part, f"{key}-{place}", words)


def _drawings(part: Evidence, words: Words) -> list[Drawn]:
    """A part of the evidence as pictures, told in these words."""
    return [one.told(words) for one in draw_evidence(part)]


def _part(part: Evidence, key: str, words: Words) -> None:
    if isinstance(part, Channels):
        alt = words(told("{title}: red, green and blue levels of both pictures", title=part.title))
        st.plotly_chart(channels_figure(part, words), key=key, config={"displayModeBar": False}, alt=alt)
    elif isinstance(part, Swatches):
        _swatches(part, words)
    elif isinstance(part, Terms):
        st.markdown(f"**{words(part.title)}**")
        st.latex(part.formula)
        _row(_drawings(part, words), formulas=[term.formula for term in part.terms])
        st.caption(words(told("{sentence}.", sentence=part.source)))
    elif isinstance(part, Lines):
        st.markdown(f"**{words(part.title)}**")
        keypoint_lines(part, key=key, words=words)
        st.caption(words(lines_caption(part)))
        _pictures([one.told(words) for one in placed(part)])
    elif isinstance(part, Boxes | BitGrids):
        drawn = _drawings(part, words)
        if drawn:
            st.markdown(f"**{words(part.title)}**")
            _row(drawn, wide=isinstance(part, Boxes))
    else:
        _pictures(_drawings(part, words))


def _pictures(drawn: Sequence[Drawn]) -> None:
    """Large, one below the other."""
    for one in drawn:
        st.markdown(f"**{one.title}**")
        st.image(_jpeg(one, LARGE_PX), alt=one.alt, width="stretch")
        st.caption(one.caption)


def _row(pictures: Sequence[Drawn], *, formulas: Sequence[str] = (), wide: bool = False) -> None:
    """Pictures side by side, as many as fit into a line, or in columns; a caption that they share stands once."""
    if wide:
        places = st.columns(len(pictures))
    else:
        line = st.container(horizontal=True, gap="small")
        places = [line.container(width=SQUARE_PX, gap="xsmall") for _ in pictures]
    for index, (place, drawn) in enumerate(zip(places, pictures, strict=True)):
        with place:
            st.image(_jpeg(drawn, (3 if wide else 2) * SQUARE_PX), alt=drawn.alt, caption=drawn.title, width="stretch")
            if formulas:
                st.latex(formulas[index])
    for caption in dict.fromkeys(drawn.caption for drawn in pictures if drawn.caption):
        st.caption(caption)


def _jpeg(drawn: Drawn, long_side_px: int) -> bytes:
    return encode_jpeg(fit(drawn.image, long_side_px))


def _swatches(part: Swatches, words: Words) -> None:
    st.markdown(f"**{words(part.title)}**")
    head = f"<tr><th>{_('Colour')}</th><th>{_('Contribution')}</th><th>{words(QUERY)}</th><th>{words(MATCH)}</th></tr>"
    rows = "".join(
        f"<tr><td colspan=4><b>{words(what)}</b></td></tr>{_table_rows(some)}"
        for what, some in swatch_groups(part).items()
    )
    style = (
        "<style>.swatches {width: 100%; max-width: 34rem;}"
        ".swatches td, .swatches th {padding: .15rem .4rem; text-align: left;}</style>"
    )
    st.html(f"{style}<table class='swatches'>{head}{rows}</table>")
    st.caption(
        _(
            "The contributions, with {rest} from all other colours, add up to the correlation.",
            rest=f"{part.rest:+.4f}",
        )
    )


def _table_rows(some: Sequence[Swatch]) -> str:
    rows = []
    for one in some:
        name = "#{:02X}{:02X}{:02X}".format(*one.rgb)
        patch = (
            f"<span style='display:inline-block;width:2.2em;height:1.1em;vertical-align:middle;background:{name};"
            "border:1px solid #8A8F98;border-radius:3px'></span>"
        )
        shares = f"<td>{percent(one.query_share, 1)}</td><td>{percent(one.match_share, 1)}</td>"
        rows.append(f"<tr><td>{patch} {name}</td><td>{one.contribution:+.4f}</td>{shares}</tr>")
    return "".join(rows)


# How unusual ---------------------------------------------------------------------------------------


@st.cache_data(show_spinner=False, max_entries=16)
def _unrelated(
    identity: str,
    revision: int,
    feature_keys: Sequence[str],
    orientations: bool,
    _cache: FeatureCache,
    _metrics: Sequence[Metric],
) -> Mapping[str, NDArray[np.float32]]:
    """Kept by the catalog's identity and revision, and by what its features are."""
    return dict(unrelated_values(_cache, _metrics, orientations=orientations))


def unrelated_of(
    workspace: Workspace, metrics: Sequence[Metric], *, orientations: bool
) -> Mapping[str, NDArray[np.float32]]:
    """Each metric's values among unrelated pairs of the open catalog; compared once for each of its revisions."""
    workspace.wait()
    catalog = workspace.catalog
    keys = [metric.feature_key for metric in metrics]
    return _unrelated(catalog.identity, catalog.revision(), keys, orientations, workspace.cache, metrics)


def draw_rarity(
    workspace: Workspace, metric: Metric, metrics: Sequence[Metric], pair: ComparedPair, *, orientations: bool
) -> None:
    """How unusual the pair's value is among unrelated pairs of the open catalog; nothing where it has none."""
    raw = float(pair.scores.raw[(*metric.setting_positions({}), 0)])
    if np.isnan(raw):
        return
    try:
        values = unrelated_of(workspace, metrics, orientations=orientations)[metric.name]
    except PicTraceError as error:
        problem = told("It could not be worked out how unusual this is. {problem}", problem=str(error))
        st.caption(for_markdown(translated(problem)))
        return
    found = rarity(metric, raw, values)
    usual = ""
    if found.of:
        st.plotly_chart(
            unrelated_figure(metric, raw, values, translated),
            key=f"{metric.name}-unrelated",
            config={"displayModeBar": False},
            alt=_("Histogram of {number} unrelated pairs of this catalog, and where this pair lies", number=found.of),
        )
        digits = 0 if metric.scale.whole else 2
        low, middle, high = (number(value, digits) for value in (found.low, found.middle, found.high))
        usual = told("They usually lie between {low} and {high} (median {middle}).", low=low, high=high, middle=middle)
    value = described(metric.scale, raw)
    if metric.settings:
        value = told("{value}, at the default settings", value=value)
    st.markdown(translated(joined(told("{sentence}.", sentence=value), found.text, usual)))
