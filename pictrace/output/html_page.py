"""HTML files that need nothing else: no script, no network. Names of pictures are anybody's: every text is escaped."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence

from pictrace.told import told

__all__ = ["Words", "figure", "html_page", "table"]

Words = Callable[[str], str]
"""Says a text of ours in the language of the page."""

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # should a name get past the escaping

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
figure { margin: 0; } figcaption, .small { font-size: .85rem; opacity: .75; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; border-radius: 4px; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; } .row > * { flex: 1 1 12rem; min-width: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; }
@media (max-width: 30rem) { table { font-size: .75rem; } th, td { padding: .25rem .3rem; hyphens: auto; } }
tr { border-bottom: 1px solid #8A8F9855; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
"""


def html_page(title: str, parts: Sequence[str], *, language: str = "en", words: Words = str) -> bytes:
    """The whole file, UTF-8.

    Parameters
    ----------
    parts
        Markup, in which every text has been escaped.
    language
        In which they are, as HTML names it.
    words
        Says a text of ours in that language.
    """
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head = f"<meta charset='utf-8'>{policy}<meta name='viewport' content='width=device-width'>"
    head += f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
    made = words(told("Made with PicTrace."))
    foot = f"<p class='small'>{html.escape(made)}</p>"
    return (
        f"<!doctype html><html lang='{language}'><head>{head}</head><body>{''.join(parts)}{foot}</body></html>".encode()
    )


def figure(jpeg: bytes, title: str, note: str = "", *, alt: str = "") -> str:
    """A picture with what is said of it below."""
    data = base64.b64encode(jpeg).decode("ascii")
    caption = html.escape(title) + (f"<br>{html.escape(note)}" if note else "")
    return (
        f"<figure><img src='data:image/jpeg;base64,{data}' alt=\"{html.escape(alt or title)}\">"
        f"<figcaption>{caption}</figcaption></figure>"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str | float]], words: Words = str) -> str:
    """Numbers have two digits; NaN is none."""
    none = words(told("none"))
    heading = "".join(f"<th>{html.escape(one)}</th>" for one in head)
    lines = ["".join(_cell(one, none) for one in row) for row in rows]
    return f"<div class='wide'><table>{''.join(f'<tr>{one}</tr>' for one in (heading, *lines))}</table></div>"


def _cell(value: str | float, none: str) -> str:
    if isinstance(value, str):
        return f"<td>{html.escape(value)}</td>"
    return f"<td class='number'>{f'{value:z.2f}' if value == value else html.escape(none)}</td>"
