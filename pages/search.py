"""Give a picture; see its matches, and why."""

from pictrace.app.frame import in_frame
from pictrace.app.search_view import show

in_frame(show)
