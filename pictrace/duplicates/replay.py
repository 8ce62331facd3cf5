"""How nearly one picture becomes another where what was done to it is done again, down to its compression.

A copy is its parent, changed, with each frequency of each block rounded to the steps of its own compression. So what
becomes of the parent lies within half a step of what the copy holds; what becomes of a brother, or of the parent's
parent, does not, as another compression stands between them. That says more of who was made from whom than the changes
themselves, which a brother may share. Whole pictures are needed: shrunk ones have lost it. Copies that were related by
their residuals: Dias, Rocha, Goldenstein: Image phylogeny by minimal spanning trees, IEEE Transactions on Information
Forensics and Security 7 (2012), doi:10.1109/TIFS.2011.2169959.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pictrace.images.geometry import Matrix
from pictrace.images.pixels import RGBImage, to_gray

__all__ = ["replayed"]

WINDOW_PX, BLOCK_PX = 512, 16
"""What is compared, and of which pieces: whole ones of any JPEG, so that a part is compressed as the whole was."""

REACH_PX = 6
"""How far a registration of working pictures may be off in whole ones."""

AS_LARGE, UPRIGHT = 0.01, 0.03
"""How far a scale may be off 1, and a turn off a quarter, to be taken for it."""

TEXTURE = 2.0  # deviation in levels of a block that says something
FEWEST_BLOCKS = 12
KEPT = 0.7
"""Share of the blocks, the best, that tones are fitted to: others may be covered."""

SOFTER = 0.85
"""Share of the fine detail that is left where it is asked how much blur was added."""

BLURS_PX, STEPS_PX = (0.5, 0.8, 1.1, 1.5, 1.9, 2.4, 3.0), (0.2, 0.1, 0.05, 0.025)
COARSE_PX = 4.0
WAYS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)

COSINES = np.cos(np.pi / 8 * np.outer(np.arange(8), np.arange(8) + 0.5)) / 2
COSINES[0] /= np.sqrt(2)

STEPS = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
"""Of brightness at quality 50: ITU-T T.81, table K.1."""

Plane = NDArray[np.float32]


def replayed(parent: RGBImage, child: RGBImage, matrix: Matrix, *, quality: int | None) -> float | None:
    """What is left between the child and what becomes of the parent, in levels; None where too little can be compared.

    Parameters
    ----------
    parent, child : (h, w, 3) uint8
        Whole, upright.
    matrix : (3, 3) float64 array
        From pixels of the child to those of the parent.
    quality
        Of the child's JPEG compression, 1 to 100; None where it has none.

    Returns
    -------
    float or None
        What lies beyond half a step of the compression, in gray levels: the median of blocks that both show.
    """
    part = _part(parent.shape, child.shape, matrix)
    if part is None:
        return None
    shown = to_gray(child[part]).astype(np.float32)
    found = [_left(made, inside, shown, quality) for made, inside in _made(parent, child, matrix, part)]
    return min((one for one in found if one is not None), default=None)


def _part(parent: tuple[int, ...], child: tuple[int, ...], matrix: Matrix) -> tuple[slice, slice] | None:
    """A window of the child round the middle of what the parent reaches, on the grid of blocks."""
    height, width = child[:2]
    down, across = np.mgrid[0:height:BLOCK_PX, 0:width:BLOCK_PX].reshape(2, -1)
    there = matrix @ np.stack([across, down, np.ones_like(down)]).astype(np.float64)
    x, y = there[:2] / there[2]
    inside = (x >= 0) & (y >= 0) & (x < parent[1]) & (y < parent[0])
    if inside.sum() < FEWEST_BLOCKS or min(height, width) < BLOCK_PX:
        return None
    sides = []
    for places, side in ((down[inside], height), (across[inside], width)):
        length = min(WINDOW_PX, side // BLOCK_PX * BLOCK_PX)
        begin = (int(places.mean()) - length // 2) // BLOCK_PX * BLOCK_PX
        begin = max(0, min(begin, (side - length) // BLOCK_PX * BLOCK_PX))
        sides.append(slice(begin, begin + length))
    return sides[0], sides[1]


def _made(
    parent: RGBImage, child: RGBImage, matrix: Matrix, part: tuple[slice, slice]
) -> Iterator[tuple[RGBImage, NDArray[np.bool_]]]:
    """(the parent where the child has it, where it reaches), by each way that it may have come there."""
    linear = matrix[:2, :2] / matrix[2, 2]
    scale = float(np.sqrt(abs(np.linalg.det(linear))))
    whole = np.round(linear / scale)
    straight = np.abs(linear / scale - whole).max() <= UPRIGHT and abs(abs(np.linalg.det(whole)) - 1) < 0.1
    if straight and abs(scale - 1) <= AS_LARGE:
        yield _moved(parent, child, matrix, whole, part)
        return
    if straight:
        turned = np.abs(whole) @ np.array(child.shape[1::-1], np.float64)
        if np.abs(np.array(parent.shape[1::-1]) / turned / scale - 1).max() <= AS_LARGE:
            for way in WAYS:
                yield _resized(parent, child, whole, part, way)
            return
    shift = np.array([[1.0, 0, part[1].start], [0, 1, part[0].start], [0, 0, 1]])
    yield _warped(parent, matrix @ shift, (part[0].stop - part[0].start, part[1].stop - part[1].start), scale)


def _moved(
    parent: RGBImage, child: RGBImage, matrix: Matrix, whole: Matrix, part: tuple[slice, slice]
) -> tuple[RGBImage, NDArray[np.bool_]]:
    """Pixel on pixel: turned by quarters, mirrored and shifted by whole pixels, which are looked for."""
    top, left = part[0].start, part[1].start
    height, width = part[0].stop - top, part[1].stop - left
    middle = np.array([left + width / 2, top + height / 2, 1.0])
    there = matrix @ middle
    exact = np.eye(3)
    exact[:2, :2] = whole
    exact[:2, 2] = np.round(there[:2] / there[2] - whole @ middle[:2])
    around = np.array([[1.0, 0, left - REACH_PX], [0, 1, top - REACH_PX], [0, 0, 1]])
    size = (width + 2 * REACH_PX, height + 2 * REACH_PX)
    made, inside = _nearest(parent, exact @ around, size)
    fits = cv2.matchTemplate(to_gray(made), to_gray(child[part]), cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(np.nan_to_num(fits, nan=-1.0, posinf=-1.0, neginf=-1.0))
    return made[y : y + height, x : x + width], inside[y : y + height, x : x + width]


def _nearest(parent: RGBImage, matrix: Matrix, size: tuple[int, int]) -> tuple[RGBImage, NDArray[np.bool_]]:
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    made = cv2.warpPerspective(parent, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    reached = cv2.warpPerspective(np.full(parent.shape[:2], 255, np.uint8), matrix, size, flags=flags)
    return np.asarray(made, np.uint8), np.asarray(reached, np.uint8) > 0


def _resized(
    parent: RGBImage, child: RGBImage, whole: Matrix, part: tuple[slice, slice], way: int
) -> tuple[RGBImage, NDArray[np.bool_]]:
    """The whole, turned by quarters, in the child's size."""
    height, width = parent.shape[:2]
    back = np.eye(3)
    back[:2, :2] = whole
    ends = whole @ np.abs(np.linalg.inv(whole)) @ np.array([width - 1.0, height - 1.0])
    back[:2, 2] = np.where(ends < 0, -ends, 0)
    turned = np.abs(whole).T @ np.array([width, height])
    upright, _ = _nearest(parent, back, (round(turned[0]), round(turned[1])))
    made = np.asarray(cv2.resize(upright, child.shape[1::-1], interpolation=way), np.uint8)[part]
    return made, np.ones(made.shape[:2], np.bool_)


