"""Bytes to pixels and back, within limits: the only place where bytes become pixels."""
