"""Strangers' pictures are decoded in processes of their own: one that dies, hangs or grows is one failed picture."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from pictrace.app import frame
from pictrace.catalog import open_catalog
from pictrace.catalog.records import Source
from pictrace.errors import ImageError, StoppedError
from pictrace.images import loading
from pictrace.images.budget import giving_up
from pictrace.images.encoding import encode_jpeg, encode_png
from pictrace.images.loading import load_picture, look_at_header
from pictrace.images.reading import DecodeLimits, ImageInfo, load
from pictrace.images.watchdog import resident_bytes
from pictrace.images.workers import Decoders
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item
from pictrace.told import Told
from tests.paths import ROOT

pytestmark = pytest.mark.slow

LIMITS = DecodeLimits()
SOUND = encode_png(np.arange(40 * 50 * 3, dtype=np.uint8).reshape(40, 50, 3))

# What goes wrong is chosen by the width of a picture.
MISBEHAVING = """
import os, signal, sys, time
from pictrace.images import reading
working = reading.Opened.working
def misbehave(opened):
    match opened.info.width:
        case 101: os._exit(3)
        case 102: os.kill(os.getpid(), signal.SIGSEGV)
        case 103: time.sleep(1000)
        case 104:
            while True: pass
        case 105:
            kept = [bytearray(8 * 1024**2) for _ in range(100)]
            time.sleep(1000)
        case 106: raise KeyError("of a library")
        case 107:
            print("a library prints")
            sys.stdout.flush()
            os.write(1, b"a library in C, too")
        case 108: kept_for_ever.append(bytearray(100 * 1024**2))
    return working(opened)
