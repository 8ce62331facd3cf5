"""What PicTrace measures, and what it does with your pictures."""

from pictrace.app.about_view import show

show()
