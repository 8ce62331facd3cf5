"""What stands in a part of a picture is found by that part."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pictrace
from pictrace.cli import main
from pictrace.images.encoding import encode_png
from pictrace.images.pixels import RGBImage


def drawing(number: int) -> RGBImage:
    """Large rectangles, others for each number."""
    random = np.random.default_rng(number)
    image = np.full((300, 400, 3), 255, np.uint8)
    for _ in range(60):
        top, left = random.integers(0, 260), random.integers(0, 360)
        image[top : top + random.integers(10, 60), left : left + random.integers(10, 60)] = random.integers(0, 256, 3)
    return image


def test_each_half_of_a_page_finds_its_own_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "catalog"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(encode_png(drawing(number)))
    catalog, page = str(tmp_path / "c.sqlite"), tmp_path / "page.png"
    page.write_bytes(encode_png(np.hstack([drawing(0), drawing(1)])))
    assert main(["index", str(folder), "--catalog", catalog]) == 0
    for region, name in (("percent:0,0,50,100", "0.png"), ("400,0,400,300", "1.png")):
        capsys.readouterr()
        assert main(["search", str(page), "--catalog", catalog, "--region", region, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert Path(told["matches"][0]["source"]).name == name
        assert told["matches"][0]["good"]
        assert told["query"]["region"] == region
        found = pictrace.search(page, catalog, region=region)[0]
        assert found.picture.sources[0].title == name
    assert main(["search", str(page), "--catalog", catalog, "--region", "9000,0,40,40"]) == 1
    assert "less than 16 x 16 pixels" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["search", str(page), "--catalog", catalog, "--region", "middle"])
    assert "x,y,width,height" in capsys.readouterr().err
