"""The JSON API: the work of ``service`` for programs, over HTTP. No streamlit here."""
