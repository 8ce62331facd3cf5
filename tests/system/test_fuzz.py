"""A short run of the fuzzer, by a fixed seed and within a time."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from benchmarks.fuzz import runs
from benchmarks.fuzz.lists import sound_lists
from pictrace.images.formats import FORMATS

pytestmark = pytest.mark.slow


def test_damaged_files_end_in_words() -> None:
    tally = runs.fuzz(2000, 400, seed=7, most_s=20)
    assert not tally.foreign, str(tally)
    kinds = {*tally.read, *tally.refused}
    # HEIC may not be readable here; a raw file is read by a preview, which is a JPEG.
    assert kinds >= {*sound_lists(), *FORMATS} - {"HEIC", "RAW"}, "a run that is cut short has seen all"
    assert sum(tally.read.values()) > sum(tally.refused.values()) / 10, "not all of them are beyond reading"


def test_foreign_exceptions_are_counted_and_their_files_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> None:
        raise KeyError("a library's own")

    monkeypatch.setattr(runs, "picture_links", faulty)
    monkeypatch.setattr(runs, "load_picture", faulty)
    tally = runs.fuzz(20, 10, seed=1, keep=tmp_path)
    assert tally.foreign.total() == 21
    assert len(list(tmp_path.iterdir())) == 21


def test_the_same_seed_gives_the_same_files() -> None:
    sound = sound_lists()
    first, again, other = (list(islice(runs.cases("other", sound, seed), 30)) for seed in (1, 1, 2))
    assert first == again
    assert [data for *_, data in first] != [data for *_, data in other]
