"""Two pictures, and everything that can be said of them together."""

from pictrace.app.compare.page import show
from pictrace.app.frame import in_frame

TITLE = "Compare"
ICON = "compare"
ORDER = 2

in_frame(show)
