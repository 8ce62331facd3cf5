"""What a server keeps between requests: the owner's settings, open catalogs, a search, uploads, work in the
background. Whatever draws it, or sends it as JSON, stands above: no streamlit here."""
