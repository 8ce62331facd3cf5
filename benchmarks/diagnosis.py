"""How often a diagnosis names what was done to a picture, and nothing else.

Every change is applied --pairs times to photographs of the folder, with parameters left to chance; the candidate is the
photograph (JPEG quality 92), the query the changed one (quality 95, unless compression is the change). A pair is right
if the kinds of change told are exactly those applied. Unrelated pairs, two photographs each, are right if nothing is
told and the relation is "unrelated". Thresholds were set on the photographs of even number; the odd ones are reported.
"""

from __future__ import annotations

import random as shuffling
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.common import intro, parser, photographs, row
from benchmarks.edits import EDITS, Edited
from pictrace.diagnosis import Diagnosis, diagnose
from pictrace.diagnosis.kinds import KINDS
from pictrace.diagnosis.planes import chroma
from pictrace.images.encoding import encode_jpeg
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load, open_image

NEAR_GRAY = 4.0
COLOURFUL_ONLY = {"gray", "hue 20° to 180°"}
"""Changes that gray photographs do not show: those with a mean chroma under 4 are left out."""


@dataclass
class Tally:
    """What was told about the pairs of one change."""

    pairs: int = 0
    right: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def count(self, name: str, expected: frozenset[str], found: Diagnosis) -> bool:
        kinds = frozenset(change.kind for change in found.changes)
        right = kinds == expected and found.relation == ("same photograph" if expected else "identical")
        self.pairs += 1
        self.right += right
        self.missed.update(expected - kinds)
        self.false.update(kinds - expected)
        self.told.update(kinds)
        self.relations[found.relation] += 1
        if not right:
            self.wrong.append(f"{name}: -{sorted(expected - kinds)} +{sorted(kinds - expected)} {found.relation}")
        return right


def scaling(source: tuple[int, ...], target: tuple[int, ...]) -> NDArray[np.float64]:
    across, down = target[1] / source[1], target[0] / source[0]
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])


def share_kept(edited: Edited, original: RGBImage) -> float:
    """The share of the original that the changed picture shows, from the transform that was applied."""
    height, width = original.shape[:2]
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    other = edited.image.shape
    edges = np.array([[[0, 0], [other[1], 0], [other[1], other[0]], [0, other[0]]]], np.float64) - 0.5
    outline = cv2.perspectiveTransform(edges, np.linalg.inv(edited.matrix))[0].astype(np.float32)
    return float(cv2.intersectConvexConvex(outline, frame)[0]) / (height * width)


def parameter_errors(edited: Edited, original: RGBImage, found: Diagnosis) -> dict[str, float]:
    """How far each told number is from the truth."""
    told = {change.kind: change.parameters for change in found.changes}
    truth = edited.parameters
    errors: dict[str, float] = {}

    def note(name: str, kind: str, key: str, true: float) -> None:
        if kind in told:
            errors[name] = abs(float(told[kind][key]) - true)

    if "degrees" in truth and "turned" in told:
        apart = abs(float(told["turned"]["degrees"]) - truth["degrees"]) % 360
        errors["angle"] = min(apart, 360 - apart)
    if "cropped" in edited.kinds and "border_added" not in edited.kinds:
        note("kept share", "cropped", "kept", share_kept(edited, original))
    if "factor" in truth:
        note("size factor", "resized", "factor", truth["factor"])
    if "exponent" in truth:
        note("gamma", "gamma", "exponent", truth["exponent"])
    if "gain" in truth:
        note("gain", "brightness", "gain", truth["gain"])
        note("offset", "brightness", "offset", truth["offset"])
    if "sigma_px" in truth:
        note("blur", "blurred", "sigma_px", truth["sigma_px"])
    if "hue_degrees" in truth and "hue" in told:
        apart = abs(float(told["hue"]["degrees"]) - truth["hue_degrees"]) % 360
        errors["hue"] = min(apart, 360 - apart)
    if "recompressed" in edited.kinds:
        note("quality", "recompressed", "quality", edited.quality)
    if "bars" in truth and "border_added" in told:
        bars = told["border_added"]
        share = max(float(bars["left"]) + float(bars["right"]), float(bars["top"]) + float(bars["bottom"]))
        errors["bars"] = abs(share - truth["bars"])
    return errors