kept_for_ever = []
reading.Opened.working = misbehave
from pictrace.images.decoder import main
main()
"""


def picture(width: int) -> bytes:
    return encode_png(np.zeros((3, width, 3), np.uint8))


Make = Callable[..., Decoders]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Decoders] = []

    def decoders(count: int = 1, **options: object) -> Decoders:
        made.append(Decoders(count, **options))  # type: ignore[arg-type]  # each test knows what it gives
        return made[-1]

    yield decoders
    for one in made:
        one.close()


def processes(decoders: Decoders) -> list[int]:
    return [one.process.pid for one in decoders._places.queue if one is not None]


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_pixels_are_those_of_the_same_process(file_format: str, make: Make) -> None:
    file = io.BytesIO()
    levels = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    Image.fromarray(levels).resize((700, 600)).save(file, file_format)
    decoders = make()
    info, image = decoders.load(file.getvalue(), LIMITS)
    assert (info.format, info.width, info.height) == (file_format, 700, 600)
    np.testing.assert_array_equal(image, load(file.getvalue()))
    assert image.flags.writeable
    assert decoders.info(file.getvalue(), LIMITS) == info


def test_one_process_serves_many_pictures(make: Make) -> None:
    decoders = make(2)
    decoders.load(SOUND, LIMITS)
    first = processes(decoders)
    for width in range(1, 20):
        assert decoders.load(picture(width), LIMITS)[0].width == width
    assert processes(decoders) == first, "one after the other, they need no second process"


@pytest.mark.parametrize(
    ("data", "limits", "words"),
    [
        (b"no picture", LIMITS, "no picture"),
        (b"", LIMITS, "is empty"),
        (SOUND, DecodeLimits(max_bytes=10), "more than the 10 allowed"),
        (SOUND, DecodeLimits(max_pixels=10), "50 x 40 pixels, more than the 10 allowed"),
        (SOUND[:60], LIMITS, "damaged or unusual"),
    ],
)
def test_what_is_no_picture_is_told_as_ever(data: bytes, limits: DecodeLimits, words: str, make: Make) -> None:
    decoders = make()
    with pytest.raises(ImageError, match=words) as caught:
        decoders.load(data, limits)
    assert isinstance(str(caught.value), Told)  # so that a page can say it in another language
    assert decoders.load(SOUND, LIMITS)[0].width == 50


@pytest.mark.parametrize(
    ("width", "limited", "words"),
    [
        (101, True, "its decoder crashed"),
        (102, True, "its decoder crashed"),
        (103, True, "takes more than 2 s"),
        (104, True, "takes more than 2 s"),
        (104, False, "takes more than 2 s"),
        (105, True, "more than the 64 MB of memory"),
        (105, False, "more than the 64 MB of memory"),
        (106, True, r"a fault of its decoder \(KeyError"),
        (107, True, ""),
        (108, True, ""),
    ],
)
def test_a_decoder_that_misbehaves_fails_its_picture_alone(width: int, limited: bool, words: str, make: Make) -> None:
    """Where the system does not hold the limits, the watchdog does."""
    # 105 grows by 800 MB, 108 by 100 MB, which its limit must allow.
    memory = 64 if width == 105 else 224
    decoders = make(
        command=MISBEHAVING, cpu_s=2, wall_s=3, memory_bytes=memory * 1024**2, limited=limited and width != 108
    )
    if words:
        with pytest.raises(ImageError, match=words):
            decoders.load(picture(width), LIMITS)
    elif width == 107:
        decoders.load(picture(width), LIMITS)
    assert decoders.load(SOUND, LIMITS)[0].width == 50


def test_a_crash_is_logged_with_what_it_is_found_by(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    decoders = make(command=MISBEHAVING)
    with pytest.raises(ImageError) as caught:
        decoders.load(picture(106), LIMITS)
    (record,) = caplog.records
    assert record.message.split(":")[0] in str(caught.value)
    assert "in misbehave" in record.message


def test_the_rest_goes_on_beside_one_that_hangs(make: Make) -> None:
    decoders = make(2, command=MISBEHAVING, wall_s=20)
    hanging = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(decoders.load, picture(103), LIMITS, hanging.is_set)
        for width in range(1, 30):
            assert decoders.load(picture(width), LIMITS)[0].width == width
        assert not future.done()
        hanging.set()
        with pytest.raises(StoppedError):
            future.result()


def test_waiting_for_a_process_can_be_given_up(make: Make) -> None:
    decoders = make(1, command=MISBEHAVING)
    hanging = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(decoders.load, picture(103), LIMITS, hanging.is_set)
        with pytest.raises(StoppedError):
            decoders.load(SOUND, LIMITS, lambda: not decoders._places.qsize())
        hanging.set()
        with pytest.raises(StoppedError):
            future.result()


def _tiny_and_large(file_format: str, side: int, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (side, side), (9, 9, 9, 99)).save(file, file_format, **options)
    return file.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_decodes_together_stay_within_the_memory(make: Make) -> None:
    """Eight at once, most of 38 bytes, that would take 25 to 130 MB each."""
    others = _children()
    decoders = make(2, memory_bytes=64 * 1024**2)
    files = [_tiny_and_large("WEBP", side, lossless=True, method=0) for side in (1500, 2500, 4000)]
    files.append(_tiny_and_large("PNG", 2000, compress_level=1))
    decoders.load(SOUND, LIMITS)
    most, ended = 0, threading.Event()

    def measure() -> None:
        nonlocal most
        while not ended.wait(0.005):
            most = max(most, sum(map(resident_bytes, _children() - others)))

    def tried(data: bytes) -> str:
        try:
            return f"{decoders.load(data, LIMITS)[1].shape}"
        except ImageError as error:
            return str(error)

    with ThreadPoolExecutor(9) as pool:
        measured = pool.submit(measure)
        told = list(pool.map(tried, files * 2))
        ended.set()
        measured.result()
    decoded = "(512, 512, 3)"
    assert [told[0], told[1], told[3]] == [decoded] * 3
    assert "64 MB of memory" in told[2]
    assert told[4:] == told[:4]
    assert 64 * 1024**2 < most <= (64 + 2 * 60 + 16) * 1024**2, "what two take at rest, and the memory once"


@pytest.mark.skipif(sys.platform != "linux", reason="only there does the system hold the limit")
@pytest.mark.parametrize(("file_format", "mode"), [("PNG", "RGB"), ("TIFF", "RGB"), ("WEBP", "RGB"), ("GIF", "P")])
def test_a_picture_takes_little_more_than_its_pixels(file_format: str, mode: str, make: Make) -> None:
    """20 megapixels: 4 bytes each of RGB as Pillow holds them, 6 of WebP, 1 of a palette, and 40 MB for the rest."""
    file = io.BytesIO()
    known: dict[str, dict[str, object]] = {
        "WEBP": {"lossless": True, "method": 0},
        "TIFF": {"compression": "tiff_lzw"},
        "PNG": {"compress_level": 1},
    }
    Image.new(mode, (5000, 4000)).save(file, file_format, **known.get(file_format, {}))
    bytes_a_pixel = {"WEBP": 6, "GIF": 1}.get(file_format, 4)
    decoders = make(memory_bytes=20_000_000 * bytes_a_pixel + 40 * 1024**2)
    assert decoders.load(file.getvalue(), LIMITS)[0].width == 5000


def _children() -> set[int]:
    """Decoders of all threads of this process; one that is just being started still shares our memory."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has ended meanwhile
            found |= {int(one) for one in (task / "children").read_text().split()}
    return {one for one in found if b"images.decoder" in _command_of(one)}


