"""The app's texts and their translations; python -m tools.messages brings new texts into each language's file.

A translator writes ``pictrace/app/locale/<language>/LC_MESSAGES/pictrace.po`` with any editor of gettext's files, and
runs this again: it also makes the ``.mo`` that the app reads. Texts that are missing there are told in English.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pictrace import __version__
from pictrace.app.about.live import ANOTHER
from pictrace.app.catalog.page import PARTS as CATALOG_PARTS
from pictrace.app.catalog.pictures import LOOKS, ORDER_TITLES
from pictrace.app.pages import pages_in
from pictrace.app.search.order import ORDERS, VIEWS
from pictrace.app.search.side import SIDES
from pictrace.app.shared.language import LANGUAGES, LOCALE
from pictrace.app.shared.map_looks import PLAIN, SCORE
from pictrace.app.tune.page import PARTS as TUNE_PARTS
from pictrace.catalog.links import LINK_STATES
from pictrace.duplicates.keeping import RULES
from pictrace.duplicates.levels import Level
from pictrace.evaluation.labels import NOT_SAME, NOTHING, SAME, UNSURE
from pictrace.evaluation.learning.found import FOUND
from pictrace.evaluation.learning.methods import METHODS
from pictrace.images.graded import GRADED
from pictrace.metrics import all_metrics
from pictrace.sample import PHOTOGRAPHS, example_queries
from pictrace.searching.presets import all_presets
from pictrace.told import about_a_pair, about_a_search

__all__ = ["compiled", "messages", "translations"]

ROOT = Path(__file__).parent.parent
PAGE = {"_": None, "n_": (1, 2)}
ROOMS = {"told": None, "told_of": (1, 2)}


def messages() -> Catalog:
    """All that the app says in several languages."""
    catalog = Catalog()
    for message in _called(PAGE):
        catalog.add(message)
    for message in _called(ROOMS):
        for say in (str, about_a_pair, about_a_search):  # the pages say it of a search or of a pair
            catalog.add(say(message) if isinstance(message, str) else tuple(map(say, message)))
    for text in filter(None, _never_varying()):
        catalog.add(text)
    return catalog


def _called(keywords: Mapping[str, Any]) -> Iterator[str | tuple[str, ...]]:
    """What these functions are called with anywhere in the package."""
    found = extract_from_dir(str(ROOT / "pictrace"), method_map=[("**.py", "python")], keywords=keywords)
    for _file, _line, message, _comments, _context in found:
        yield message


def _never_varying() -> Iterator[str]:
    """What other rooms call things by, which the app looks up as it is."""
    for page in pages_in(ROOT / "pages"):
        yield page.title
    for metric in all_metrics():
        yield from (metric.title, metric.help, metric.in_words, metric.fails, metric.scale.unit)
        for setting in metric.settings:
            yield from (setting.title, setting.help)
            yield from (metric.scale_for({setting.name: value}).unit for value in setting.values)
    for preset in all_presets(ready=False):
        yield from (preset.title, preset.help)
    yield from (one.title for one in example_queries())
    yield from (
        *SIDES,
        *VIEWS,
        *ORDERS,
        *TUNE_PARTS,
        *GRADED,
        *METHODS,
        FOUND,
        NOTHING,
        SCORE,
        PLAIN,
        "Sample catalog",
        "Certain",
        "Likely",
        "Weak",
        "certain",
        "likely",
        "weak",
        "all",
    )
    yield from (*PHOTOGRAPHS.values(), *GRADED, ANOTHER)
    for level in Level:
        yield from (level.title, level.title.lower())
    yield from (rule.title for rule in RULES.values())
    yield from (*CATALOG_PARTS, *LOOKS, *ORDER_TITLES.values(), *LINK_STATES.values(), "My catalog")
    for decision in (SAME, NOT_SAME, UNSURE):
        yield from (decision, decision.capitalize())


def translations(language: str) -> Catalog:
    """What a language has, as its file says it."""
    path = _path(language, "po")
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """As the app reads it."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def _name(catalog: Catalog, language: str) -> None:
    """What stands at the head of a file of translations."""
    catalog.project, catalog.version, catalog.fuzzy = "PicTrace", __version__, False
    catalog.header_comment = f"# {LANGUAGES[language]}: the texts of PicTrace. MIT licence, the PicTrace developers."
    catalog.copyright_holder = catalog.last_translator = "The PicTrace developers"
    catalog.language_team, catalog.msgid_bugs_address = language, "https://github.com/pictrace/pictrace/issues"
    catalog.revision_date = catalog.creation_date


def _path(language: str, kind: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"pictrace.{kind}"


def main() -> None:
    wanted = messages()
    for language in LANGUAGES:
        if language == "en":
            continue
        catalog = translations(language)
        catalog.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        _name(catalog, language)
        _path(language, "po").parent.mkdir(parents=True, exist_ok=True)
        with _path(language, "po").open("wb") as file:
            write_po(file, catalog, width=120, sort_output=True, omit_header=False, ignore_obsolete=True)
        _path(language, "mo").write_bytes(compiled(catalog))
        missing = sum(not message.string or not all(message.string) for message in catalog if message.id)
        print(f"{LANGUAGES[language]}: {len(catalog)} texts, {missing} missing")


if __name__ == "__main__":
    main()
