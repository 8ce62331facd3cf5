"""Charts that plotly does not check are the ones that it would have made."""

import json
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from pictrace.catalog.records import PictureRecord
from pictrace.features import RawScores
from pictrace.metrics import get_metric
from pictrace.output.charts.frame import Ready
from pictrace.output.charts.results import contributions_figure, distribution_figure
from pictrace.searching.find import Found
from pictrace.searching.table import Criteria, ScoreTable

METRICS = (get_metric("histogram"), get_metric("phash"))
CRITERIA = Criteria(weights={"histogram": 1.0, "phash": 0.5}, top=5)


def searched(colours: Sequence[float], bits: Sequence[float]) -> tuple[ScoreTable, list[Found]]:
    columns = tuple(RawScores.upright(np.array(values, np.float32)) for values in (colours, bits))
    ids = np.arange(1, len(colours) + 1)
    table = ScoreTable(ids, METRICS, columns, catalog_size=len(ids))
    records = {int(one): PictureRecord(int(one), b"", "JPEG", 640, 480, 1, "", ()) for one in ids}
    return table, [Found(one, records[one.id]) for one in table.rank(CRITERIA)]


@pytest.mark.parametrize("name", ["plotly", None])
def test_nothing_is_lost_unchecked(name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pio.templates, "default", name)
    table, found = searched([0.9, 0.5, 0.1], [3.0, np.nan, 30.0])
    for figure in (
        contributions_figure(found, METRICS, CRITERIA),
        distribution_figure(table, found, METRICS, CRITERIA),
    ):
        assert isinstance(figure, Ready)
        drawn = figure.to_dict()
        layout = {key: value for key, value in drawn["layout"].items() if key != "template"}
        checked = go.Figure(drawn["data"], layout)  # which lays the default template under it by itself
        assert json.loads(pio.to_json(figure, validate=False)) == json.loads(checked.to_json())
