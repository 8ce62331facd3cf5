"""Give a picture; see its matches, and why."""

from pictrace.app.frame import in_frame
from pictrace.app.search.page import show

in_frame(show)
