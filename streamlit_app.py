"""PicTrace in the browser: streamlit run streamlit_app.py"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    # The server reads this file once, finds the app that it serves, and runs the same file for each visitor. A host
    # that knows no such apps runs it for the visitors only, without what the middleware does.
    from pictrace.app.server import lifespan, middleware, on_script_error, routes

    app = st.App(
        __file__,
        lifespan=lifespan,
        routes=routes(),
        middleware=middleware(),
        on_script_error=on_script_error,
    )
else:
    from pictrace.app.frame import route

    route()
