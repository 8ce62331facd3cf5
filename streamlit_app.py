"""PicTrace in the browser: the router and the common frame."""

import streamlit as st

from pictrace.app.frame import frame

st.set_page_config(page_title="PicTrace", page_icon=":material/image_search:", layout="wide")
frame()

page = st.navigation(
    [
        st.Page("pages/search.py", title="Search", icon=":material/image_search:", default=True),
        st.Page("pages/about.py", title="About", icon=":material/info:"),
    ],
    position="top",
)
page.run()
