"""What the diagnosis says of drawn pictures: two of one template, and changes of the same one.

Every kind of benchmarks.drawings is drawn --each times, with contents at random and photographs of its own where it
holds some; neighbours are compared, every third time saved as JPEG 90, every third time at 70 % and JPEG 60. Never may
two of them be "identical"; "same photograph" is wrong, too. Then the sixteen changes are applied to some of each kind,
which should be told as the same; and things are laid over photographs.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict

import numpy as np

from benchmarks.common import intro, parser, photographs, row
from benchmarks.drawings.kinds import KINDS
from benchmarks.drawings.laid_over import COVERS
from pictrace.diagnosis import Diagnosis, diagnose
from pictrace.images.edits import CHANGES, resize
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import open_image

RELATIONS = ("identical", "same photograph", "same template", "same scene", "unrelated")
SETS = 12
"""Photographs are dealt to so many pictures of a kind, so that neighbours never show the same one."""


def found(query: bytes, candidate: bytes) -> Diagnosis:
    first, second = open_image(query), open_image(candidate)
    return diagnose(first.working(), second.working(), query_info=first.info, candidate_info=second.info)


def drawn(kind: str, number: int, seed: int, photos: list[RGBImage]) -> RGBImage:
    """One of a kind; the template is one of two, by the seed."""
    place = list(KINDS).index(kind)
    look, what = (np.random.default_rng([seed, place, *more]) for more in ([], [number]))
    return KINDS[kind](look, what, photos[number % SETS :: SETS])


def different(each: int, seed: int, photos: list[RGBImage]) -> None:
    print("Two of one template\n")
    row("kind", "pairs", *RELATIONS)
    row("---", *("---" for _ in range(len(RELATIONS) + 1)))
    total: Counter[str] = Counter()
    for kind in KINDS:
        told: Counter[str] = Counter()
        pictures = [drawn(kind, number, seed, photos) for number in range(each)]
        for number, picture in enumerate(pictures):
            other = encode_png(pictures[(number + 1) % each])
            if number % 3 == 1:
                query = encode_jpeg(picture, quality=90)
            elif number % 3 == 2:
                query = encode_jpeg(resize(picture, 0.7), quality=60)
            else:
                query = encode_png(picture)
            told[found(query, other).relation] += 1
        total += told
        row(kind, each, *(told[one] or "" for one in RELATIONS))
        sys.stdout.flush()
    row("**all**", total.total(), *(f"{total[one]} ({total[one] / total.total():.1%})" for one in RELATIONS))


def the_same(each: int, changes: int, seed: int, photos: list[RGBImage]) -> None:
    """Changes: how many of the sixteen each kind gets, in turn."""
    print("\nChanges of the same one\n")
    row("change", "pairs", *RELATIONS, "not the same")
    row("---", *("---" for _ in range(len(RELATIONS) + 2)))
    total: Counter[str] = Counter()
    for turn, (name, change) in enumerate(CHANGES.items()):
        told: Counter[str] = Counter()
        missed = []
        for place, kind in enumerate(KINDS):
            if (turn - place * changes - seed) % len(CHANGES) >= changes:
                continue
            for number in range(each):
                picture = drawn(kind, number, seed, photos)
                relation = found(encode_jpeg(change(picture), quality=95), encode_jpeg(picture, quality=92)).relation
                told[relation] += 1
                if relation not in RELATIONS[:2]:
                    missed.append(kind)
        total += told
        row(name, told.total(), *(told[one] or "" for one in RELATIONS), ", ".join(missed))
        sys.stdout.flush()
    row("**all**", total.total(), *(f"{total[one]} ({total[one] / total.total():.1%})" for one in RELATIONS), "")


def covered(pairs: int, seed: int, photos: list[RGBImage]) -> None:
    print("\nLaid over photographs\n")
    row("what", "pairs", *RELATIONS, "median share told as alike", "truly")
    row("---", *("---" for _ in range(len(RELATIONS) + 3)))
    for name, cover in COVERS.items():
        random = np.random.default_rng([seed, *name.encode()])
        told: Counter[str] = Counter()
        shares: dict[str, list[float]] = defaultdict(list)
        for _ in range(pairs):
            photo = photos[int(random.integers(len(photos)))]
            changed = cover(photo, random)
            diagnosis = found(encode_jpeg(changed, quality=85), encode_jpeg(photo, quality=92))
            told[diagnosis.relation] += 1
            shares["told"].append(diagnosis.alike)
            shares["truly"].append(float((changed == photo).all(axis=-1).mean()))
        row(name, pairs, *(told[one] or "" for one in RELATIONS), *(f"{np.median(one):.0%}" for one in shares.values()))
        sys.stdout.flush()


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--each", type=int, default=20, help="pictures of each kind (default 20)")
    arguments.add_argument("--changed", type=int, default=3, help="of these, how many are changed (default 3)")
    arguments.add_argument("--changes", type=int, default=len(CHANGES), help="of the sixteen, how many a kind gets")
    arguments.add_argument("--covered", type=int, default=40, help="photographs covered in each way (default 40)")
    options = arguments.parse_args()
    intro(options)
    photos = [resize(one, 900 / max(one.shape[:2])) for _, one in photographs(options.folder)]
    different(options.each, options.seed, photos)
    the_same(options.changed, options.changes, options.seed, photos)
    if options.covered:
        covered(options.covered, options.seed, photos)


if __name__ == "__main__":
    main()
