"""From sources to a catalog: read, decode, extract, store; in threads, batch by batch."""
