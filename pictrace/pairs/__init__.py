"""Two pictures laid on each other: the steps behind registration, photometry and diagnosis."""