def _warped(
    parent: RGBImage, matrix: Matrix, shape: tuple[int, int], scale: float
) -> tuple[RGBImage, NDArray[np.bool_]]:
    if scale > 1 + AS_LARGE:
        parent = np.asarray(cv2.GaussianBlur(parent, (0, 0), np.sqrt((scale**2 - 1) / 12)), np.uint8)
    size, flags = shape[::-1], cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    made = cv2.warpPerspective(parent, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    reached = np.full(parent.shape[:2], 255, np.uint8)
    inside = cv2.warpPerspective(reached, matrix, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return np.asarray(made, np.uint8), np.asarray(inside, np.uint8) > 0


def _left(made: RGBImage, inside: NDArray[np.bool_], shown: Plane, quality: int | None) -> float | None:
    """Deviation in levels after tones, blur and compression."""
    usable = _blocks(inside.astype(np.float32)).min(axis=2) > 0
    usable &= _blocks(shown).std(axis=2) >= TEXTURE
    if usable.sum() < FEWEST_BLOCKS:
        return None
    gray = _toned(_softened(made, shown, usable), shown, usable)
    beyond = np.maximum(0, np.abs(_frequencies(gray - shown)) - _steps(quality) / 2)
    return float(np.median(np.sqrt((beyond**2).mean(axis=(2, 3, 4)))[usable]))


def _frequencies(plane: Plane) -> NDArray[np.float32]:
    """(rows, columns, pieces, 8, 8): cosine transforms, as JPEG makes them, of the pieces of each block."""
    across = _blocks(plane)
    pieces = across.reshape(*across.shape[:2], 2, 8, 2, 8).transpose(0, 1, 2, 4, 3, 5)
    pieces = pieces.reshape(*across.shape[:2], 4, 8, 8)
    return np.asarray(COSINES @ pieces @ COSINES.T, np.float32)


def _steps(quality: int | None) -> NDArray[np.float32]:
    """(8, 8): how far the values of each frequency lie apart in a file of this quality; a level in one without loss."""
    if quality is None:
        return np.ones((8, 8), np.float32)
    percent = 5000 / quality if quality < 50 else 200 - 2 * quality
    return np.clip(np.floor((STEPS * percent + 50) / 100), 1, 255).astype(np.float32)


def _toned(made: RGBImage, shown: Plane, usable: NDArray[np.bool_]) -> Plane:
    """The parent in the child's gray levels."""
    usual = usable
    colours = made.astype(np.float32)
    for _ in range(2):
        chosen = _pixels(usual)
        known = np.column_stack([colours[chosen], np.ones(int(chosen.sum()), np.float32)])
        weights = np.linalg.lstsq(known, shown[chosen], rcond=1e-6)[0].astype(np.float32)
        gray = _curved(np.asarray(colours @ weights[:3] + weights[3], np.float32), shown, chosen)
        apart = _apart(gray, shown)
        usual = usable & (apart <= np.quantile(apart[usable], KEPT))
    return gray


def _curved(gray: Plane, shown: Plane, chosen: NDArray[np.bool_]) -> Plane:
    """What no straight line makes of levels, such as clipping and a gamma: the mean of each, smoothed."""
    steps = np.clip(gray[chosen], 0, 255).round().astype(np.int64)
    counts = np.bincount(steps, minlength=256).astype(np.float32)
    off = np.bincount(steps, weights=shown[chosen] - gray[chosen], minlength=256).astype(np.float32)
    off, counts = (cv2.GaussianBlur(one[np.newaxis], (0, 0), 2.0)[0] for one in (off, counts))
    table = off / np.maximum(counts, 1.0)
    return np.asarray(gray + np.interp(gray, np.arange(256), table), np.float32)


def _softened(made: RGBImage, shown: Plane, usable: NDArray[np.bool_]) -> RGBImage:
    """As soft as the child, by the blur that leaves least; tones meanwhile from what is coarse, as blur leaves that."""
    coarse = np.asarray(cv2.GaussianBlur(made, (0, 0), COARSE_PX), np.float32)
    chosen = _pixels(usable)
    known = np.column_stack([coarse[chosen], np.ones(int(chosen.sum()), np.float32)])
    target = np.asarray(cv2.GaussianBlur(shown, (0, 0), COARSE_PX), np.float32)[chosen]
    weights = np.linalg.lstsq(known, target, rcond=1e-6)[0].astype(np.float32)
    gray = np.asarray(made.astype(np.float32) @ weights[:3] + weights[3], np.float32)
    fine = _fine(gray, usable)
    if fine == 0 or _fine(shown, usable) >= SOFTER * fine:
        return made

    def left(sigma: float) -> float:
        soft = np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma), np.float32) if sigma else gray
        return float(np.median(_apart(soft, shown)[usable]))

    tried = {sigma: left(sigma) for sigma in (0.0, *BLURS_PX)}
    for step in STEPS_PX:
        best = min(tried, key=lambda sigma: tried[sigma])
        tried |= {sigma: left(sigma) for sigma in (best - step, best + step) if best and sigma > 0}
    best = min(tried, key=lambda sigma: tried[sigma])
    return np.asarray(cv2.GaussianBlur(made, (0, 0), best), np.uint8) if best else made


def _fine(gray: Plane, usual: NDArray[np.bool_]) -> float:
    """How much finest detail there is."""
    return float(np.median(_blocks(np.asarray(cv2.Laplacian(gray, cv2.CV_32F), np.float32)).std(axis=2)[usual]))


def _apart(gray: Plane, shown: Plane) -> Plane:
    """By block, the deviation of levels."""
    return np.asarray(np.sqrt((_blocks(gray - shown) ** 2).mean(axis=2)), np.float32)


def _pixels(blocks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.kron(blocks, np.ones((BLOCK_PX, BLOCK_PX), np.bool_))


def _blocks(plane: Plane) -> Plane:
    """(rows, columns, pixels)."""
    height, width = (side // BLOCK_PX for side in plane.shape)
    pieces = plane[: height * BLOCK_PX, : width * BLOCK_PX].reshape(height, BLOCK_PX, width, BLOCK_PX)
    return np.asarray(pieces.transpose(0, 2, 1, 3).reshape(height, width, -1), np.float32)
