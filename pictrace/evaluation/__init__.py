"""How well searches find what they should: truth, scores, measures, and weights that are learned from them."""
