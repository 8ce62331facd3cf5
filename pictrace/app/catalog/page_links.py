"""Picture links of a web page: listed for picking before any of them is fetched."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pictrace.app.catalog.state import AddState
from pictrace.app.shared.language import _, translated
from pictrace.errors import PicTraceError
from pictrace.escape import for_markdown
from pictrace.sources.base import Item
from pictrace.told import reason
from pictrace.web.crawl import crawl
from pictrace.web.policy import DownloadPolicy
from pictrace.web.scrape import PageLinks, PictureLink, ScrapeRules

__all__ = ["from_web_page"]

MOST_PAGES = 50
RULES = ScrapeRules()


def from_web_page(state: AddState) -> list[Item]:
    """Ask for a page, read it with those that follow, and give what was picked of it."""
    with st.expander(_("From a web page"), icon=":material/language:"):
        _form(state)
        if not state.found_links:
            return []
        return [Item.of_link(link.address) for link in _picked(state.found_links)]


def _form(state: AddState) -> None:
    with st.form("web_page", border=False):
        address = st.text_input(_("Link to the page"), key="page_address", placeholder="https://…")
        left, right = st.columns([1, 2])
        pages = left.number_input(_("Pages to read"), 1, MOST_PAGES, key="page_count")
        pattern = right.text_input(
            _("Links to further pages"),
            key="page_pattern",
            placeholder="https://example.org/gallery/page-{n}/",
            help=_(
                "If pages are numbered: {n} stands for 2, 3, … Leave it empty to follow the page's link to the next."
            ),
        )
        rules = _rules()
        asked = st.form_submit_button(_("Find pictures"))
    if not asked or not address.strip():
        return
    state.found_links = ()
    if isinstance(rules, str):
        st.error(for_markdown(rules), icon=":material/error:")
        return
    found, problems = _read(address.strip(), pages, pattern.strip() or None, rules)
    state.found_links = found
    for problem in problems:
        st.error(for_markdown(translated(problem)), icon=":material/error:")
    if not found and not problems:
        st.info(_("PicTrace sees no pictures on this page."), icon=":material/image_not_supported:")


def _rules() -> ScrapeRules | str:
    """What is left out unless one picks it; a text where it cannot be used."""
    with st.popover(_("What is left out"), icon=":material/filter_alt:"):
        side = st.number_input(
            _("Pictures smaller than (pixels)"),
            0,
            2000,
            RULES.min_side_px,
            key="rule_side",
            help=_("By the size that the page gives."),
        )
        words = st.text_area(
            _("Links with one of these words"),
            ", ".join(RULES.left_out_words),
            key="rule_words",
            help=_("Separated by commas; - stands for any separator of words."),
        )
        same_host = st.checkbox(_("Links to other hosts"), RULES.same_host_only, key="rule_host")
    chosen = tuple(word for part in words.lower().split(",") if (word := part.strip()))
    try:
        return dataclasses.replace(RULES, min_side_px=side, left_out_words=chosen, same_host_only=same_host)
    except ValueError as error:
        return _("These rules cannot be used: {problem}.", problem=translated(reason(error)))


def _read(
    address: str, pages: int, pattern: str | None, rules: ScrapeRules
) -> tuple[tuple[PictureLink, ...], list[str]]:
    """(links, each once; what went wrong)."""
    links: dict[str, PictureLink] = {}
    problems: list[str] = []
    place = st.empty()
    policy = DownloadPolicy.from_environment()
    try:
        for number, one in enumerate(crawl(address, pages=pages, pattern=pattern, rules=rules, policy=policy), 1):
            if isinstance(one, PageLinks):
                links.update({link.address: link for link in one.links if link.address not in links})
            else:
                problems.append(str(one))
            if pages > 1:
                told = _(
                    "{number} of {pages} pages read, {links:,} links", number=number, pages=pages, links=len(links)
                )
                place.progress(number / pages, text=told)
    except PicTraceError as error:
        problems.append(str(error))
    place.empty()
    return tuple(links.values()), problems


def _picked(links: Sequence[PictureLink]) -> list[PictureLink]:
    take, address, title, reason = _("Take"), _("Link"), _("Title"), _("Left out because")
    table = pd.DataFrame(
        {
            take: [not link.left_out for link in links],
            address: [link.address for link in links],
            title: [link.alt for link in links],
            reason: [translated(link.left_out) for link in links],
        }
    )
    edited = st.data_editor(
        table,
        disabled=[address, title, reason],
        hide_index=True,
        height=min(38 * (len(links) + 1), 320),
        key="page_links",
    )
    return [link for link, taken in zip(links, edited[take].tolist(), strict=True) if taken]
