"""What was done to a picture, in words: from verified geometry and a photometric fit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pictrace.diagnosis.blockiness import blockiness
from pictrace.diagnosis.change import SAID, Change, confidence_ramp
from pictrace.diagnosis.contents import Box, Contents
from pictrace.diagnosis.covering import covering
from pictrace.diagnosis.geometric_changes import Sizes, geometric_changes
from pictrace.diagnosis.kinds import KINDS
from pictrace.diagnosis.other_contents import CONTRARY, other_contents
from pictrace.diagnosis.photometry import Photometry, photometry
from pictrace.diagnosis.registration import SMALLEST_PX, Registration, register
from pictrace.diagnosis.templates import contents_of, drawn
from pictrace.diagnosis.tonal_changes import tonal_changes
from pictrace.diagnosis.unexplained import joined, saved_again, unexplained_places
from pictrace.images.pixels import WORKING_SIDE_PX, RGBImage, to_gray
from pictrace.images.reading import ImageInfo
from pictrace.told import joined as together
from pictrace.told import listed, told, told_of
from pictrace.wording import percent

__all__ = ["IDENTICAL", "SAME_PHOTOGRAPH", "SAME_TEMPLATE", "Diagnosis", "diagnose"]

IDENTICAL, SAME_PHOTOGRAPH, SAME_TEMPLATE = "identical", "same photograph", "same template"
SAME_SCENE, UNRELATED = "same scene", "unrelated"

UNCHANGED = told("The same picture, unchanged.")

ONE_THING = 0.4
"""Contradiction from which a single pixel refuses "unchanged", where nothing was done to the picture."""

SAME_LEVELS = 1.5
"""Mean difference that saving a flat or tiny picture again may make."""

LEAST_CONTRAST = 3.0  # deviation in gray levels

SLIGHT_LEVELS, SLIGHT_SHARE = 1.0, 0.1
"""Mean difference, in levels and in shares of the finest detail, that saving at high quality stays under."""

SURELY_OTHER = 0.024
"""Share of the detail from which it is certain that contents are others."""

CLEARLY = 0.95
"""What is alike from which its share is not worth telling, 0 to 1."""

FEW_SHARE = 0.25
"""Of the detail, what covers it where nothing else was done; less is another thing in a drawing."""

BLURRED_PX = 0.8
"""Blur, in pixels compared, that makes fine detail look like other contents."""

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
        "identical", "same photograph", "same template" (a form that other things fill), "same scene" or "unrelated".
    confidence
        0 to 1, in the relation and in the least sure change that is told with it.
    verdict
        That in a sentence.
    changes
        Those that are sure enough; none unless it is the same photograph.
    registration, photometry
        The grounds, None where no common content was found.
    places
        Where the two show different things, as (left, top, right, bottom) in shares of the query, the largest first.
    alike
        The share of the common area outside of these, 0 to 1; 0 where there is nothing in common.
    """

    relation: str
    confidence: float
    verdict: str
    changes: tuple[Change, ...]
    registration: Registration | None = None
    photometry: Photometry | None = None
    places: tuple[Box, ...] = ()
    alike: float = 0.0

    @property
    def text(self) -> str:
        """The verdict with the changes, in one or two sentences."""
        if not self.changes:
            return self.verdict
        changes = listed(*(one.text for one in self.changes))
        return together(self.verdict, told("The first picture is the second picture, {changes}.", changes=changes))


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
    if registration.negative:
        candidate = np.asarray(cv2.bitwise_not(candidate), np.uint8)
    files = _file_size(query, query_info), _file_size(candidate, candidate_info)
    mine, theirs = (None if one is None else one.quality for one in (query_info, candidate_info))
    lowest = min((one for one in (mine, theirs) if one is not None), default=None)
    contents = contents_of(query, candidate, registration, quality=lowest)
    apart = contents.covered if contents.differ and contents.laid_over else None
    drawings = drawn(query) and drawn(candidate)
    where = contents.common if drawings else None
    fit = photometry(query, candidate, registration, size=files[0], quality=mine, apart=apart, drawn=where)
    if other_contents(query, candidate, registration, fit, contents):
        return _same_template(
            registration, fit, *_where(fit, contents), confidence_ramp(contents.share, 0.0, SURELY_OTHER)
        )
    if _another_photograph(registration, fit):
        return _same_scene(registration, fit)
    traces = _traces(query, files[0]), _traces(candidate, files[1])
    sizes = Sizes(query.shape, candidate.shape, files[0], files[1])
    changes = tuple(
        geometric_changes(registration, fit, sizes)
        + tonal_changes(
            fit,
            exact=_exact(registration),
            quality=mine,
            other_quality=theirs,
            traces=traces,
            negative=registration.confidence if registration.negative else 0.0,
        )
    )
    if changes:
        return _same_photograph(registration, fit, changes, contents)
    places = unexplained_places(query, candidate, registration, (mine, theirs), same_size=files[0] == files[1])
    if (
        places
        and contents.differ
        and contents.laid_over
        and 1 - _outside(places) >= FEW_SHARE * contents.detailed.mean()
    ):
        return _same_photograph(registration, fit, (), contents)
    if places and fit.contrary is not None and fit.contrary.max() >= ONE_THING:
        return _same_template(registration, fit, places, _outside(places), 1.0)
    if places or fit.left_over > SLIGHT_LEVELS + SLIGHT_SHARE * fit.detail:
        verdict = told("The same photograph, with slight differences.")
        return Diagnosis(
            SAME_PHOTOGRAPH, registration.confidence, verdict, (), registration, fit, places, contents.alike
        )
    return Diagnosis(IDENTICAL, registration.confidence, UNCHANGED, (), registration, fit, (), 1.0)


