"""What a server keeps between requests: the owner's settings, uploads, work in the background. No streamlit here."""
