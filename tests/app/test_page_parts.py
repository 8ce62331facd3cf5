"""Sliders of the search page are answered by its parts alone where nothing else of it changes, and wholly elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.paths import ROOT

pytestmark = pytest.mark.slow  # each test drives a whole page


@pytest.fixture
def app() -> AppTest:
    """With a search's results; of a run of parts alone the harness shows these parts alone."""
    opened = AppTest.from_file(str(Path(ROOT) / "streamlit_app.py"), default_timeout=120)
    opened.run()
    opened.query_params["q"] = "example:tilted"
    return opened.run()


def is_whole(app: AppTest) -> bool:
    assert not app.exception
    return bool(app.slider)


def move(app: AppTest, **sliders: float) -> AppTest:
    for key, value in sliders.items():
        app.slider(key=key).set_value(value)
    return app.run()


def test_parts_answer_alone_and_say_where_the_sliders_are(app: AppTest) -> None:
    assert is_whole(app)
    move(app, w_ssim=2.5, top=3)
    assert not is_whole(app)
    assert "ssim=2.5" in app.code[0].value
    assert "--top 3" in app.code[0].value
    (box,) = (one for one in app.selectbox if one.label == "Preset")
    assert box.value == "custom"
    assert [one.value for one in app.title]


def test_the_whole_page_answers_where_nothing_is_found(app: AppTest) -> None:
    assert is_whole(move(app, min_score=1.0))


def test_the_whole_page_answers_where_no_weight_is_left(app: AppTest) -> None:
    weights = [one.key for one in app.slider if (one.key or "").startswith("w_") and not one.disabled]
    move(app, **{str(key): 0.0 for key in weights})
    assert is_whole(app)
    assert app.title[0].value == "All weights are zero"


def test_the_whole_page_answers_where_other_parts_depend_on_the_sliders(app: AppTest) -> None:
    (side,) = (one for one in app.segmented_control if one.key == "beside")
    side.set_value("Disagreement").run()
    assert is_whole(move(app, w_ssim=2.5))


def test_a_preset_moves_all_sliders(app: AppTest) -> None:
    """Its box is of a part, the sliders are not."""
    (box,) = (one for one in app.selectbox if one.label == "Preset")
    before = {one.key: one.value for one in app.slider}
    box.set_value("ssim-orb").run()
    assert is_whole(app)
    assert {one.key: one.value for one in app.slider} != before
