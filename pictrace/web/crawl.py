"""Picture links from one web page or several in a row: politely, and only where the site lets programs in.

Pages are fetched by pictrace.web.fetch, so nothing private is reached. Each host's robots.txt is asked first
(RFC 9309), and its pages are fetched one by one with a pause between them.

Protego (0.7, pure Python, 14 KB) reads robots.txt. The standard library's parser knows no wildcards and stumbles over
lines such as "Disallow: //[" and "Crawl-delay: ²"; on 500 KB of hostile rules both took at most .6 s.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from urllib.parse import urlsplit

from protego import Protego

from pictrace.errors import DownloadError, ImageError, RefusedError, SourceError
from pictrace.escape import for_message
from pictrace.faults import as_own
from pictrace.images.formats import sniff
from pictrace.told import told
from pictrace.web.fetch import Download, fetch_async
from pictrace.web.policy import DownloadPolicy, check_url
from pictrace.web.scrape import (
    DEFAULT_RULES,
    MAX_PAGES,
    PageLinks,
    PictureLink,
    ScrapeRules,
    next_page,
    page_addresses,
    picture_links,
)

__all__ = ["USER_AGENT", "crawl", "crawl_async"]

USER_AGENT = "PicTrace"
"""The name by which a robots.txt may speak to us."""
MAX_ROBOTS_BYTES = 500 * 1024
MAX_CRAWL_DELAY_S = 30.0
"""The longest pause between two pages that a robots.txt can ask for."""

_DEFAULT_POLICY = DownloadPolicy()
_HTML = frozenset({"", "text/html", "application/xhtml+xml"})
_CLOSED = frozenset({401, 403, 429})


async def crawl_async(
    address: str,
    *,
    pages: int = 1,
    pattern: str | None = None,
    rules: ScrapeRules = DEFAULT_RULES,
    policy: DownloadPolicy = _DEFAULT_POLICY,
    delay_s: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncIterator[PageLinks | DownloadError]:
    """The picture links of a page and of those that follow, a page at a time; a page's failure is a value.

    No page is read twice.

    Parameters
    ----------
    address
        The first page.
    pages
        The most that are read, up to MAX_PAGES.
    pattern
        What follows are its pages 2, 3, … (scrape.page_addresses); else the page that each names as its next.
    rules
        Which links are left out.
    policy
        What may be fetched.
    delay_s
        Seconds between two pages of a host, unless its robots.txt asks for more, up to MAX_CRAWL_DELAY_S.
    clock, sleep
        What tells the time, and lets it pass.

    Yields
    ------
    PageLinks or DownloadError
        One a page.

    Raises
    ------
    SourceError
        At the first step, where pages or pattern cannot be used.
    """
    if not 1 <= pages <= MAX_PAGES:
        raise SourceError(told("{pages} pages cannot be read. Ask for 1 to {most:,}.", pages=pages, most=MAX_PAGES))
    numbered = page_addresses(pattern, 1, pages)[1:] if pattern is not None else ()
    policy = dataclasses.replace(policy, wanted="page")
    site = _Site(policy, delay_s, clock, sleep)
    seen: set[str] = set()
    upcoming: str | None = address
    for number in range(pages):
        if upcoming is None:
            return
        following = None
        try:
            here = check_url(upcoming, policy)
            if here not in seen:
                seen.add(here)
                page = await site.page(here)
                again = page.final_url != here and page.final_url in seen
                seen.add(page.final_url)
                if pattern is None and number + 1 < pages and page.content_type in _HTML:
                    with as_own(DownloadError, for_message(page.final_url)):
                        following = next_page(page.data, page.final_url, charset=page.charset)
                if not again:
                    yield _links(page, rules)
        except DownloadError as error:
            yield error
        if number < len(numbered):
            following = numbered[number]
        upcoming = following


def crawl(
    address: str,
    *,
    pages: int = 1,
    pattern: str | None = None,
    rules: ScrapeRules = DEFAULT_RULES,
    policy: DownloadPolicy = _DEFAULT_POLICY,
    delay_s: float = 1.0,
) -> Iterator[PageLinks | DownloadError]:
    """crawl_async for a thread in which no event loop runs (a script, a Streamlit page)."""
    results = crawl_async(address, pages=pages, pattern=pattern, rules=rules, policy=policy, delay_s=delay_s)

    async def following() -> PageLinks | DownloadError | None:
        return await anext(results, None)

    with asyncio.Runner() as runner:  # closes what is left of results, too
        while (found := runner.run(following())) is not None:
            yield found


class _Site:
    """Fetches pages one by one, within what each host's robots.txt allows, and no faster than it asks for."""

    def __init__(
        self,
        policy: DownloadPolicy,
        delay_s: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self._policy, self._delay_s, self._clock, self._sleep = policy, delay_s, clock, sleep
        self._robots: dict[str, Protego | DownloadError] = {}
        self._free_at: dict[str, float] = {}

    async def page(self, address: str) -> Download:
        """One page; raises DownloadError, and RefusedError where it is closed to programs."""
        delay_s = await self._admitted(address)
        host = urlsplit(address).hostname or ""
        wait_s = self._free_at.get(host, 0.0) - self._clock()
        if wait_s > 0:
            await self._sleep(wait_s)
        try:
            page = await fetch_async(address, self._policy)
        finally:
            self._free_at[host] = self._clock() + delay_s
        if page.final_url != address:
            await self._admitted(page.final_url)  # a redirect leads around no robots.txt
        return page

    async def _admitted(self, address: str) -> float:
        """The pause that the page's host asks for; raises where it is closed to programs."""
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = await self._ask(f"{origin}/robots.txt")
        robots = self._robots[origin]
        if isinstance(robots, DownloadError):
            raise RefusedError(
                told(
                    "{address} was not read, as {origin}/robots.txt, which says what programs may read, could not be. "
                    "{problem}",
                    address=for_message(address),
                    origin=for_message(origin),
                    problem=str(robots),
                )
            ) from robots
        if not robots.can_fetch(address, USER_AGENT):
            raise RefusedError(
                told(
                    "{address} is closed to programs by its host's robots.txt. Save its pictures yourself and index "
                    "their folder, or ask the site's owner.",
                    address=for_message(address),
                )
            )
        return max(self._delay_s, min(robots.crawl_delay(USER_AGENT) or 0.0, MAX_CRAWL_DELAY_S))

    async def _ask(self, address: str) -> Protego | DownloadError:
        """A host's rules; those of a host that has none allow everything; an error where they are out of reach."""
        limit = min(self._policy.max_bytes, MAX_ROBOTS_BYTES)
        try:
            found = await fetch_async(address, dataclasses.replace(self._policy, max_bytes=limit))
        except DownloadError as error:
            status = error.status or 0
            return Protego.parse("") if 400 <= status < 500 and status not in _CLOSED else error
        return Protego.parse(found.data.decode("utf-8-sig", "replace"))


def _links(page: Download, rules: ScrapeRules) -> PageLinks:
    """The links of a page; of a picture, which stands at the page's address, itself."""
    if page.content_type in _HTML:
        with as_own(DownloadError, for_message(page.final_url)):
            return picture_links(page.data, page.final_url, rules, charset=page.charset)
    if not page.content_type.startswith("image/"):
        raise DownloadError(
            told(
                "{link} is no web page and no picture, but {type}. Check the link.",
                link=for_message(page.final_url),
                type=for_message(page.content_type),
            )
        )
    try:
        sniff(page.data)
        reason = ""
    except ImageError as error:
        reason = str(error)
    return PageLinks(page.final_url, (PictureLink(page.final_url, "", ("page",), None, None, reason),))