def _command_of(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def test_an_idle_process_ends_and_another_one_starts(make: Make) -> None:
    decoders = make(idle_s=0.05)
    decoders.load(SOUND, LIMITS)
    (decoder,) = (one for one in decoders._places.queue if one is not None)
    assert decoder.process.wait(20) == 0
    assert decoders.load(SOUND, LIMITS)[0].width == 50


def test_no_process_can_be_started(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    decoders = make()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(ImageError, match="no process can be started"):
            decoders.load(SOUND, LIMITS)
    assert decoders.load(SOUND, LIMITS)[0].width == 50


@pytest.mark.parametrize("command", ["print('Hello, I am no decoder.')", "import os; os._exit(0)"])
def test_a_command_that_is_no_decoder_fails_the_picture(command: str, make: Make) -> None:
    with pytest.raises(ImageError, match="its decoder crashed"):
        make(command=command).load(SOUND, LIMITS)


@pytest.mark.parametrize(
    "answer",
    [
        {"format": "PNG", "width": 10**6, "height": 10**6, "quality": None, "memory_bytes": 5},
        {"format": "EXE", "width": 10, "height": 10, "quality": None, "memory_bytes": 5},
        {"format": "PNG", "width": "wide", "height": 10, "quality": None, "memory_bytes": 5},
        {"format": "PNG"},
        {"error": {"template": "{a:999999999}", "values": {"a": 1}, "many": "", "of": None}},
    ],
)
def test_a_decoder_is_not_believed(answer: dict[str, object], make: Make) -> None:
    """Somebody may have taken it over."""
    command = f"""
import sys
from pictrace.images.wire import receive, send
send(sys.stdout.buffer, {{}})
receive(sys.stdin.buffer, 10**9)
send(sys.stdout.buffer, {answer})
receive(sys.stdin.buffer, 10**9)
send(sys.stdout.buffer, {{"height": 10**5, "width": 10**5}}, b"123")
"""
    with pytest.raises(ImageError, match="its decoder crashed"):
        make(command=command).load(SOUND, LIMITS)


def test_the_environment_is_not_passed_on(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    command = (
        "import os; assert 'AWS_SECRET_ACCESS_KEY' not in os.environ; from pictrace.images.decoder import main; main()"
    )
    assert make(command=command).load(SOUND, LIMITS)[0].width == 50


def test_strangers_pictures_are_decoded_apart_and_own_ones_here(monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked:
        def load(self, *_: object) -> tuple[ImageInfo, np.ndarray]:
            raise ImageError("asked")

        info = load

    monkeypatch.setattr(loading, "default_decoders", Asked)
    for read in (load_picture, look_at_header):
        read(SOUND, LIMITS)
        with pytest.raises(ImageError, match="asked"):
            read(SOUND, DecodeLimits(apart=True))


def test_what_is_given_up_around_it_ends_it() -> None:
    with giving_up(lambda: True), pytest.raises(StoppedError), loading.DECODING.hold(loading.DECODING.most):
        load_picture(SOUND, LIMITS)


def test_a_job_that_is_stopped_ends_what_it_decodes(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture that hangs is neither added nor failed: another run will try it again."""
    decoders = make(1, command=MISBEHAVING)
    monkeypatch.setattr(loading, "default_decoders", lambda: decoders)
    items = [Item.of_bytes(picture(width), Source("upload", f"{width}.png")) for width in (50, 103)]
    with contextlib.closing(open_catalog(str(tmp_path / "a.sqlite"), must_exist=False)) as catalog:
        run = Indexing(catalog, items, limits=DecodeLimits(apart=True), workers=1)
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(run.run)
            while run.progress.added == 0 or decoders._places.qsize():
                assert not ended.done()
            run.stop()
            assert (ended.result().added, run.progress.failed, run.failures) == (1, 0, [])
        assert catalog.count() == 1


def test_a_page_that_was_closed_ends_what_it_decodes(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    class Runtime:
        open_sessions: ClassVar[set[str]] = {"a", "b"}

        def is_active_session(self, session: str) -> bool:
            return session in self.open_sessions

    context = SimpleNamespace(session_id="a")
    monkeypatch.setattr(frame, "get_script_run_ctx", lambda: context)
    monkeypatch.setattr(frame, "runtime", SimpleNamespace(exists=lambda: True, get_instance=Runtime))
    decoders = make(1, command=MISBEHAVING)
    monkeypatch.setattr(loading, "default_decoders", lambda: decoders)

    def script_run() -> None:
        frame._give_up_when_left()
        load_picture(picture(103), DecodeLimits(apart=True))

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(script_run)
        while decoders._places.qsize():
            assert not run.done()
        Runtime.open_sessions.remove("a")
        with pytest.raises(StoppedError):
            run.result()


def test_a_script_without_a_guard_is_not_run_again(tmp_path: Path) -> None:
    """As a library user writes it, and as Streamlit runs an app."""
    script = tmp_path / "script.py"
    script.write_text(
        "print('once')\n"
        "from pictrace.images.loading import load_picture\n"
        "from pictrace.images.reading import DecodeLimits\n"
        f"print(load_picture({encode_jpeg(np.zeros((8, 9, 3), np.uint8))!r}, DecodeLimits(apart=True))[0].width)\n"
    )
    command = [sys.executable, "-W", "error", str(script)]
    result = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (result.stdout.split(), result.stderr) == (["once", "9"], "")


def test_a_process_that_has_grown_is_replaced_unnoticed(make: Make) -> None:
    """It ends after its picture, maybe only when the next one is already on its way."""
    command = (
        "from pictrace.images import decoder; decoder._KEPT_BYTES = -decoder._MOST_BYTES; "
        "from pictrace.images.decoder import main; main()"
    )
    decoders = make(2, command=command)
    with ThreadPoolExecutor(4) as pool:
        infos = list(pool.map(lambda width: decoders.load(picture(width), LIMITS)[0], range(1, 21)))
    assert [info.width for info in infos] == list(range(1, 21))
