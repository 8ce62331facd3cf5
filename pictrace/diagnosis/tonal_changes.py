"""From a photometric fit to what was done to the levels: tones, colours, sharpness, noise, compression, text."""

from __future__ import annotations

import math

from pictrace.diagnosis.change import Change, change_if_sure, confidence_ramp
from pictrace.diagnosis.kinds import KINDS
from pictrace.diagnosis.overlays import whereabouts
from pictrace.diagnosis.photometry import Photometry
from pictrace.diagnosis.tones import Tone
from pictrace.told import listed, told

__all__ = ["BLOCKS", "tonal_changes"]

LOSSLESS = 100
"""The quality that stands for files other than JPEG."""

COARSE = 75
"""JPEG quality up to which the finest detail is gone."""

BLOCKS = 1.5
"""Blockiness that a JPEG quality of 80 and more does not leave."""

BLOCKS_APART = 0.35, 1.0  # difference in blockiness that is told, and that is certain
TEXT_LEVELS = 40, 60  # likewise, by which text differs from what it covers

BLOCKS_SOFTEN = 0.4  # px by which compression of an unknown quality softens

MORE = told("with more red"), told("with more green"), told("with more blue")
LESS = told("with less red"), told("with less green"), told("with less blue")

STRONGLY = 36
"""JPEG quality under which compression alone moves tones and colours a little."""


def tonal_changes(
    fit: Photometry,
    *,
    exact: bool,
    quality: int | None,
    other_quality: int | None,
    traces: tuple[float, float] = (1.0, 1.0),
    negative: float = 0.0,
) -> list[Change]:
    """In the order in which one would tell them.

    Parameters
    ----------
    exact
        Pixel lies on pixel, so that warping adds no differences.
    quality, other_quality
        Of the JPEG compression of the query's and the candidate's file, None where unknown or lossless.
    traces
        How much the pixels of both show 8x8 blocks, 1 = not at all.
    negative
        How sure it is, 0 to 1, that the tones were turned round before anything else.
    """
    slack = min(2.0, max(0, STRONGLY - (quality or LOSSLESS)) / 12)
    found = change_if_sure("inverted", negative, told("inverted (a negative)"))
    found += _tone(fit.tone, slack + abs(fit.noise) / 8)
    found += _colours(fit, slack)
    found += _sharpness(fit, BLOCKS_SOFTEN if max(traces) > BLOCKS else 0.0)
    coarse = quality if fit.noise < 0 else other_quality  # of the one that would be the cleaner
    found += _noise(fit, exact, (coarse or LOSSLESS) <= COARSE)
    found += _compression(quality, other_quality, traces)
    found += _overlay(fit, slack)
    return found


def _tone(tone: Tone, slack: float) -> list[Change]:
    if tone.error > 0.7 * tone.before:
        return []
    confidence = KINDS["brightness" if tone.exponent == 1 else "gamma"].confidence(tone.before, slack)
    if tone.exponent != 1:
        gamma = f"{tone.exponent:.2f}"
        text = told("brighter, mostly in the middle tones (gamma {gamma})", gamma=gamma)
        if tone.exponent > 1:
            text = told("darker, mostly in the middle tones (gamma {gamma})", gamma=gamma)
        return change_if_sure("gamma", confidence, text, exponent=tone.exponent)
    middle = 127.5 * tone.gain + tone.offset - 127.5
    words = []
    if abs(middle) > 6:
        words.append(told("darker") if middle < 0 else told("brighter"))
    if abs(tone.gain - 1) > 0.08:
        share = f"{100 * tone.gain:.0f}"
        more = tone.gain > 1
        words.append(
            told("with more contrast ({share} %)", share=share)
            if more
            else told("with less contrast ({share} %)", share=share)
        )
    text = listed(*words) if words else told("with other tones")
    return change_if_sure("brightness", confidence, text, gain=tone.gain, offset=tone.offset)


