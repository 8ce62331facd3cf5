"""Give a picture; see its matches, and why."""

from pictrace.app.frame import in_frame
from pictrace.app.search.page import show

TITLE = "Search"
ICON = "image_search"
ORDER = 1

in_frame(show)
