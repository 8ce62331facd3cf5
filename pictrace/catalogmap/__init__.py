"""A catalog on a plane: alike pictures near each other, by a metric whose features are points."""

from __future__ import annotations

from pictrace.catalogmap.maps import AXES, FEWEST, LIMIT, METHODS, NEIGHBOURS, CatalogMap, catalog_map, mappable

__all__ = ["AXES", "FEWEST", "LIMIT", "METHODS", "NEIGHBOURS", "CatalogMap", "catalog_map", "mappable"]
