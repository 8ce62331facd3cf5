"""Every metric's number for one pair of pictures, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pictrace.app.shared.language import _, translated
from pictrace.metrics.base import Metric
from pictrace.metrics.described import described
from pictrace.searching.table import Criteria, Match

__all__ = ["numbers_table"]


def numbers_table(
    match: Match,
    metrics: Sequence[Metric],
    criteria: Criteria,
    further: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Every metric's value, similarity, weight and contribution, a row each.

    further: texts by metric name, for columns of these names.
    """
    rows = []
    for metric in metrics:
        part = match.metrics[metric.name]
        rows.append(
            {
                _("Metric"): translated(metric.title),
                _("Value"): translated(described(metric.scale_for(criteria.settings.get(metric.name, {})), part.raw)),
                _("Similarity"): part.similarity,
                _("Weight"): part.weight,
                _("Contribution"): part.contribution,
                **{name: translated(texts[metric.name]) for name, texts in (further or {}).items()},
            }
        )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            _("Similarity"): st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f", width=68),
            _("Weight"): st.column_config.NumberColumn(format="%.1f", width=54),
            _("Contribution"): st.column_config.NumberColumn(
                format="%.2f", width=88, help=_("The sum of this column is the score.")
            ),
        },
    )
