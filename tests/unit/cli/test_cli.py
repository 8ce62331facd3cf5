"""The command line as its users call it."""

import io
import json
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pictrace.calibration.sources import Background
from pictrace.catalog.cache import FeatureCache
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.cli import calibrate, main
from pictrace.features import FeatureSpec
from pictrace.images.edits import crop
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.reading import decode
from pictrace.indexing.index import Indexing
from pictrace.metrics import get_metric, ready_metrics
from pictrace.sources.listing import list_source


@pytest.fixture(scope="module")
def folder(photographs: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name, data in photographs.items():
        (folder / name).write_bytes(data)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture(scope="module")
def catalog(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "catalog.sqlite"
    assert main(["index", str(folder), "--catalog", str(path)]) == 3
    return path


@pytest.fixture
def query(photographs: dict[str, bytes], tmp_path: Path) -> Path:
    path = tmp_path / "query.jpg"
    path.write_bytes(encode_jpeg(crop(decode(photographs["astronaut.png"]), 0.6), quality=40))
    return path


def test_index_tells_what_it_did_and_skips_what_it_has(
    folder: Path, catalog: Path, photographs: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(folder), "--catalog", str(catalog), "--json"]) == 3
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert document["added"] == 0
    assert document["known"] == len(photographs)
    assert document["images"] == len(photographs)
    assert [Path(one["address"]).name for one in document["failures"]] == ["broken.jpg"]
    assert [Path(one["address"]).name for one in document["skipped_entries"]] == ["notes.txt"]
    assert "broken.jpg" in output.err


def test_search_json_has_the_documented_form(
    catalog: Path, query: Path, photographs: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", str(query), "--catalog", str(catalog), "--top", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"query", "verdict", "catalog", "criteria", "matches", "held", "timing_ms"}
    assert document["catalog"]["images"] == len(photographs)
    assert document["query"]["format"] == "JPEG"
    assert len(document["matches"]) == 3
    first = document["matches"][0]
    assert Path(first["source"]).name == "astronaut.png"
    assert [one["good"] for one in document["matches"]] == [True, False, False]
    assert {"rank", "id", "source", "sources", "score", "coverage", "metrics"} <= set(first)
    assert set(first["metrics"]) == {metric.name for metric in ready_metrics()}
    for part in first["metrics"].values():
        assert set(part) == {"raw", "similarity", "weight", "contribution"}
        assert all(one is None or one == round(one, 6) for one in part.values())  # no noise of float32
    total = sum(part["contribution"] for part in first["metrics"].values())
    assert total == pytest.approx(first["score"], abs=1e-4)
    assert all(value >= 0 for value in document["timing_ms"].values())


def test_weights_ratio_and_preset_are_honoured(catalog: Path, query: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def criteria(*options: str) -> dict[str, object]:
        assert main(["search", str(query), "--catalog", str(catalog), "--json", *options]) == 0
        document = json.loads(capsys.readouterr().out)
        return {**document["criteria"], "first": document["matches"][0]}

    weighted = criteria("--weights", "ssim=1,orb=2", "--orb-ratio", "0.6")
    assert weighted["weights"] == {"ssim": 1, "orb": 2}
    assert weighted["settings"] == {"orb": {"ratio": 0.6}}
    reference = criteria("--preset", "ssim-orb")
    assert reference["weights"] == {"ssim": 1, "orb": 1}
    strict = criteria("--weights", "orb=1", "--orb-evidence", "distinct", "--orb-ratio", "0.5")
    loose = criteria("--weights", "orb=1", "--orb-evidence", "distinct", "--orb-ratio", "0.9")
    raw = [one["first"]["metrics"]["orb"]["raw"] for one in (strict, loose)]  # type: ignore[index]
    assert raw[0] < raw[1]


def test_search_for_people(catalog: Path, query: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", str(query), "--catalog", str(catalog)]) == 0
    output = capsys.readouterr()
    lines = output.out.splitlines()
    assert "astronaut.png" in lines[0]
    assert lines[0].split()[1] == "certain"
    assert lines[2].split()[1] == "weak"
    assert lines[-1].startswith("Same picture: “astronaut.png”")
    (left_out,) = output.err.splitlines()  # of the network that the tests go without
    assert "look-alikes are left out" in left_out


def test_compare(folder: Path, query: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(query), str(folder / "astronaut.png"), "--json"]) == 0
    same = json.loads(capsys.readouterr().out)
    assert main(["compare", str(query), str(folder / "coffee.png"), "--json"]) == 0
    other = json.loads(capsys.readouterr().out)
    assert same["score"] > 2 * other["score"]
    assert main(["compare", str(query), str(folder / "astronaut.png")]) == 0
    output = capsys.readouterr().out
    assert "matching details" in output
    assert output.startswith("The same photograph, cropped and recompressed.")


def test_compare_json_tells_what_was_done(folder: Path, query: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(query), str(folder / "astronaut.png"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["diagnosis"]
    assert set(told) == {"relation", "confidence", "text", "alike", "places", "changes", "registration"}
    assert told["relation"] == "same photograph"
    changes = {one["kind"]: one for one in told["changes"]}
    assert set(changes) == {"cropped", "recompressed"}
    assert changes["cropped"]["kept"] == pytest.approx(0.6, abs=0.02)
    assert changes["recompressed"]["quality"] == 40
    assert all(0.5 <= one["confidence"] <= 1 and one["text"] in told["text"] for one in told["changes"])
    assert told["registration"]["overlap_candidate"] == pytest.approx(0.6, abs=0.02)
    assert main(["compare", str(query), str(folder / "coffee.png"), "--json"]) == 0
    other = json.loads(capsys.readouterr().out)["diagnosis"]
    assert (other["relation"], other["changes"], other["registration"]) == ("unrelated", [], None)


def test_info(catalog: Path, photographs: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--catalog", str(catalog), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["images"] == len(photographs)
    keys = {metric.feature_key for metric in ready_metrics()}
    keys |= {metric.sketch_spec.key for metric in ready_metrics() if metric.sketch_spec is not None}
    assert document["features"] == dict.fromkeys(keys, len(photographs))
    assert (document["missing"], document["outdated"], document["intact"]) == ({}, {}, None)
    assert main(["info", "--catalog", str(catalog), "--check"]) == 0
    output = capsys.readouterr().out
    assert f"{len(photographs)} pictures" in output
    assert "is sound" in output


def test_info_tells_what_is_missing_and_what_is_damaged(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.sqlite"
    with closing(SqliteCatalog(path)) as opened:
        Indexing(opened, list_source(str(folder)).items, [get_metric("phash")]).run()
        old = FeatureSpec("phash-b64-v0", get_metric("phash").layout, small=True)
        opened.put_features(old, {int(one): np.array([1], np.uint64) for one in opened.ids()[:2]})
        count = opened.count()
    assert main(["info", "--catalog", str(path)]) == 0
    output = capsys.readouterr().out
    assert f"orb-n500-px512-v1        missing for {count}" in output
    assert "phash-b64-v0             2, unused" in output
    assert main(["rebuild", "--catalog", str(path), "--drop-outdated", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["features_rebuilt"], document["dropped"], document["missing"]) == (count, {"phash-b64-v0": 2}, {})
    assert main(["rebuild", "--catalog", str(path)]) == 0
    assert "0 pictures have new features" in capsys.readouterr().out
    data = bytearray(path.read_bytes())
    data[-3 * 16384 : -16384] = b"\xa5" * 2 * 16384
    path.write_bytes(data)
    assert main(["info", "--catalog", str(path), "--check"]) == 1
    assert "damaged" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (["search", "{query}", "--catalog", "{tmp}/none.sqlite"], 1, "no catalog"),
        (["search", "{tmp}/none.jpg", "--catalog", "{catalog}"], 1, "none.jpg"),
        (["search", "{folder}/broken.jpg", "--catalog", "{catalog}"], 1, "broken.jpg"),
        (["search", "{query}", "--catalog", "{folder}/notes.txt"], 1, "damaged or no SQLite file"),
        (["search", "http://127.0.0.1:9/x.jpg", "--catalog", "{catalog}"], 1, "127.0.0.1"),
        (["search", "{query}", "--catalog", "{catalog}", "--weights", "ssim=0"], 2, "zero"),
        (["search", "{query}", "--catalog", "{catalog}", "--weights", "surf=1"], 2, "The metrics are"),
        (["search", "{query}", "--catalog", "{catalog}", "--weights", "ssim=much"], 2, "NAME=NUMBER"),
        (["search", "{query}", "--catalog", "{catalog}", "--orb-ratio", "3"], 2, "between 0.5 and 0.95"),
        (["search", "{query}", "--catalog", "{catalog}", "--top", "0"], 2, "at least 1"),
        (["index", "{tmp}/none", "--catalog", "{tmp}/c.sqlite"], 1, "no folder or file"),
        (["index", "{folder}", "--catalog", "{tmp}/none/c.sqlite"], 1, "does not exist"),
        (["compare", "{folder}/notes.txt", "{query}"], 1, "notes.txt"),
        (["merge", "{catalog}", "--catalog", "{catalog}"], 2, "the catalog itself"),
        (["index", "{catalog}", "--catalog", "{catalog}"], 2, "the catalog itself"),
        (["export", "--catalog", "{catalog}", "--list", "{catalog}"], 2, "the catalog itself"),
        (["export", "--catalog", "{catalog}"], 2, "name what to write"),
        (["export", "--catalog", "{catalog}", "--list", "{tmp}/none/list.csv"], 1, "Name another place"),
        (["model", "get", "resnet51"], 2, "The models are"),
        (["model", "info", "resnet51"], 2, "The models are"),
        (["search", "{query}", "--catalog", "{catalog}", "--model", "resnet51"], 2, "The models are"),
        (["search", "{query}", "--catalog", "{tmp}"], 1, "is a folder"),
        (["index", "{folder}", "--catalog", "{tmp}"], 1, "Name a file in it"),
        (["copy", "{catalog}", "{catalog}"], 2, "one and the same catalog"),
        (["duplicates", "--catalog", "{catalog}", "--json", "--csv"], 2, "at once"),
        (["duplicates", "--catalog", "{catalog}", "--min-score", "7"], 2, "between 0 and 1"),
        (["duplicates", "--catalog", "{catalog}", "--move-to", "{tmp}"], 2, "--scripts"),
    ],
)
def test_failures_have_a_status_and_a_reason(
    arguments: list[str],
    status: int,
    why: str,
    catalog: Path,
    query: Path,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"query": query, "catalog": catalog, "folder": folder, "tmp": tmp_path}
    assert main([one.format(**places) for one in arguments]) == status
    output = capsys.readouterr()
    assert output.out == ""
    assert why in output.err
    assert "Traceback" not in output.err


@pytest.mark.parametrize(
    ("file", "status", "why"), [("{catalog}", 2, "itself"), ("{tmp}/none/a.html", 1, "Name another")]
)
def test_a_report_that_cannot_be_written_takes_neither_answer_nor_catalog(
    file: str, status: int, why: str, catalog: Path, query: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = catalog.read_bytes()
    file = file.format(catalog=catalog, tmp=tmp_path)
    assert main(["search", str(query), "--catalog", str(catalog), "--html", file]) == status
    told = capsys.readouterr()
    assert "astronaut" in told.out
    assert why in told.err
    assert catalog.read_bytes() == before


def test_called_wrongly_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["search"])
    assert raised.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.slow
def test_as_a_module_and_silent_when_piped(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pictrace", "index", str(folder), "--catalog", str(tmp_path / "c.sqlite")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 3  # one of the pictures is broken
    assert "\r" not in result.stderr
    no_network, failure, left_out = result.stderr.splitlines()
    assert "look-alikes are left out" in no_network
    assert "broken.jpg" in failure
    assert left_out.startswith("left out: ")
    assert "notes.txt" in left_out
    assert "added" in result.stdout


def test_a_small_catalog_needs_no_calibration(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--catalog", str(catalog)]) == 0
    assert "With fewer than 100 pictures" in capsys.readouterr().out
    assert main(["calibrate", "--catalog", str(catalog), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["searches"] == 0


def test_indexing_finds_out_what_chance_gives_unless_told_not_to(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "Background", partial(Background, fewest=2))
    for number, option in enumerate([["--no-calibrate"], []]):
        path = tmp_path / f"{number}.sqlite"
        assert main(["index", str(folder), "--catalog", str(path), *option]) == 3
        with closing(SqliteCatalog(path)) as made:
            assert Background(FeatureCache(made), fewest=2).wanted == bool(option)


def test_false_alarms_are_a_share(catalog: Path, query: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", str(query), "--catalog", str(catalog), "--false-alarms", "1/50", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"]["false_alarms"] == 0.02
    assert found["verdict"]["p"] == found["matches"][0]["p"] < 0.02
    assert found["matches"][0]["expected_by_chance"]["orb"] < 0.1
    for wrong in ("0", "1/0", "2", "often"):
        with pytest.raises(SystemExit):
            main(["search", str(query), "--catalog", str(catalog), "--false-alarms", wrong])
        assert "is no share between 0 and 1" in capsys.readouterr().err


def test_a_query_from_standard_input_and_one_that_is_not_there(
    catalog: Path, query: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (200, 300, 3), np.uint8)
    for data, status, said in (
        (query.read_bytes(), 0, "“astronaut.png”"),
        (encode_png(noise), 1, "Nothing here matches."),
    ):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert main(["search", "-", "--catalog", str(catalog)]) == status
        assert said in capsys.readouterr().out


def test_a_refresh_without_links_says_so(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["refresh", "--catalog", str(catalog)]) == 0
    told = "The catalog has no links to check; of the files, 6 are there, 0 gone; the catalog holds 6 pictures.\n"
    assert capsys.readouterr().out == told


def test_the_same_note_of_many_pictures_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(7):
        levels = (np.arange(1200, dtype=np.uint16).reshape(30, 40) * 3 + number).clip(0, 4000)
        Image.fromarray(levels if number else levels // 4).save(folder / f"{number}.png")
    assert main(["index", str(folder), "--catalog", str(tmp_path / "scans.sqlite")]) == 0
    told = capsys.readouterr().err
    assert "6 pictures: Read as 12 bits, as no more of its 16 are used." in told
    assert f"{folder / '0.png'}: Read as 10 bits" in told
