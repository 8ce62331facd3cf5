"""PicTrace's API from Python: ``pictrace.client.client.Client``, and what it answers."""
