"""The tune page: truth in, figures out, weights learned and applied; labels by button; recipes as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pictrace.app.search.marks import marks_of
from pictrace.app.shared.open_catalog import opened
from pictrace.app.tune.state import TuneState
from pictrace.evaluation.labels import NOT_SAME, SAME, labels_of
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.searching.recipe import recipe_of, recipe_text
from pictrace.searching.table import Criteria
from pictrace.service.background import Background
from pictrace.service.jobs import AddJob
from pictrace.service.workspaces import SHARED
from tests.app.page import Page

pytestmark = pytest.mark.slow  # each test drives a whole page

QUERIES = 12
PATIENCE_S = 300


def truth() -> tuple[bytes, dict[str, bytes]]:
    """Cropped pictures of the sample catalog, each of which should find its original, and a table that says so."""
    catalog = opened(SHARED).catalog
    rows, pictures = ["query,relevant"], {}
    for picture_id in catalog.ids()[:QUERIES].tolist():
        original = catalog.original(picture_id) or catalog.thumbnail(picture_id) or b""
        pictures[f"{picture_id}.jpg"] = encode_jpeg(crop(decode(original), 0.9))
        rows.append(f"{picture_id}.jpg,{picture_id}")
    return "\n".join(rows).encode(), pictures


def ended(app: Page, job: str) -> Page:
    """The page after the end of one of its jobs, which goes on without being asked again and again."""
    running = getattr(app.kept(TuneState), job)
    assert isinstance(running, Background)
    assert running.wait(PATIENCE_S)
    return app.again()


def test_truth_is_measured_weights_are_learned_and_applied() -> None:
    app = Page.open("tune")
    table, pictures = truth()
    app.upload_all(pictures, key="truth_pictures").upload(table, "truth.csv", key="truth")
    assert f"truth.csv: {QUERIES} queries" in app.texts.replace("*", "")
    ended(app.press("Measure"), "measuring")
    assert "Learn weights" in app.texts
    shown = app.table_with("mAP")
    assert {"Your sliders", "Balanced", "Keypoints (ORB)"} <= set(shown["Ranked by"])
    reached = {name: float(told.split()[0]) for name, told in zip(shown["Ranked by"], shown["mAP"], strict=True)}
    assert reached["Balanced"] > 0.8
    app.slide("w_ssim", 2.0)
    assert "Your sliders" in set(app.table_with("hit@1")["Ranked by"])
    ended(app.press("Learn"), "learning")
    assert "On queries held out" in app.texts
    learned = app.kept(TuneState).learning
    assert learned is not None
    assert learned.learned is not None
    assert "Only 12 groups" in app.texts
    app.press("Apply")
    weights = {name: weight for name, weight in app.weights().items() if weight}
    assert weights == dict(learned.learned.criteria.weights)


def test_changed_pictures_of_the_catalog_show_how_it_goes() -> None:
    app = Page.open("tune").press("Try it with changed pictures of this catalog")
    assert "Changed pictures of this catalog: 24 queries" in app.texts.replace("*", "")
    ended(app.press("Measure"), "measuring")
    assert "Learn weights" in app.texts
    assert "Is what is said true?" in app.texts
    assert len(app.table_with("Said")["Said"]) == 8
    app.press("Start over")
    assert "Say what is right" in app.texts


def test_many_pictures_are_looked_for_at_once() -> None:
    _, pictures = truth()
    some = dict(list(pictures.items())[:2])
    catalog = opened(SHARED).catalog
    app = Page.open("tune").choose("tune_part", "Many searches")
    app.upload_all(some, key="many_pictures")
    (typed,) = (one for one in app.text_area if one.key == "many_typed")
    typed.set_value(f"{catalog.ids()[3]}\nnowhere.jpg")
    app.again()
    assert "nowhere.jpg: It is no link, and no picture of this catalog." in app.texts.replace("\\", "")
    ended(app.press("Look for 3 pictures"), "many")
    assert "of 3 pictures found" in app.texts
    answers = app.table_with("Answer")
    assert set(answers["Query"]) == {*some, str(catalog.ids()[3])}
    assert all(next(iter(scores)) == score for scores, score in zip(answers["Scores"], answers["Score"], strict=True))


def test_a_table_that_is_wrong_says_where() -> None:
    app = Page.open("tune").upload(b"query,relevant\nnowhere.jpg,7\n", "t.csv", key="truth")
    assert "t.csv, line 2: 7 is not in the catalog" in app.texts
    assert "line 2: nowhere.jpg is no picture that can be read" in app.texts
    assert "Measure" not in app.buttons


def test_names_of_this_machines_files_are_not_looked_at(tmp_path: Path, photographs: dict[str, bytes]) -> None:
    (tmp_path / "mine.png").write_bytes(photographs["coffee.png"])
    picture_id = opened(SHARED).catalog.ids()[0]
    table = f"query,relevant\n{tmp_path / 'mine.png'},{picture_id}\n"
    assert "is no picture that can be read" in Page.open("tune").upload(table.encode(), "t.csv", key="truth").texts


def test_labels_are_kept_and_shown_where_one_searches(photographs: dict[str, bytes]) -> None:
    app = Page.open("catalog").choose("catalog_part", "Add pictures")
    app.upload_all(photographs, key="add").press("Add to a catalog of my own")
    app.finished_job(AddJob)
    app.again().go_to("tune").choose("tune_part", "Label")
    catalog = app.private.catalog
    app.press("Same").press("Not the same")
    first, second = labels_of(catalog)
    assert (first.decision, second.decision, first.first_id) == (SAME, NOT_SAME, second.first_id)
    assert "1 same, 1 not the same" in app.texts
    app.press("Undo")
    assert labels_of(catalog) == (first,)
    app.press("Not the same").press("Next query")
    app.go_to("search", q=f"catalog:{first.first_id}")
    assert marks_of(catalog, first.first_id) == {first.second_id: SAME, second.second_id: NOT_SAME}
    assert app.toggle(key="hide_not_same").label == "Hide 1 match marked “not the same”"
    app.asking.selected = second.second_id
    app.again().press("Not the same")  # once more takes it back
    assert marks_of(catalog, first.first_id) == {first.second_id: SAME}
    app.press("Not the same").switch("hide_not_same", True)
    assert "Back to matches" not in app.buttons  # what is hidden is not open either


def test_the_sample_catalog_keeps_no_labels() -> None:
    app = Page.open("tune").choose("tune_part", "Label")
    assert "cannot be written" in app.texts


def test_the_stress_lab_tells_what_is_still_found_and_opens_a_case() -> None:
    app = Page.open("tune").choose("tune_part", "Stress lab").choose("stress_changes", ["mirrored", "noise"])
    app.slide("stress_pictures", 2).press("Look for 8 changed pictures")
    ended(app, "stressing")
    assert any(one.key == "stress_case" for one in app.selectbox)
    app.choose("stress_change", "noise")
    (case,) = (one for one in app.selectbox if one.key == "stress_case")
    assert len(case.options) == 6
    assert "Learn" in app.buttons
    app.press("Search with this")
    assert app.search.picture is not None
    assert "noise" in app.search.picture.name


def test_a_recipe_moves_the_sliders_and_a_foreign_one_does_not() -> None:
    app = Page.open()
    criteria = Criteria(weights={"orb": 2.0, "histogram": 0.5}, settings={"orb": {"ratio": 0.8}}, min_score=0.1, top=7)
    app.upload(
        recipe_text(recipe_of(criteria, orientations=False, false_alarms=0.01)).encode(), "mine.json", key="recipe_file"
    )
    assert {name: weight for name, weight in app.weights().items() if weight} == {"orb": 2.0, "histogram": 0.5}
    assert app.slider(key="orb-ratio").value == 0.8
    assert (app.slider(key="top").value, app.toggle(key="orientations").value) == (7, False)
    assert app.select_slider(key="false_alarms").value == 100
    assert "mine.json is loaded." in app.texts
    foreign = json.loads(recipe_text(recipe_of(criteria))) | {"features": {"orb": "orb-n9-v0", "histogram": "x"}}
    app.upload(json.dumps(foreign).encode(), "other.json", key="recipe_file")
    assert "other.json: it was made for orb-n9-v0" in app.texts
    assert app.weights()["orb"] == 2.0
