"""Copies in the open catalog, group by group."""

from pictrace.app.duplicates.page import show
from pictrace.app.frame import in_frame

TITLE = "Duplicates"
ICON = "filter_none"
ORDER = 4

in_frame(show)
