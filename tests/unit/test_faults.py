"""Exceptions that nobody foresaw: one picture, source, job or command fails in words, and the log has the stack."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import numpy as np
import pytest

from pictrace.catalog import open_catalog
from pictrace.catalog.records import Source
from pictrace.cli import main
from pictrace.errors import ImageError, PicTraceError, SourceError
from pictrace.faults import as_own, logged
from pictrace.images.encoding import encode_png
from pictrace.indexing.index import Indexing
from pictrace.service.background import Background
from pictrace.sources.base import Item
from pictrace.sources.listing import list_source


def _faulty() -> bytes:
    raise AssertionError("a library's own")


def test_a_foreign_exception_becomes_ours_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    fault = r"cats\.zip led to a fault .*AssertionError"
    with pytest.raises(SourceError, match=fault) as caught, as_own(SourceError, "cats.zip"):
        _faulty()

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "cats.zip" in record.message
    assert record.message.split(":")[0] in str(caught.value), "the id that the person sees is that of the log"
    assert "in _faulty" in caplog.text
    assert "a library's own" not in str(caught.value)


def test_errors_of_ours_pass_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    error = ImageError("no picture")
    with pytest.raises(ImageError) as caught, as_own(SourceError, "cats.zip"):
        raise error
    assert caught.value is error
    assert not caplog.records


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_is_no_fault(ends: type[BaseException]) -> None:
    with pytest.raises(ends), as_own(SourceError, "cats.zip"):
        raise ends


def test_the_text_of_an_exception_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    assert logged("cats.png", "Traceback ...") in caplog.text
    assert "Traceback ..." in caplog.text


def test_a_run_goes_on_after_a_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    items = [
        Item(Source("archive", "cats.zip!/bad.png"), load=_faulty),
        Item(Source("archive", "cats.zip!/good.png"), load=lambda: encode_png(np.zeros((64, 64, 3), np.uint8))),
    ]
    with contextlib.closing(open_catalog(str(tmp_path / "my.sqlite"), must_exist=False)) as catalog:
        run = Indexing(catalog, items)
        progress = run.run()

    assert (progress.added, progress.failed) == (1, 1)
    assert run.failures[0].source.label == "bad.png"
    assert "AssertionError" in run.failures[0].reason
    assert len(caplog.records) == 1


def test_a_job_ends_with_a_problem(caplog: pytest.LogCaptureFixture) -> None:
    job = Background(_faulty, "job")
    assert job.wait(20)
    assert "AssertionError" in job.problem
    assert len(caplog.records) == 1


def test_a_source_fails_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pictrace.sources.listing.best_kind", lambda _: _faulty())
    with pytest.raises(PicTraceError, match=r"led to a fault"):
        list_source(str(tmp_path))


def test_a_command_fails_in_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("pictrace.cli.info._info", lambda _: _faulty())
    assert main(["info", "--catalog", "my.sqlite"]) == 1
    assert "a fault in PicTrace or in a library (AssertionError), logged as" in capsys.readouterr().err
