"""How it works: the metrics on an example that one changes; privacy, versions and licences."""
