"""pictrace links"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace

from pictrace.cli._commands import add_json
from pictrace.cli._output import FAILED, OK, PARTLY, say, say_json, warn
from pictrace.web.crawl import crawl
from pictrace.web.policy import DownloadPolicy
from pictrace.web.scrape import DEFAULT_RULES, PageLinks, ScrapeRules

__all__ = ["HELP", "ORDER", "register"]

HELP = "print the picture links of a web page, as a list to index"
ORDER = 40


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_links)
    parser.add_argument("page", metavar="PAGE", help="the address of a web page")
    parser.add_argument(
        "--pages", type=int, default=1, metavar="N", help="read N pages, following links to the next (default 1)"
    )
    parser.add_argument("--pattern", metavar="URL", help="pages 2 to N by number, as in https://example.org/page-{n}/")
    parser.add_argument(
        "--min-px",
        type=_pixels,
        default=DEFAULT_RULES.min_side_px,
        metavar="N",
        help=f"leave out pictures shown smaller than that (default {DEFAULT_RULES.min_side_px}; 0 for none)",
    )
    words = ", ".join(DEFAULT_RULES.left_out_words)
    parser.add_argument("--keep-logos", action="store_true", help=f"keep links with these words in them: {words}")
    parser.add_argument("--same-host", action="store_true", help="leave out pictures on other hosts than the page's")
    parser.add_argument("--all", action="store_true", help="also print what is left out, as comments with the reason")
    add_json(parser)


def _pixels(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _rules(options: argparse.Namespace) -> ScrapeRules:
    rules = replace(DEFAULT_RULES, min_side_px=options.min_px, same_host_only=options.same_host)
    return replace(rules, left_out_words=()) if options.keep_logos else rules


def _links(options: argparse.Namespace) -> int:
    pages: list[PageLinks] = []
    failures: list[str] = []
    shown: set[str] = set()
    policy, rules = DownloadPolicy.from_environment(), _rules(options)
    for page in crawl(options.page, pages=options.pages, pattern=options.pattern, rules=rules, policy=policy):
        if not isinstance(page, PageLinks):
            failures.append(str(page))
            warn(f"pictrace: {page}")
            continue
        pages.append(page)
        if page.truncated:
            warn(f"pictrace: {page.address} is too long; only its beginning was read.")
        for link in page.links if options.all else page.kept:
            if link.address not in shown and not options.json:
                say(f"# {link.address}  {link.left_out}" if link.left_out else link.address)
            shown.add(link.address)
    found = any(page.kept for page in pages)
    if options.json:
        listed = [
            {
                "address": page.address,
                "links": [asdict(link) for link in (page.links if options.all else page.kept)],
                "embedded": page.embedded,
                "truncated": page.truncated,
            }
            for page in pages
        ]
        say_json({"pages": listed, "failures": failures})
    if pages and not found:
        warn("pictrace: no picture was found that is worth listing; --all shows what was left out.")
    if not found:
        return FAILED
    return PARTLY if failures else OK
