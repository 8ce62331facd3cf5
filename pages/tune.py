"""Measure searches on one's own pictures, and learn weights from them."""

from pictrace.app.frame import in_frame
from pictrace.app.tune.page import show

TITLE = "Tune"
ICON = "tune"
ORDER = 4

in_frame(show)
