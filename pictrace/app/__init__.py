"""The Streamlit side of PicTrace: the only package code that imports streamlit."""
