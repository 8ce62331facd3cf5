"""The scripts and styles of the components, as Streamlit takes them: one text each."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import resources

__all__ = ["script", "style"]

_IMPORTED = re.compile(r'from "\./(\w+\.js)"')


def style(name: str) -> str:
    """A style sheet that lies beside this file."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")


@cache
def script(name: str) -> str:
    """A script that lies beside this file, as a module whose imports a browser can follow wherever it comes from.

    Streamlit hands a script to the browser without an address of its own, so that its neighbours cannot be found
    from it: each import carries its module along, in a ``data:`` address.
    """
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return _IMPORTED.sub(lambda found: f'from "{_address(found[1])}"', text)


@cache
def _address(name: str) -> str:
    encoded = base64.b64encode(script(name).encode("utf-8")).decode("ascii")
    return f"data:text/javascript;charset=utf-8;base64,{encoded}"
