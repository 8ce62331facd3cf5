"""What libjpeg prints of damage is told of the right picture, and of no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pictrace.images.encoding import encode_jpeg
from pictrace.images.jpeg import DAMAGED_NOTE
from pictrace.images.reading import DecodeLimits
from pictrace.images.workers import Decoders
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there stderr is not caught")


def _picture(seed: int) -> bytes:
    blocks = np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    return encode_jpeg(np.ascontiguousarray(blocks.repeat(8, axis=0).repeat(8, axis=1)), quality=90)


def _damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + b"\xff\xd5" + data[middle:]


CODE = """
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path
    from pictrace.images.complaints import caught
    from pictrace.images.loading import load_picture
    from pictrace.images.reading import DecodeLimits

    def notes(path):
        return path.name, load_picture(path.read_bytes(), DecodeLimits())[0].notes

    with caught(), ThreadPoolExecutor(4) as pool:
        found = list(pool.map(notes, sorted(Path(sys.argv[1]).iterdir())))
        print("of Python", file=sys.stderr)
        import os
        os.write(2, b"of a library\\n")
    print(*(name for name, told in found if told))
"""


def test_damage_is_told_of_the_picture_that_has_it(tmp_path: Path) -> None:
    """By threads that share one stderr; what others write there goes on."""
    for number in range(24):
        data = _picture(number)
        (tmp_path / f"{number:02}.jpg").write_bytes(_damaged(data) if number % 5 == 0 else data)
    code = "\n".join(line[4:] for line in CODE.splitlines())
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["00.jpg", "05.jpg", "10.jpg", "15.jpg", "20.jpg"]
    assert done.stderr.splitlines() == ["of Python", "of a library"]


def test_a_decoder_process_tells_it_too() -> None:
    decoders = Decoders(1)
    try:
        info, _ = decoders.load(_damaged(_picture(1)), DecodeLimits(apart=True))
        assert info.notes == (DAMAGED_NOTE,)
        info, _ = decoders.load(_picture(1), DecodeLimits(apart=True))
        assert info.notes == ()
    finally:
        decoders.close()


def test_a_command_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "query.jpg").write_bytes(_damaged(_picture(1)))
    (tmp_path / "other.jpg").write_bytes(_picture(2))
    command = [sys.executable, "-m", "pictrace", "compare", str(tmp_path / "query.jpg"), str(tmp_path / "other.jpg")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Corrupt JPEG data" not in done.stderr
    assert f"query.jpg: {DAMAGED_NOTE}" in done.stderr


def test_a_program_that_takes_the_process_over_has_its_stderr() -> None:
    code = (
        "import os, sys\n"
        "from pictrace.images.complaints import caught, let_go\n"
        "with caught():\n"
        "    let_go()\n"
        "    print('before', file=sys.stderr)\n"
        "    os.execv(sys.executable, [sys.executable, '-c', 'import os; os.write(2, b\"after\\\\n\")'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["before", "after"]
