"""The catalog page."""
