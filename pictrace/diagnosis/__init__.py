"""What was done to a picture, in words: from verified geometry and a photometric fit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from pictrace.diagnosis.blockiness import blockiness
from pictrace.diagnosis.change import SAID, Change
from pictrace.diagnosis.geometric_changes import Sizes, geometric_changes
from pictrace.diagnosis.kinds import KINDS
from pictrace.diagnosis.photometry import Photometry, photometry
from pictrace.diagnosis.registration import SMALLEST_PX, Registration, register
from pictrace.diagnosis.tonal_changes import tonal_changes
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage, to_gray
from pictrace.images.reading import ImageInfo

__all__ = ["Diagnosis", "diagnose"]

IDENTICAL, SAME_PHOTOGRAPH, SAME_SCENE, UNRELATED = "identical", "same photograph", "same scene", "unrelated"

SAME_LEVELS = 1.5
"""Mean difference that saving a flat or tiny picture again may make."""

LEAST_CONTRAST = 3.0  # deviation in gray levels

SLIGHT_LEVELS, SLIGHT_SHARE = 1.0, 0.1
"""Mean difference, in levels and in shares of the finest detail, that saving at high quality stays under."""

PIXELS_AGREE = SAID
"""Confidence of the registration from which the pixels, not only keypoints, are the same."""

PERSPECTIVE, SHEAR_DEGREES = 0.012, 2.0
"""What editing hardly does, and a camera that looks from elsewhere does: see Registration."""

SHOWING_MORE, DISPLACED, BENT, STRETCHED = 0.05, 0.11, 0.004, 0.01
"""Pictures that each show something beyond the other are another photograph already where less is amiss."""


@dataclass(frozen=True)
class Diagnosis:
    """What was done to the catalog's picture, the candidate, to obtain the query.

    Attributes
    ----------
    relation
        "identical", "same photograph", "same scene" or "unrelated".
    confidence
        0 to 1, in the relation.
    verdict
        That in a sentence.
    changes
        Those that are sure enough; none unless it is the same photograph.
    registration, photometry
        The grounds, None where no common content was found.
    """

    relation: str
    confidence: float
    verdict: str
    changes: tuple[Change, ...]
    registration: Registration | None
    photometry: Photometry | None

    @property
    def text(self) -> str:
        """The verdict with the changes, in one or two sentences."""
        if not self.changes:
            return self.verdict
        return f"{self.verdict} The first picture is the second picture, {', '.join(one.text for one in self.changes)}."


def diagnose(
    query: RGBImage,
    candidate: RGBImage,
    *,
    query_info: ImageInfo | None = None,
    candidate_info: ImageInfo | None = None,
) -> Diagnosis:
    """Compare two working pictures, as images.reading.load gives them; what is unsure is left out.

    Parameters
    ----------
    query_info, candidate_info
        What the headers of the files say. Without it, a picture smaller than the working size counts as it is, and of a
        larger one it is not said whether it was resized.
    """
    registration = register(query, candidate)
    if registration is None:
        return _without_registration(query, candidate)
    files = _file_size(query, query_info), _file_size(candidate, candidate_info)
    qualities = [None if one is None else one.quality for one in (query_info, candidate_info)]
    fit = photometry(query, candidate, registration, size=files[0], quality=qualities[0])
    if _another_photograph(registration, fit):
        grounds = f"{registration.inliers} of {registration.patches} places agree"
        if registration.confidence < PIXELS_AGREE:
            grounds = f"{registration.matches} details match, the pixels do not"
        verdict = f"The same scene, another photograph: {grounds}."
        return Diagnosis(SAME_SCENE, max(SAID, registration.confidence), verdict, (), registration, fit)
    sizes = Sizes(query.shape, candidate.shape, files[0], files[1])
    changes = tuple(
        geometric_changes(registration, fit, sizes)
        + tonal_changes(
            fit,
            exact=_exact(registration),
            quality=qualities[0],
            other_quality=qualities[1],
            traces=(_traces(query, files[0]), _traces(candidate, files[1])),
        )
    )
    if not changes and fit.left_over > SLIGHT_LEVELS + SLIGHT_SHARE * fit.detail:
        verdict = "The same photograph, with slight differences."
        return Diagnosis(SAME_PHOTOGRAPH, registration.confidence, verdict, (), registration, fit)
    if not changes:
        return Diagnosis(IDENTICAL, registration.confidence, "The same picture, unchanged.", (), registration, fit)
    verdict = f"The same photograph, {_short(changes)}."
    return Diagnosis(SAME_PHOTOGRAPH, registration.confidence, verdict, changes, registration, fit)


def _without_registration(query: RGBImage, candidate: RGBImage) -> Diagnosis:
    """Flat and tiny pictures have nothing to lay on each other, but may be the same."""
    if query.shape == candidate.shape and float(cv2.absdiff(query, candidate).mean()) <= SAME_LEVELS:
        return Diagnosis(IDENTICAL, 1.0, "The same picture, unchanged.", (), None, None)
    for whose, picture in (("The first picture", query), ("The second picture", candidate)):
        if min(picture.shape[:2]) < SMALLEST_PX or to_gray(picture).std() < LEAST_CONTRAST:
            verdict = f"No common content found. {whose} has too little detail to compare."
            return Diagnosis(UNRELATED, SAID, verdict, (), None, None)
    return Diagnosis(UNRELATED, 1.0, "No common content found.", (), None, None)


def _file_size(picture: RGBImage, info: ImageInfo | None) -> tuple[int, int] | None:
    """(width, height) of the file; unknown only where the working picture may have been shrunk."""
    if info is not None:
        return info.width, info.height
    height, width = picture.shape[:2]
    return None if max(height, width) >= WORKING_SIDE_PX else (width, height)


def _traces(picture: RGBImage, size: tuple[int, int] | None) -> float:
    """Of 8x8 blocks; 1, as if there were none, where the picture was shrunk or its size is not known."""
    return blockiness(to_gray(picture)) if size == picture.shape[1::-1] else 1.0


def _exact(registration: Registration) -> bool:
    """Pixel on pixel: not resized, and turned by quarters only."""
    return abs(registration.scale - 1) < 0.003 and abs(registration.tilt) < 0.1


def _another_photograph(registration: Registration, fit: Photometry) -> bool:
    if registration.confidence < PIXELS_AGREE:
        return registration.matches > 0
    bent, sheared = registration.perspective, abs(registration.shear)
    if bent > PERSPECTIVE or sheared > SHEAR_DEGREES:
        return True
    if min(fit.uncovered, 1 - registration.overlap_candidate) < SHOWING_MORE:
        return False
    return registration.displaced > DISPLACED or bent > BENT or abs(registration.stretch - 1) > STRETCHED


def _short(changes: tuple[Change, ...]) -> str:
    """The two most telling changes in a few words."""
    words = [KINDS[one.kind].words for one in changes]
    if len(words) > 2:
        return f"{words[0]}, {words[1]} and otherwise changed"
    return " and ".join(words)
