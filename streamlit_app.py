"""PicTrace in the browser: streamlit run streamlit_app.py"""

from pictrace.app.frame import route

route()
