"""A catalog on a plane: alike pictures near each other, by a metric whose features are points."""
