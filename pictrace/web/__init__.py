"""Everything that dials out, and nothing else: what may be dialled, fetching, links of web pages."""
