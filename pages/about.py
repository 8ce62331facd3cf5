"""What PicTrace measures, and what it does with your pictures."""

from pictrace.app.about.page import show
from pictrace.app.frame import in_frame

TITLE = "How it works"
ICON = "info"
ORDER = 5

in_frame(show)