def _where(fit: Photometry, contents: Contents) -> tuple[tuple[Box, ...], float]:
    """(the places that differ, the share of what is common outside of them)."""
    if contents.differ or fit.contrary is None:
        return contents.places(), contents.alike
    places = joined(fit.contrary >= CONTRARY)
    return places, _outside(places)


def _same_photograph(
    registration: Registration, fit: Photometry, changes: tuple[Change, ...], contents: Contents
) -> Diagnosis:
    verdict = _short(changes)
    sure = min((registration.confidence, *(one.confidence for one in changes)))
    blurred = abs(fit.blur_px) * fit.resolution > BLURRED_PX
    places = contents.places() if contents.differ and not blurred else ()
    alike = contents.alike if places else 1.0
    if alike < CLEARLY:
        rest = covering(places, beyond=contents.reach)
        shared = told("{share} of what they share is the same picture, {rest}.", share=percent(alike), rest=rest)
        verdict = together(verdict, shared)
    return Diagnosis(SAME_PHOTOGRAPH, sure, verdict, changes, registration, fit, places, alike)


def _same_template(
    registration: Registration | None, fit: Photometry | None, places: tuple[Box, ...], alike: float, sure: float
) -> Diagnosis:
    verdict = told("The same layout, other contents.")
    if places:
        verdict = told_of(
            "The same layout, other contents: {count:,} place differs.",
            "The same layout, other contents: {count:,} places differ.",
            len(places),
        )
    trust = 1.0 if registration is None else registration.confidence
    return Diagnosis(SAME_TEMPLATE, max(SAID, min(trust, sure)), verdict, (), registration, fit, places, alike)


def _outside(places: tuple[Box, ...]) -> float:
    """The share of a frame outside of some boxes that hardly overlap."""
    return max(0.0, 1.0 - sum((right - left) * (bottom - top) for left, top, right, bottom in places))


def _same_scene(registration: Registration, fit: Photometry) -> Diagnosis:
    verdict = told(
        "The same scene, another photograph: {agreeing} of {places} places agree.",
        agreeing=registration.inliers,
        places=registration.patches,
    )
    if not registration.sure:
        verdict = told(
            "The same scene, another photograph: {number} details match, the pixels do not.",
            number=registration.matches,
        )
    return Diagnosis(SAME_SCENE, max(SAID, registration.confidence), verdict, (), registration, fit)


def _without_registration(query: RGBImage, candidate: RGBImage) -> Diagnosis:
    """Flat and tiny pictures have nothing to lay on each other, but may be the same."""
    if query.shape == candidate.shape and float(cv2.absdiff(query, candidate).mean()) <= SAME_LEVELS:
        places = saved_again(query, candidate)
        if not places:
            return Diagnosis(IDENTICAL, 1.0, UNCHANGED, (), alike=1.0)
        if min(query.shape[:2]) >= SMALLEST_PX:
            return _same_template(None, None, places, _outside(places), 1.0)
    nothing = told("No common content found.")
    for why, picture in (
        (told("The first picture has too little detail to compare."), query),
        (told("The second picture has too little detail to compare."), candidate),
    ):
        if min(picture.shape[:2]) < SMALLEST_PX or to_gray(picture).std() < LEAST_CONTRAST:
            return Diagnosis(UNRELATED, SAID, together(nothing, why), ())
    return Diagnosis(UNRELATED, 1.0, nothing, ())


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
    if not registration.sure:
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
    if not words:
        return told("The same photograph.")
    if len(words) == 1:
        return told("The same photograph, {change}.", change=words[0])
    one, another, *further = words
    if not further:
        return told("The same photograph, {change} and {another}.", change=one, another=another)
    return told("The same photograph, {change}, {another} and otherwise changed.", change=one, another=another)
