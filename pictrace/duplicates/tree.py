"""The family tree of a group: which picture was made from which.

Every pair that was diagnosed says what making either from the other would cost. The tree that costs least in all, one
way into each picture but the first, is the minimum arborescence. Edmonds: Optimum branchings, Journal of Research of
the National Bureau of Standards 71B (1967), doi:10.6028/jres.071B.032.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx
import numpy as np

from pictrace.catalog.cache import FeatureCache
from pictrace.duplicates.directions import costs, replay_costs
from pictrace.duplicates.relations import Note
from pictrace.duplicates.stars import Size
from pictrace.features import FeatureBatch
from pictrace.metrics.layout import LayoutSsim

__all__ = ["Edge", "Tree", "family_tree", "worth_diagnosing"]

ALL_PAIRS = 8
NEAREST = 5
"""Up to so many pictures, all pairs are diagnosed; of more, each with so many that look most like it."""

FIRST = 1000.0
"""What a picture that comes from none costs: so much that there is one alone."""

PER_BYTE = 0.3
"""Of that, at most, what the smallest file costs more than the largest: where changes tell nothing, size does."""

RELATED = {"same photograph": 0.0, "identical": 0.0, "same template": 0.3}
"""What is diagnosed of pictures in a tree, and what it costs by itself: a little text laid over passes for a form."""


@dataclass(frozen=True)
class Edge:
    """One picture made from another. cost: as directions.costs has it. note: what was done, of the pair as diagnosed.

    as_told: the note says what was done to ``parent`` to obtain ``child``, not the other way round.
    """

    parent: int
    child: int
    cost: float
    note: Note
    as_told: bool


@dataclass(frozen=True)
class Tree:
    """root: the original. edges: one into each other picture that is related to it, parents first."""

    root: int
    edges: tuple[Edge, ...]


def worth_diagnosing(cache: FeatureCache, ids: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs of a group, whose first picture comes first, from which its tree is made."""
    if len(ids) <= ALL_PAIRS:
        return [(one, other) for place, one in enumerate(ids) for other in ids[place + 1 :]]
    metric = LayoutSsim()
    ordered = np.sort(np.array(ids, np.int64))
    batch: FeatureBatch = cache.of(ordered, metric)
    rank = {one: place for place, one in enumerate(ids)}
    pairs = {(ids[0], other) for other in ids[1:]}
    for place, one in enumerate(ordered.tolist()):
        alike = np.nan_to_num(metric.compare_variants(metric.turned(batch[place]), batch).raw, nan=-1.0)
        alike[place] = -1.0
        for other in ordered[np.argsort(-alike)[:NEAREST]].tolist():
            pairs.add((one, other) if rank[one] < rank[other] else (other, one))
    return sorted(pairs, key=lambda pair: (rank[pair[0]], rank[pair[1]]))


def family_tree(ids: Sequence[int], notes: Mapping[tuple[int, int], Note], sizes: Mapping[int, Size]) -> Tree | None:
    """The cheapest tree; None where no pair is related.

    Parameters
    ----------
    ids
        The pictures of the group.
    notes
        What was found between them, as relations.Telling notes it, each pair once or in both directions.
    sizes
        Of each picture: where what was done does not tell a direction, the larger file is the earlier one.
    """
    graph = networkx.DiGraph()
    best: dict[tuple[int, int], Edge] = {}
    for (one, other), note in notes.items():
        if note["relation"] not in RELATED or not {one, other} <= set(ids):
            continue
        for parent, child, told, left in zip((one, other), (other, one), costs(note), replay_costs(note), strict=True):
            cost = told + left + RELATED[str(note["relation"])]
            edge = Edge(parent, child, cost, note, parent == one)
            if (parent, child) not in best or cost < best[parent, child].cost:
                best[parent, child] = edge
    if not best:
        return None
    largest = max((sizes[one].byte_count for one in ids), default=1) or 1
    for one in ids:
        graph.add_edge("none", one, weight=FIRST + PER_BYTE * (1 - sizes[one].byte_count / largest))
    for (parent, child), edge in best.items():
        graph.add_edge(parent, child, weight=edge.cost)
    found = networkx.minimum_spanning_arborescence(graph, attr="weight")
    roots = list(found.successors("none"))
    root = max(roots, key=lambda one: len(networkx.descendants(found, one)))
    order = networkx.bfs_edges(found, root)
    return Tree(root, tuple(best[edge] for edge in order))
