"""Which pictures of a catalog are copies of one another, and which of them was made from which."""
