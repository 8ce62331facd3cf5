"""A mirrored crop is found: its strongest keypoints need not be those of the whole picture."""

import numpy as np
import pytest

from pictrace.features import FeatureBatch
from pictrace.images.edits import crop, mirror
from pictrace.images.reading import decode
from pictrace.metrics.orb import Orb


@pytest.mark.parametrize("name", ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"])
def test_a_mirrored_crop_scores_as_the_crop_does(name: str, photographs: dict[str, bytes]) -> None:
    orb = Orb()
    image = decode(photographs[name])
    batch = FeatureBatch.of([orb.extract(image)], orb.layout)
    place = orb.setting_positions({})
    part = crop(image, 0.36, across=0.5, down=0.5)
    plain, mirrored = (
        orb.compare_variants(orb.extract_variants(one, orb.variants), batch) for one in (part, mirror(part))
    )
    assert plain.raw[place][0] >= 8
    assert mirrored.raw[place][0] >= 0.5 * plain.raw[place][0]
    assert mirrored.raw[place][0] >= 8
    assert (int(plain.variant[place][0]) // 4, int(mirrored.variant[place][0]) // 4) == (0, 1)
    assert np.isfinite(mirrored.raw).all()