TOLERANCES = {
    "angle": (2.0, "°"),
    "kept share": (0.05, ""),
    "size factor": (0.03, ""),
    "gamma": (0.1, ""),
    "gain": (0.1, ""),
    "offset": (8.0, " levels"),
    "blur": (0.5, " px"),
    "hue": (6.0, "°"),
    "quality": (1.0, ""),
    "bars": (0.02, ""),
}


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--pairs", type=int, default=200, help="pairs per change (default 200)")
    arguments.add_argument("--part", choices=("even", "odd", "all"), default="odd", help="which photographs")
    arguments.add_argument("--only", default="", help="only changes whose name contains this")
    arguments.add_argument("--groups", type=Path, help="a folder of photographs of the same scenes, NAME__*.jpg")
    arguments.add_argument("--list", type=int, default=0, metavar="N", help="list N wrong pairs of each change")
    options = arguments.parse_args()
    intro(options)
    start = {"even": 0, "odd": 1, "all": 0}[options.part]
    photos = photographs(options.folder)[start :: 1 if options.part == "all" else 2]
    colourful = [one for one in photos if chroma(load(encode_jpeg(one[1]))).mean() >= NEAR_GRAY]
    tallies: dict[str, Tally] = {}
    errors: dict[str, list[float]] = {}
    times: list[float] = []
    row("change applied", "pairs", "right", "told as the same photograph", "missed", "told beside it")
    row("---", "---", "---", "---", "---", "---")
    for name, edit in EDITS.items():
        if options.only not in name:
            continue
        tally = tallies[name] = Tally()
        random = np.random.default_rng([options.seed, *name.encode()])
        chosen = colourful if name in COLOURFUL_ONLY else photos
        for _ in range(options.pairs):
            label, original = chosen[int(random.integers(len(chosen)))]
            edited = edit(Edited(original, np.eye(3)), random)
            query, candidate = encode_jpeg(edited.image, quality=edited.quality), encode_jpeg(original, quality=92)
            found, took = timed(query, candidate)
            times.append(took)
            tally.count(f"{label} {rounded(edited.parameters)} q{edited.quality}", edited.kinds, found)
            for key, error in parameter_errors(edited, original, found).items():
                errors.setdefault(key, []).append(error)
        print_tally(name, tally, options.list)
    unrelated, slow = strangers(photos, options.pairs, options.seed) if not options.only else (Tally(), [])
    report(tallies, errors)
    if unrelated.pairs:
        print(f"\nUnrelated pairs: {unrelated.relations['unrelated']} of {unrelated.pairs} are told to be unrelated; ")
        print(f"of the others: {dict(unrelated.relations)}; changes told: {dict(unrelated.told)}")
        print(f"median time of an unrelated pair: {statistics.median(slow):.0f} ms")
    print(
        f"\nmedian time of a related pair: {statistics.median(times):.0f} ms, of 95 % at most "
        f"{np.quantile(times, 0.95):.0f} ms (working pictures loaded)"
    )
    if options.groups:
        same_scenes(options.groups)


def rounded(parameters: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in parameters.items()}


def timed(query: bytes, candidate: bytes) -> tuple[Diagnosis, float]:
    """(the diagnosis, milliseconds without decoding)."""
    opened = open_image(query), open_image(candidate)
    pictures = [one.working() for one in opened]
    started = time.perf_counter()
    found = diagnose(*pictures, query_info=opened[0].info, candidate_info=opened[1].info)
    return found, (time.perf_counter() - started) * 1e3


def strangers(photos: list[tuple[str, RGBImage]], pairs: int, seed: int) -> tuple[Tally, list[float]]:
    tally, times = Tally(), []
    draw = shuffling.Random(seed)  # noqa: S311 (repeatable, no secret)
    for _ in range(pairs):
        (first, one), (second, other) = draw.sample(photos, 2)
        found, took = timed(encode_jpeg(one, quality=92), encode_jpeg(other, quality=92))
        times.append(took)
        tally.pairs += 1
        tally.relations[found.relation] += 1
        tally.told.update(change.kind for change in found.changes)
        if found.relation != "unrelated":
            print(f"{first} and {second}: {found.text}")
    return tally, times


def print_tally(name: str, tally: Tally, most: int) -> None:
    same = tally.relations["same photograph"] + tally.relations["identical"]
    missed = ", ".join(f"{kind} {count}" for kind, count in tally.missed.most_common())
    false = ", ".join(f"{kind} {count}" for kind, count in tally.false.most_common())
    row(name, tally.pairs, f"{tally.right / tally.pairs:.1%}", f"{same / tally.pairs:.1%}", missed, false)
    for wrong in tally.wrong[:most]:
        print(f"    {wrong}")
    sys.stdout.flush()


def report(tallies: Mapping[str, Tally], errors: Mapping[str, list[float]]) -> None:
    print("\nHow often each kind is told (rows: applied)\n")
    used = [kind for kind in KINDS if any(tally.told[kind] for tally in tallies.values())]
    row("", *used)
    row("---", *("---" for _ in used))
    for name, tally in tallies.items():
        row(name, *(tally.told[kind] or "" for kind in used))
    print("\nFrom where on each kind is told\n")
    row("kind", "of", "told from", "sure from")
    row("---", "---", "---", "---")
    for name, kind in KINDS.items():
        row(name, kind.measure, f"{kind.told:g}", f"{kind.sure:g}")
    print("\nHow near the told numbers are\n")
    row("number", "told", "median error", "tolerance", "within it")
    row("---", "---", "---", "---", "---")
    for key, (tolerance, unit) in TOLERANCES.items():
        if values := errors.get(key):
            within = float(np.mean(np.array(values) <= tolerance))
            row(key, len(values), f"{statistics.median(values):.3g}{unit}", f"{tolerance:g}{unit}", f"{within:.1%}")


def same_scenes(folder: Path) -> None:
    """What is told of pictures that share the beginning of their names."""
    print("\nPictures of one group\n")
    row("query", "candidate", "relation", "told")
    row("---", "---", "---", "---")
    groups: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*__*")):
        groups.setdefault(path.name.split("__")[0], []).append(path)
    for paths in groups.values():
        for other in paths[1:]:
            found, _ = timed(paths[0].read_bytes(), other.read_bytes())
            row(paths[0].stem, other.stem, found.relation, found.text)


if __name__ == "__main__":
    main()
