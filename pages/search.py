"""Give a picture; see its matches, and why."""

from pictrace.app.search_view import show

show()
