"""Every metric's number for one pair of pictures, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pictrace.metrics.base import Metric
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
                "Metric": metric.title,
                "Value": metric.scale_for(criteria.settings.get(metric.name, {})).describe(part.raw),
                "Similarity": part.similarity,
                "Weight": part.weight,
                "Contribution": part.contribution,
                **{name: texts[metric.name] for name, texts in (further or {}).items()},
            }
        )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "Similarity": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f", width="small"),
            "Weight": st.column_config.NumberColumn(format="%.1f", width=60),
            "Contribution": st.column_config.NumberColumn(
                format="%.2f", width=92, help="The sum of this column is the score."
            ),
        },
    )
