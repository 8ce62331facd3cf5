"""What other weights would do to a ranking, told from the ScoreTable alone: nothing is compared again."""

from pictrace.weightmap.disagreement import Dispute, agreement, disputes
from pictrace.weightmap.ranges import Held, Takeover, WeightRange, weight_ranges
from pictrace.weightmap.triangle import NOBODY, Region, WeightMap, heaviest, weight_map
from pictrace.weightmap.whatif import WhatIf, what_if

__all__ = [
    "NOBODY",
    "Dispute",
    "Held",
    "Region",
    "Takeover",
    "WeightMap",
    "WeightRange",
    "WhatIf",
    "agreement",
    "disputes",
    "heaviest",
    "weight_map",
    "weight_ranges",
    "what_if",
]
