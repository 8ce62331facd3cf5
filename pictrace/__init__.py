"""PicTrace: give it a picture; it finds the pictures in your catalog that match, and shows why."""
