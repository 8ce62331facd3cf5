"""A text that knows what it was made from is a text like all others."""

import copy
import json
import pickle

import pytest

from pictrace.errors import ImageError
from pictrace.told import (
    Told,
    about_a_pair,
    about_a_search,
    as_document,
    from_document,
    joined,
    listed,
    told,
    told_of,
)


def test_it_is_its_text_and_knows_its_parts() -> None:
    said = told("{count} in {name}", count=3, name=told("a box"))
    assert (said, said.template, said.values["name"]) == ("3 in a box", "{count} in {name}", "a box")
    assert json.dumps(said) == '"3 in a box"'
    assert pickle.loads(pickle.dumps(said)).template == copy.deepcopy(said).template == said.template  # noqa: S301 (own)


def test_numbers_have_their_plural() -> None:
    several = [told_of("{count:,} picture", "{count:,} pictures", count) for count in (0, 1, 2060)]
    assert several == ["0 pictures", "1 picture", "2,060 pictures"]


def test_sentences_are_joined_without_empty_ones() -> None:
    said = joined(told("One."), "", told("{n}.", n=2))
    assert said == "One. 2."
    assert list(said.values.values()) == ["One.", "2."]
    assert joined() == ""


def test_parts_are_listed_without_empty_ones() -> None:
    assert listed(told("{n} gone", n=2), "", told("{n} moved", n=1), "more") == "2 gone, 1 moved, more"
    assert (listed("one"), listed("", ""), listed()) == ("one", "", "")


def test_it_is_said_of_a_pair_with_its_parts_and_without_names() -> None:
    said = told("Your picture, {change}: {name}.", change=told("larger than the match"), name="the match.jpg")
    other = about_a_pair(said)
    assert other == "The first picture, larger than the second picture: the match.jpg."
    assert isinstance(other, Told)
    assert other.template == "The first picture, {change}: {name}."
    assert about_a_search(other) == said


def test_it_outlives_a_document() -> None:
    said = told_of("{count} of {name}, {share:.1f}", "{count} of {name}, {share:.1f}", 2, name=told("one"), share=0.5)
    again = from_document(json.loads(json.dumps(as_document(said))))
    assert again == said == "2 of one, 0.5"
    assert isinstance(again, Told)
    assert (again.of, again.values["name"]) == (2, "one")
    assert from_document(as_document("plain")) == "plain"


@pytest.mark.parametrize("template", ["{a.__class__}", "{a[0]}", "{a:{a}}", "{a!r}", "{a:999999}", "{b}", "{"])
def test_a_document_that_asks_for_more_than_a_text_is_refused(template: str) -> None:
    for document in ({"template": template, "values": {"a": 1}, "many": "", "of": None}, [template], None):
        with pytest.raises(ValueError, match="t"):
            from_document(document)


def test_an_error_tells_what_it_was_made_from() -> None:
    said = str(ImageError(told("{number} pixels", number=9)))
    assert isinstance(said, Told)
    assert (said, str(ImageError("plain")), str(ImageError())) == ("9 pixels", "plain", "")
