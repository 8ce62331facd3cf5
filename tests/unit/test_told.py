"""A text that knows what it was made from is a text like all others."""

import copy
import json
import pickle

from pictrace.told import joined, listed, told, told_of


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
