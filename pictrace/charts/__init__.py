"""Data to Plotly figures; no streamlit, no state. Each figure answers the question that is its title."""

from pictrace.charts.evidence import channels_figure, unrelated_figure
from pictrace.charts.frame import brief_titles
from pictrace.charts.results import contributions_figure, counts_figure, distribution_figure
from pictrace.charts.weights import agreement_figure, ranges_figure, what_if_figure

__all__ = [
    "agreement_figure",
    "brief_titles",
    "channels_figure",
    "contributions_figure",
    "counts_figure",
    "distribution_figure",
    "ranges_figure",
    "unrelated_figure",
    "what_if_figure",
]