def _colours(fit: Photometry, slack: float) -> list[Change]:
    colours = fit.colours
    if colours.grayed:
        return change_if_sure(
            "grayscale", KINDS["grayscale"].confidence(colours.candidate, 3 * slack), told("without its colours (grey)")
        )
    if colours.coloured:
        text = told("in colour, where the second picture is grey")
        return change_if_sure("coloured", KINDS["coloured"].confidence(colours.query - abs(fit.noise)), text)
    if colours.turned:
        text = told("with other colours (hue turned by {degrees}°)", degrees=f"{colours.hue_degrees:.0f}")
        return change_if_sure(
            "hue", KINDS["hue"].confidence(colours.together - slack / 8), text, degrees=colours.hue_degrees
        )
    found = []
    strength = abs(math.log2(max(1 / 16, fit.saturation)))
    share = f"{100 * fit.saturation:.0f}"
    stronger = fit.saturation > 1
    found += change_if_sure(
        "saturation",
        KINDS["saturation"].confidence(strength, slack / 10, 0.0),
        told("with stronger colours ({share} %)", share=share)
        if stronger
        else told("with paler colours ({share} %)", share=share),
        factor=fit.saturation,
    )
    most = max(fit.tint, key=abs)
    found += change_if_sure(
        "tint",
        KINDS["tint"].confidence(abs(most), 2 * slack, slack),
        (MORE if most > 0 else LESS)[fit.tint.index(most)],
        red=fit.tint[0],
        green=fit.tint[1],
        blue=fit.tint[2],
    )
    return found


def _sharpness(fit: Photometry, slack: float) -> list[Change]:
    if fit.detail < 0.8:  # on a picture without detail no blur can be seen
        return []
    confidence = KINDS["blurred" if fit.blur_px > 0 else "sharper"].confidence(abs(fit.blur_px) * fit.resolution, slack)
    if fit.blur_px > 0:
        text = told("blurred (by {width} px)", width=f"{fit.blur_px:.1f}")
        return change_if_sure("blurred", confidence, text, sigma_px=fit.blur_px)
    text = told("sharper (by {width} px)", width=f"{-fit.blur_px:.1f}")
    return change_if_sure("sharper", confidence, text, sigma_px=-fit.blur_px)


def _noise(fit: Photometry, exact: bool, coarse: bool) -> list[Change]:
    level = abs(fit.noise)
    grain = fit.detail * (0.15 if exact else 0.4)  # foliage and the like: what warping makes of it looks like noise
    if coarse:  # its compression took the finest detail, and with it noise that was always there
        grain = 3 * max(grain, 1.5)
    if fit.noise > 0:
        least = max(1.9, grain) if exact else max(3.4, 0.75 * grain)
        confidence = KINDS["noise_added"].confidence(level / least)
        text = told("with noise added ({level} levels)", level=f"{level:.0f}")
        return change_if_sure("noise_added", confidence, text, deviation=level)
    least = max(2.5, grain) if exact else max(6.0, 1.4 * grain)
    confidence = KINDS["noise_removed"].confidence(level / least)
    text = told("with less noise ({level} levels)", level=f"{level:.0f}")
    return change_if_sure("noise_removed", confidence, text, deviation=level)


def _compression(quality: int | None, other_quality: int | None, traces: tuple[float, float]) -> list[Change]:
    mine, theirs = quality or LOSSLESS, other_quality or LOSSLESS
    if mine <= 82 and mine < theirs:
        text = told("recompressed (JPEG quality {quality})", quality=mine)
        if other_quality is not None:
            text = told(
                "recompressed (JPEG quality {quality}; the second picture: {other})", quality=mine, other=other_quality
            )
        confidence = KINDS["recompressed"].confidence(theirs - mine)
        return change_if_sure("recompressed", confidence, text, quality=mine, other_quality=theirs)
    if theirs <= 82 and theirs < mine:
        text = told("less compressed (the second picture: JPEG quality {quality})", quality=theirs)
        confidence = KINDS["less_compressed"].confidence(mine - theirs)
        return change_if_sure("less_compressed", confidence, text, quality=mine, other_quality=theirs)
    more = traces[0] - traces[1]
    confidence = min(0.9, confidence_ramp(abs(more), *BLOCKS_APART))
    if max(traces) < BLOCKS:
        return []
    if more > 0:
        return change_if_sure("recompressed", confidence, told("recompressed (it shows JPEG blocks)"))
    text = told("less compressed (the second picture shows JPEG blocks)")
    return change_if_sure("less_compressed", confidence, text)


def _overlay(fit: Photometry, slack: float) -> list[Change]:
    patch = fit.overlay
    if patch is None:
        return []
    where = whereabouts(patch)
    place: dict[str, float | str] = {
        "where": where,
        "share": patch.share,
        "left": patch.left,
        "top": patch.top,
        "right": patch.right,
        "bottom": patch.bottom,
    }
    kind = "text_added" if patch.ours >= 0.5 else "text_removed"
    confidence = min(confidence_ramp(patch.levels, *TEXT_LEVELS), KINDS[kind].confidence(patch.share / (1 + slack)))
    if patch.ours >= 0.5:
        return change_if_sure(kind, confidence, told("with text or a logo added {where}", where=where), **place)
    text = told("without the text or logo of the second picture {where}", where=where)
    return change_if_sure(kind, confidence, text, **place)
