"""The kinds of change, one a row: what is measured, and from where on it is told.

The thresholds were set on the photographs of even number of benchmarks.diagnosis, where its changes are applied and
where not; the odd ones are what it reports.
"""

from __future__ import annotations

from dataclasses import dataclass

from pictrace.diagnosis.change import confidence_ramp
from pictrace.diagnosis.registration import KNOWN, KNOWN_SURELY
from pictrace.told import told

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """words: as in "The same photograph, cropped". told, sure: values from which it is told, and is certain.

    measure: what these are of.
    """

    words: str
    told: float
    sure: float
    measure: str

    def confidence(self, value: float, slack: float = 0.0, slack_sure: float | None = None) -> float:
        """0 to 1, a half where it is told; slack: what else may have moved the value."""
        return confidence_ramp(value, self.told + slack, self.sure + (slack if slack_sure is None else slack_sure))


KINDS = {
    "mirrored": Kind(told("mirrored"), KNOWN, KNOWN_SURELY, "share of the small windows that agree"),
    "turned": Kind(told("turned"), 1.0, 3.0, "degrees from a quarter turn; by quarters as mirrored"),
    "cropped": Kind(told("cropped"), 0.03, 0.06, "share of the candidate that is cut off"),
    "wider": Kind(told("with more to see"), 0.03, 0.06, "share of the query beyond the candidate"),
    "stretched": Kind(told("stretched"), 1.035, 1.1, "ratio of the scales across and down"),
    "resized": Kind(told("resized"), 0.06, 0.15, "logarithm of the factor"),
    "border_added": Kind(told("with bars added"), 0.012, 0.03, "share of the side"),
    "border_removed": Kind(told("with bars removed"), 0.012, 0.03, "share of the side"),
    "inverted": Kind(told("inverted"), KNOWN, KNOWN_SURELY, "share of the small windows that agree with the negative"),
    "brightness": Kind(told("in other tones"), 2.5, 7.0, "mean distance of the tone curve, levels"),
    "gamma": Kind(told("in other tones"), 2.5, 7.0, "mean distance of the tone curve, levels"),
    "grayscale": Kind(told("in grey"), 3.0, 8.0, "mean chroma of the candidate, levels"),
    "coloured": Kind(told("in colour"), 3.0, 8.0, "mean chroma of the query, levels"),
    "hue": Kind(told("recoloured"), 0.5, 1.0, "share of the coloured pixels turned alike"),
    "saturation": Kind(told("in other colours"), 0.4, 0.8, "binary logarithm of the factor"),
    "tint": Kind(told("tinted"), 7.0, 16.0, "levels of the channel that differs most"),
    "blurred": Kind(told("blurred"), 0.75, 1.4, "Gaussian width, px of the coarser picture"),
    "sharper": Kind(told("sharper"), 0.75, 1.4, "Gaussian width, px of the coarser picture"),
    "noise_added": Kind(told("noisy"), 1.0, 2.0, "deviation, times the least that shows on such detail"),
    "noise_removed": Kind(told("with less noise"), 1.0, 2.0, "deviation, times the least that shows on such detail"),
    "recompressed": Kind(told("recompressed"), 8.0, 20.0, "steps of JPEG quality"),
    "less_compressed": Kind(told("less compressed"), 8.0, 20.0, "steps of JPEG quality"),
    "text_added": Kind(told("with text added"), 0.0025, 0.006, "share of the picture"),
    "text_removed": Kind(told("with text removed"), 0.0025, 0.006, "share of the picture"),
}
"""In the order in which they are told."""
