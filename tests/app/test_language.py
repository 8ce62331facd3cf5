# ruff: noqa: RUF001 (Russian letters are meant)
"""The page in other languages: as the browser asks for, as somebody chose, with the plurals of each."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import streamlit as st

from pictrace.app.shared.language import CHOSEN, LANGUAGES, language_of, n_, translated, translated_to
from pictrace.catalog import open_catalog
from pictrace.catalog.address import parsed
from pictrace.catalog.servers.refusing import Refusing
from pictrace.diagnosis import diagnose
from pictrace.errors import ImageError, PicTraceError, RefusedError
from pictrace.evaluation.truth import read_truth
from pictrace.images.edits import mirror
from pictrace.images.encoding import encode_jpeg
from pictrace.images.reading import decode
from pictrace.models.spec import model_from_file
from pictrace.told import about_a_search, joined, listed, told, told_of
from pictrace.web.policy import DownloadPolicy, check_url
from pictrace.wording import amount
from tests.app.page import Page


@pytest.mark.parametrize(
    ("asked", "code"), [("de-AT", "de"), ("zh_Hant", "zh"), ("KO", "ko"), ("fr", "en"), ("", "en"), (None, "en")]
)
def test_the_browsers_language_is_spoken(asked: str | None, code: str) -> None:
    assert language_of(asked) == code


def test_what_other_rooms_tell_is_translated_with_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(st.session_state, CHOSEN, "ru")
    found = told("{kind}: “{name}”", kind=told("Same picture"), name="Search")
    assert translated(found) == "То же изображение: «Search»"  # a stranger's name stays
    more = [translated(told_of("{count:,} good match.", "{count:,} good matches.", count)) for count in (1, 3, 5)]
    assert more == ["1 хорошее совпадение.", "3 хороших совпадения.", "5 хороших совпадений."]
    assert translated(joined(told("Its bytes are the same."), told("most"))) == "Байты совпадают. большинство"
    assert translated("Nobody has translated this.") == "Nobody has translated this."
    both = joined(told("Its bytes are the same."), told("Its bytes are the same."))
    assert [translated_to(code, both) for code in ("ja", "ru")] == [
        "バイトが同一です。バイトが同一です。",  # as is written there
        "Байты совпадают. Байты совпадают.",
    ]
    counts = listed(told("{number:,} gone", number=2), "", told("{number:,} moved", number=1))
    assert translated(told("{sentence}.", sentence=counts)) == "исчезло: 2, перемещено: 1."
    assert (translated(""), translated(listed())) == ("", "")
    assert n_("and {count:,} copy of it", "and {count:,} copies of it", 2) == "и 2 его копии"


def test_what_was_done_is_told_of_a_search_or_of_a_pair(photographs: dict[str, bytes]) -> None:
    picture = decode(photographs["chelsea.png"])
    found = diagnose(mirror(picture), picture)
    say = partial(translated_to, "de")
    assert say(found.verdict) == "Dasselbe Foto, gespiegelt."
    assert say(found.text).endswith("Das erste Bild ist das zweite Bild, gespiegelt.")
    assert say(about_a_search(found.text)).endswith("Dein Bild ist der Treffer, gespiegelt.")


def test_why_a_picture_or_link_cannot_be_used_is_translated() -> None:
    with pytest.raises(ImageError) as unread:
        decode(b"%PDF-1.7")
    with pytest.raises(RefusedError) as refused:
        check_url("http://127.0.0.1/cat.jpg", DownloadPolicy())
    said = [translated_to("de", str(one.value)) for one in (unread, refused)]
    assert said[0] == "das ist ein PDF-Dokument, was PicTrace nicht liest: speichere seine Seite als JPEG oder PNG"
    assert said[1].startswith(
        "Der Link führt zu 127.0.0.1, einer Loopback-Adresse; geholt wird nur aus dem öffentlichen"
    )


def test_what_is_wrong_with_databases_labels_servers_and_files_is_translated(tmp_path: Path) -> None:
    damaged = tmp_path / "catalog.sqlite"
    damaged.write_bytes(b"no database, but long enough to be looked at " * 40)
    said = []
    table = b"query,relevant\n,cat.jpg\na.jpg,b.jpg\n"
    wrong: tuple[Callable[[], object], ...] = (
        lambda: open_catalog(str(damaged)),
        lambda: parsed("postgresql://a@b@c/d"),
        lambda: read_truth(table, "labels.csv"),
        lambda: getattr(Refusing(), "remove")([1]),  # noqa: B009 (the protocol's methods are not typed there)
        lambda: model_from_file(tmp_path / "none.onnx"),
    )
    for one in wrong:
        with pytest.raises(PicTraceError) as failed:
            one()
        said.append(translated_to("de", str(failed.value)))
    assert [one.partition(":")[0].partition("(")[0].partition(". ")[0].replace(str(tmp_path), "") for one in said] == [
        "/catalog.sqlite ist beschädigt oder keine SQLite-Datei ",
        "Die Adresse des PostgreSQL-Katalogs ist nicht verständlich",
        "labels.csv, Zeile 2",
        "Über mehrere Server geht das nicht",
        "Es gibt kein Modell unter /none.onnx",
    ]
    assert "file is not a database" in said[0]  # what the library says stands in it
    assert said[2] == "labels.csv, Zeile 2: das Suchbild ist leer; nenne ein Bild."
    assert "Bilder entfernen" in said[3]


def test_a_reason_within_another_error_is_translated() -> None:
    with pytest.raises(ValueError, match="at least 1") as failed:
        amount("none")
    assert translated_to("de", told("Not usable: {error}.", error=failed.value)).startswith("Not usable: 'none' ist")


@pytest.mark.slow
def test_a_search_in_german(photographs: dict[str, bytes]) -> None:
    app = Page.open()
    (menu,) = (one for one in app.selectbox if one.key == "language")
    assert list(menu.options) == list(LANGUAGES.values())
    menu.set_value("de")
    app.again()
    assert "Welches Bild suchst du?" in app.texts
    app.upload(encode_jpeg(decode(photographs["chelsea.png"]), quality=60))
    assert "Dasselbe Bild: „Chelsea the cat“" in app.texts
    assert "durchsucht" in app.texts
    assert "Neue Suche" in app.buttons
