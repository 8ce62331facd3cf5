"""The computations that a search spends its time in, each in a plain and in a compiled form.

Every function here takes one query against n candidates, checks its arrays, and hands chunks of
candidates to the implementation in charge (see pictrace.kernels.switch) over one pool of threads.
Both implementations give the same results: whole numbers exactly, correlations within 1e-5, SSIM
within 5e-5 (on photographs 5e-6). Ragged batches come as rows and offsets, as in
pictrace.metrics.base.FeatureBatch; read-only and memory-mapped arrays are taken without a copy.

Importing this package does not import numba; ``warm()`` does, in the background, and so does
``expect()`` where it pays.
"""

from __future__ import annotations

from pictrace.kernels.backwards import consistent_backwards
from pictrace.kernels.cells import nearest_cells
from pictrace.kernels.cosine import cosines
from pictrace.kernels.hamming import hamming64_pairs, hamming64_variants, hamming_rows
from pictrace.kernels.histogram import COARSE_BINS, histogram_coarse, histogram_correlation, largest_bins
from pictrace.kernels.keypoints import pack_keypoints, unpack_points
from pictrace.kernels.leads import leads
from pictrace.kernels.orb import COARSE_DESCRIPTORS, NO_MATCH, orb_coarse, orb_evidence, orb_nearest, orb_score
from pictrace.kernels.patches import described, directed
from pictrace.kernels.pool import run_chunks
from pictrace.kernels.scale_space import ScaleSpace, extrema, scale_space
from pictrace.kernels.ssim import shrunk, ssim_chosen, ssim_pairs, ssim_variants
from pictrace.kernels.switch import backend, expect, forced, ready, warm
from pictrace.kernels.votes import keypoint_votes

__all__ = [
    "COARSE_BINS",
    "COARSE_DESCRIPTORS",
    "NO_MATCH",
    "ScaleSpace",
    "backend",
    "consistent_backwards",
    "cosines",
    "described",
    "directed",
    "expect",
    "extrema",
    "forced",
    "hamming64_pairs",
    "hamming64_variants",
    "hamming_rows",
    "histogram_coarse",
    "histogram_correlation",
    "keypoint_votes",
    "largest_bins",
    "leads",
    "nearest_cells",
    "orb_coarse",
    "orb_evidence",
    "orb_nearest",
    "orb_score",
    "pack_keypoints",
    "ready",
    "run_chunks",
    "scale_space",
    "shrunk",
    "ssim_chosen",
    "ssim_pairs",
    "ssim_variants",
    "unpack_points",
    "warm",
]
