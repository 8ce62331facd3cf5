"""Accidents beside a catalog: read as they were written, not believed where they do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pictrace.calibration import kept
from pictrace.calibration.accidents import Accidents
from pictrace.calibration.kept import Kept


def made() -> Kept:
    raw: dict[str, NDArray[np.floating]] = {
        "plain": np.array([0.5, 0.25, np.nan], np.float32),
        "counted": np.arange(18, dtype=np.float16).reshape(2, 3, 3),
    }
    accidents = Accidents(
        {"plain": "plain-v1", "counted": "counted-v2"}, raw, np.array([0, 2, 2, 3]), 120, np.array([0, 2, 2])
    )
    return Kept(accidents, np.array([7, 3, 9]))


def test_they_come_back_as_they_were(tmp_path: Path) -> None:
    kept.write(tmp_path / "cache", made(), catalog="this")
    found = kept.read(tmp_path / "cache", catalog="this")
    assert found is not None
    assert found.accidents.keys == made().accidents.keys
    assert found.accidents.pictures == 120
    np.testing.assert_array_equal(found.ids, made().ids)
    np.testing.assert_array_equal(found.accidents.details, made().accidents.details)
    np.testing.assert_array_equal(found.accidents.offsets, made().accidents.offsets)
    for name, values in made().accidents.raw.items():
        np.testing.assert_array_equal(found.accidents.raw[name], values)


@pytest.mark.parametrize("damage", ["other catalog", "missing", "torn", "another number"])
def test_others_are_not_believed(tmp_path: Path, damage: str) -> None:
    path = tmp_path / kept.NAME
    kept.write(tmp_path, made(), catalog="other" if damage == "other catalog" else "this")
    data = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(data[:-9])
    elif damage == "another number":
        data[-8] ^= 1
        path.write_bytes(data)
    assert kept.read(tmp_path, catalog="this") is None


def test_they_hold_while_the_catalog_is_about_the_same() -> None:
    asked = made()
    same = np.arange(121)
    assert asked.hold(same)
    assert asked.hold(np.arange(140))
    assert not asked.hold(np.arange(150))
    assert not asked.hold(np.arange(80))
    assert not asked.hold(np.arange(8, 129))  # two of the three that were asked are gone
