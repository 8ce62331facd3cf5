"""What is in the catalog, and what goes into it."""

from pictrace.app.catalog.page import show
from pictrace.app.frame import in_frame

TITLE = "Catalog"
ICON = "photo_library"
ORDER = 3

in_frame(show)
