"""Weights that are learned from what is right: what to climb, and what is reached on held-out queries."""
