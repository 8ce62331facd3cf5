"""A word in the place of another is other contents; a caption over words hides a part of them."""

import cv2
import numpy as np
import pytest

from pictrace.diagnosis import diagnose
from pictrace.diagnosis.frames import Frame
from pictrace.diagnosis.replaced import share_replaced
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import open_image


def label(name: str, year: str) -> RGBImage:
    """A bottle with a label, seen from before."""
    picture = np.full((640, 300, 3), 255, np.uint8)
    cv2.rectangle(picture, (120, 30), (180, 200), (50, 30, 40), -1)
    cv2.rectangle(picture, (80, 180), (220, 610), (50, 30, 40), -1)
    cv2.rectangle(picture, (82, 300), (218, 480), (245, 238, 220), -1)
    cv2.putText(picture, name, (90, 350), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (40, 40, 40), 1, cv2.LINE_AA)
    cv2.putText(picture, year, (110, 450), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (40, 40, 40), 1, cv2.LINE_AA)
    return picture


def captioned(picture: RGBImage) -> RGBImage:
    changed = picture.copy()
    cv2.putText(changed, "SOLD OUT", (60, 360), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (200, 20, 30), 5)
    return changed


def replaced(query: RGBImage, candidate: RGBImage) -> float:
    mask = np.ones(query.shape[:2], np.bool_)
    return share_replaced(Frame(query, candidate, mask, 1.0), mask)


BOTTLE = label("Stone", "2019")


def test_words_in_the_place_of_words_replace_them() -> None:
    assert replaced(label("Meadow", "1987"), BOTTLE) > 0.5


def test_a_caption_leaves_a_part_to_be_seen() -> None:
    assert replaced(captioned(BOTTLE), BOTTLE) < 0.1


def test_words_on_an_empty_place_replace_nothing() -> None:
    assert replaced(BOTTLE, label("", "")) == 0.0


def test_other_tones_say_nothing() -> None:
    assert replaced(label("Meadow", "1987") // 2, BOTTLE) == 0.0


@pytest.mark.parametrize("name", ["Meadow", "Orchid"])
def test_another_label_is_the_same_template(name: str) -> None:
    query, candidate = (open_image(one) for one in (encode_png(label(name, "1987")), encode_jpeg(BOTTLE, quality=90)))
    told = diagnose(query.working(), candidate.working(), query_info=query.info, candidate_info=candidate.info)
    assert told.relation == "same template"
