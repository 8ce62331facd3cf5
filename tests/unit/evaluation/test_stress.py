"""Stress tests: graded changes, cases, and where the originals stand."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pictrace.cli import main
from pictrace.errors import UsageError
from pictrace.evaluation.standing import standing
from pictrace.evaluation.stress import Case, cases_of, ranks_of
from pictrace.images.edits import CHANGES
from pictrace.images.encoding import encode_png
from pictrace.images.graded import GRADED, UNGRADED
from pictrace.images.reading import decode
from pictrace.output.stress import first_shares
from tests.unit.evaluation.cubes import block, cube_of


@pytest.mark.parametrize("change", GRADED)
def test_changes_grow_with_their_strength(change: str, photographs: dict[str, bytes]) -> None:
    image = decode(photographs["chelsea.png"])
    weak, strong = GRADED[change](image, 0.0), GRADED[change](image, 1.0)
    assert weak.dtype == np.uint8
    if change in UNGRADED:
        np.testing.assert_array_equal(weak, strong)
    elif weak.shape == image.shape == strong.shape:
        assert np.abs(weak.astype(int) - image).mean() < np.abs(strong.astype(int) - image).mean()
    else:
        assert weak.shape != strong.shape


def test_there_are_as_many_as_retrieval_is_measured_on() -> None:
    assert len(GRADED) == len(CHANGES) == 16


def test_cases_are_all_but_those_without_strength() -> None:
    cases = cases_of([1, 2], ["mirrored", "noise"], [0.2, 0.8])
    assert [(one.change, one.strength, one.picture_id) for one in cases[:3]] == [
        ("mirrored", 0.2, 1),
        ("noise", 0.2, 1),
        ("noise", 0.8, 1),
    ]
    assert len(cases) == 6
    with pytest.raises(UsageError, match="no change named 'melted'"):
        cases_of([1], ["melted"], [0.5])
    with pytest.raises(UsageError, match=r"strength of 1.5"):
        cases_of([1], ["noise"], [1.5])


def test_ranks_and_shares() -> None:
    cases = [Case("noise", 0.2, 1), Case("noise", 0.8, 1), Case("noise", 0.8, 2)]
    similarity = np.array([[0.9, 0.1, 0.5]])
    blocks = [block(similarity, [0]), block(similarity, [1], number=1), block(similarity, [], number=2, total=1)]
    cube = cube_of([replace(one, name=case.name) for one, case in zip(blocks, cases, strict=True)])
    ranks = ranks_of(cube, standing(cube, np.ones(1, np.float32)), cases)
    assert list(ranks.values()) == [1, 3, 4]  # what was not even scored is behind all
    assert first_shares(ranks) == {"noise": {0.2: 1.0, 0.8: 0.0}}


@pytest.mark.parametrize(
    ("similarity", "original", "rank"),
    [
        ([1.0, 1.0, 0.3, 1.0], 3, 1),  # two more copies of it
        ([1.0, 0.5, 0.5, 0.2], 2, 2),
        ([0.0, 0.0, 0.4, 0.0], 3, 4),  # nothing in common with it, as with others
    ],
)
def test_what_scores_as_much_does_not_stand_before_an_original(
    similarity: list[float], original: int, rank: int
) -> None:
    case = Case("noise", 0.2, 1)
    cube = cube_of([replace(block(np.array([similarity]), [original]), name=case.name)])
    assert ranks_of(cube, standing(cube, np.ones(1, np.float32)), [case]) == {case: rank}


def test_the_command(tmp_path: Path, photographs: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("chelsea.png", "coffee.png"):
        (tmp_path / name).write_bytes(encode_png(decode(photographs[name])[::2, ::2]))
    catalog = ["--catalog", str(tmp_path / "c.sqlite")]
    assert main(["index", str(tmp_path), *catalog]) == 0
    capsys.readouterr()
    words = ["stress", *catalog, "--changes", "noise;mirrored", "--strengths", "0.1,0.5", "--pictures", "5"]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pictures"] == 2
    assert len(told["cases"]) == 6
    assert told["first"]["given"][0] == {"change": "noise", "strength": 0.1, "share": 1}
    assert main([*words, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [one["given"] for one in rows if one["change"] == "mirrored"] == ["1", "1"]
    assert main(words) == 0
    assert "noise" in capsys.readouterr().out
    assert main([*words, "--strengths", "much"]) == 2
