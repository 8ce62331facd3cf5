"""The duplicates page."""
