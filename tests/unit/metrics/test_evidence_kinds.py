"""A kind of evidence is one file: the one of docs/metrics.md is drawn, shown and reported without another edit."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pictrace.metrics.evidence import Evidence
from pictrace.output.drawing import draw_evidence
from tests.paths import ROOT


@pytest.fixture(autouse=True)
def patch_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "metrics.md").read_text("utf-8"), re.DOTALL)
        if "@draw.register" in block
    )
    (tmp_path / "my_patch.py").write_text(example, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_it_is_drawn() -> None:
    (drawn,) = draw_evidence(importlib.import_module("my_patch").Patch("Tint", (10, 20, 30)))
    assert drawn.title == "Tint"
    np.testing.assert_array_equal(drawn.image[0, 0], (10, 20, 30))


def test_the_page_shows_it() -> None:
    def script() -> None:
        import importlib

        from pictrace.app.shared.evidence import draw
        from pictrace.metrics.evidence import Explanation

        patch = importlib.import_module("my_patch").Patch
        draw(Explanation("meancolour", 0.0, 1.0, "Of one tint.", (patch("Tint", (10, 20, 30)),)))

    page = AppTest.from_function(script).run()
    assert not page.exception
    assert [one.value for one in page.markdown] == ["Of one tint.", "**Tint**"]
    assert [one.value for one in page.caption] == ["The colour that both pictures share."]
    assert len(page.get("image")) == 1


def test_what_nothing_draws_is_a_mistake_that_says_so() -> None:
    @dataclass(frozen=True)
    class Undrawn(Evidence):
        pass

    with pytest.raises(NotImplementedError, match="draws Undrawn"):
        draw_evidence(Undrawn("nothing"))
