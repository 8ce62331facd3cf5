"""What lies around a ranking: other weights, and the whole catalog as a map."""
