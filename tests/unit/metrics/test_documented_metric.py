"""The example of docs/metrics.md, added as one file, is a metric like any other: everywhere, without another edit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from pictrace.cli import main
from pictrace.metrics import all_metrics, colour_of, get_metric, rediscover
from tests.app.page import Page
from tests.metrics import readme_table
from tests.paths import ROOT

NAME = "meancolour"

# A second metric with a setting named as one of ours.
TINTED = """
from dataclasses import dataclass
import numpy as np
from pictrace.features import Setting
from my_meancolour import MeanColour

@dataclass(frozen=True)
class Tinted(MeanColour):
    name = "tinted"
    settings = (Setting("ratio", "Ratio", "", (0.5, 1.0), 1.0),)

    def compare(self, query, batch):
        whole = super().compare(query, batch)
        return np.stack([whole / 2, whole])
"""


@pytest.fixture(scope="module", autouse=True)
def backend() -> None:
    """The contract's own process sees to the kernels; nothing here depends on them."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages, one of which names the documented metric, and some that are of no use."""
    site = tmp_path_factory.mktemp("site")
    information = site / "my_metrics-1.0.dist-info"
    information.mkdir()
    (example, *_) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "metrics.md").read_text("utf-8"), re.DOTALL)
    (site / "my_meancolour.py").write_text(example, "utf-8")
    (site / "my_tinted.py").write_text(TINTED, "utf-8")
    (site / "my_broken.py").write_text("raise RuntimeError('out of order')", "utf-8")
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my-metrics\nVersion: 1.0\n", "utf-8")
    (information / "entry_points.txt").write_text(
        "[pictrace.metrics]\nbroken = my_broken:Metric\nmean = my_meancolour:MeanColour\n"
        "no_class = my_meancolour:np\ntinted = my_tinted:Tinted\ntwice = my_meancolour:MeanColour\n",
        "utf-8",
    )
    return site


@pytest.fixture
def added(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(site))
    rediscover()
    yield
    rediscover()


@pytest.mark.slow
def test_they_keep_the_contract(site: Path) -> None:
    """By the very suite that tests our own, in a process that finds them."""
    chosen = f"{NAME} or tinted or two_metrics or discovery"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", chosen, "tests/unit/metrics/test_metric_contract.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 36


def test_it_is_found_once_and_has_a_colour_of_its_own(added: None, caplog: pytest.LogCaptureFixture) -> None:
    metric = get_metric(NAME)
    colours = [colour_of(one) for one in all_metrics()]
    assert colours.count(colour_of(metric)) == 1
    assert [one.name for one in all_metrics()].count(NAME) == 1
    told = " ".join(record.getMessage() for record in caplog.records)
    assert "out of order" in told
    assert "no class of a Metric" in told
    assert "there is one of that name" in told


def test_it_explains_itself_without_evidence(added: None) -> None:
    red, blue = np.zeros((2, 9, 9, 3), np.uint8)
    red[..., 0] = 40
    told = get_metric(NAME).explain(red, blue)
    assert told.summary == "Mean colour: 40.00 levels apart."
    assert told.evidence == ()
    assert told.similarity == pytest.approx(0.6)


def test_the_command_line_takes_its_weight_and_a_setting_named_as_another(
    added: None, photographs: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "coffee.png").write_bytes(photographs["coffee.png"])
    picture, catalog = str(tmp_path / "coffee.png"), str(tmp_path / "catalog.sqlite")
    assert main(["index", picture, "--catalog", catalog]) == 0
    weights = ["--weights", f"{NAME}=1,tinted=2,orb=1", "--tinted-ratio", "0.5", "--orb-ratio", "0.8"]
    assert main(["search", picture, "--catalog", catalog, *weights]) == 0
    assert "coffee" in capsys.readouterr().out


@pytest.mark.slow
def test_the_page_has_a_slider_for_it(added: None, photographs: dict[str, bytes]) -> None:
    st.cache_resource.clear()
    st.cache_data.clear()
    page = Page.open()
    assert page.weights()[NAME] == 1.0
    page.upload(photographs["coffee.png"])
    page.slide("w_tinted", 2.0)
    page.slide("tinted-ratio", 0.5)
    assert page.slider(key="orb-ratio").value == 0.75
    st.cache_resource.clear()
    st.cache_data.clear()


def test_the_table_of_the_readme_would_have_a_row_for_it(added: None) -> None:
    assert "| Mean colour | Counts pictures of the same overall tint. | levels apart |" in readme_table(all_metrics())
