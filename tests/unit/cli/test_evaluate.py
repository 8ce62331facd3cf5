"""pictrace evaluate and learn, on drawings: tables in, figures and recipes out."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.records import Decision
from pictrace.cli import main
from pictrace.images.encoding import encode_png

PICTURES = 12


def drawing(number: int, *, noise: int = 0) -> bytes:
    """Large rectangles, others for each number; with noise, darker and one rectangle more."""
    random = np.random.default_rng(number)
    image = np.full((120, 160, 3), 255, np.uint8)
    for _ in range(25):
        top, left = random.integers(0, 100), random.integers(0, 140)
        image[top : top + random.integers(10, 40), left : left + random.integers(10, 40)] = random.integers(0, 256, 3)
    if noise:
        image = (image * 0.8).astype(np.uint8)
        image[10:40, 10:40] = noise
    return encode_png(image)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate")
    for name in ("catalog", "queries"):
        (folder / name).mkdir()
    rows = [["query", "relevant"]]
    for number in range(PICTURES):
        (folder / "catalog" / f"{number}.png").write_bytes(drawing(number))
        (folder / "queries" / f"q{number}.png").write_bytes(drawing(number, noise=99))
        rows.append([f"queries/q{number}.png", f"{number}.png"])
    (folder / "queries" / "strange.png").write_bytes(drawing(77))
    rows.append(["queries/strange.png", ""])
    (folder / "truth.csv").write_text("\n".join(map(",".join, rows)))
    (folder / "few.csv").write_text("\n".join(map(",".join, rows[:3])))
    assert main(["index", str(folder / "catalog"), "--catalog", str(folder / "c.sqlite")]) == 0
    return folder


def call(place: Path, command: str, *words: str, truth: str = "truth.csv") -> int:
    return main([command, str(place / truth), "--catalog", str(place / "c.sqlite"), *words])


def test_every_metric_and_preset_is_measured(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(place, "evaluate", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["queries"], told["strangers"], told["groups"], told["catalog"]["images"]) == (13, 1, 13, PICTURES)
    ways = {one["name"]: one for one in told["ways"]}
    assert {"balanced", "ssim-orb", "orb", "histogram"} <= set(ways)
    assert next(iter(ways)) == "balanced"
    measured = ways["balanced"]["measures"]
    assert measured["mAP"] == {"value": 1, "low": 1, "high": 1, "p": None}
    assert set(measured) >= {"mAP", "found", "MRR", "recall@5", "nDCG@5", "micro-AP", "recall@P99.9"}
    assert ways["histogram"]["measures"]["mAP"]["value"] < 1
    assert 0 < ways["histogram"]["measures"]["mAP"]["p"] < 1


def test_what_is_given_comes_first_and_text_and_csv_say_the_same(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--weights", "histogram=1", "--by", "metric", "--measures", "mAP,hit@2", "--k", "2")
    assert call(place, "evaluate", *words, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [one["name"] for one in rows[:2]] == ["given", "given"]
    assert {one["kind"] for one in rows} == {"given", "metric"}
    assert {one["measure"] for one in rows} == {"mAP", "hit@2"}
    assert call(place, "evaluate", *words) == 0
    told = capsys.readouterr().out
    assert "12 queries and 1 stranger in 13 groups, 12 pictures" in told
    assert f"{float(rows[0]['value']):.3f}" in next(line for line in told.splitlines() if line.startswith("given"))


def test_recipes_are_learned_and_used(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.json"
    assert call(place, "learn", "--folds", "2", "--out", str(recipe)) == 0
    told = capsys.readouterr()
    assert "held out" in told.out
    assert "Only 12 groups" in told.err
    assert json.loads(recipe.read_text())["measured"]["how"] == "held out, 2 folds"
    assert call(place, "evaluate", "--recipe", str(recipe), "--by", "", "--json") == 0
    (way,) = json.loads(capsys.readouterr().out)["ways"]
    assert way["criteria"]["weights"] == json.loads(recipe.read_text())["weights"]
    query = str(place / "queries" / "q3.png")
    assert main(["search", query, "--catalog", str(place / "c.sqlite"), "--recipe", str(recipe), "--json"]) in {0, 1}
    assert json.loads(capsys.readouterr().out)["criteria"]["weights"] == way["criteria"]["weights"]


def test_labels_of_the_catalog_stand_for_a_table(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = str(place / "c.sqlite")
    assert main(["evaluate", "--catalog", catalog]) == 1
    assert "keeps no labels" in capsys.readouterr().err
    with closing(open_catalog(catalog)) as opened:
        first, second, *_ = (int(one) for one in opened.ids())
        opened.decide([Decision(first, second, "same")])
    try:
        assert main(["evaluate", "--catalog", catalog, "--by", "preset", "--json"]) == 0
    finally:
        with closing(open_catalog(catalog)) as opened:
            opened.forget_decisions([(first, second)])
    assert json.loads(capsys.readouterr().out)["queries"] == 1


def test_what_cannot_be_is_told(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(place, "learn", truth="few.csv") == 2
    assert "fewer than 10" in capsys.readouterr().err
    assert call(place, "evaluate", truth="nowhere.csv") == 1
    assert call(place, "evaluate", "--by", "colour") == 2
    assert call(place, "evaluate", "--measures", "beauty") == 2
    (tmp_path / "old.json").write_text('{"pictrace_recipe": 9}')
    assert call(place, "evaluate", "--recipe", str(tmp_path / "old.json")) == 2
    assert "old.json: it was made by a newer PicTrace" in capsys.readouterr().err
    assert call(place, "evaluate", "--recipe", str(tmp_path / "old.json"), "--preset", "balanced") == 2


def test_many_queries_become_one_table(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["search", str(place / "queries"), "--catalog", str(place / "c.sqlite"), "--top", "2"]
    assert main([*words, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 2 * (PICTURES + 1)
    assert {Path(one["query"]).name for one in rows} == {f"q{one}.png" for one in range(PICTURES)} | {"strange.png"}
    assert [one["rank"] for one in rows[:2]] == ["1", "2"]
    assert main([*words, "--csv", "--json"]) == 2
    assert main([*words, "--csv", "--min-score", "1"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (len(rows), rows[0]["rank"], rows[0]["verdict"]) == (PICTURES + 1, "", "Nothing reaches the minimum score.")
