"""Measurements, each repeated by one command; see docs/performance.md."""
