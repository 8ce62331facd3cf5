"""What Streamlit keeps of this session's uploads: let go as soon as nothing on the page refers to it any more.

By itself it keeps every upload in memory until the session ends, also what was replaced, added or left on another page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pictrace.app.shared.language import n_, translated
from pictrace.app.shared.session import of_session
from pictrace.errors import SourceError
from pictrace.service.guard import REFUSED_UPLOAD
from pictrace.told import told

__all__ = ["begin_run", "let_go", "refer_to", "taken", "with_room"]

NO_ROOM = told(
    "The uploads of all visitors take as much memory as they may. Try again in a few minutes, or give a link; "
    "the app's owner may raise PICTRACE_UPLOADS_MB."
)


@dataclass
class _Known:
    """Uploads by their ids: those that an uploader showed before, and those that one shows in this run."""

    before: set[str] = field(default_factory=set)
    now: set[str] = field(default_factory=set)


def taken(file: UploadedFile) -> bytes:
    """An upload's bytes, which the caller keeps from now on; SourceError where there was no room for it."""
    data = file.getvalue()
    _forget([file.file_id])
    if data == REFUSED_UPLOAD:
        raise SourceError(f"{file.name}: {translated(NO_ROOM)}")
    return data


def with_room(files: Iterable[UploadedFile]) -> list[UploadedFile]:
    """These without those that there was no room for, which are told."""
    files = list(files)
    refused = [one for one in files if one.size == len(REFUSED_UPLOAD) and one.getvalue() == REFUSED_UPLOAD]
    if refused:
        lost = n_("{count:,} file was not taken.", "{count:,} files were not taken.", len(refused))
        st.error(f"{lost} {translated(NO_ROOM)}", icon=":material/inbox:")
    return [one for one in files if one not in refused]


def refer_to(files: Iterable[UploadedFile]) -> None:
    """These are shown by an uploader in this run."""
    of_session(_Known).now |= {one.file_id for one in files}


def begin_run() -> None:
    """At the start of a run of the whole page, as the former may have been broken off."""
    known = of_session(_Known)
    known.before, known.now = known.before | known.now, set()


def let_go() -> None:
    """At the end of a run of the whole page: what an uploader showed before, and none shows any more.

    One that is just being uploaded was not shown before, and stays.
    """
    known = of_session(_Known)
    _forget(known.before - known.now)
    known.before, known.now = known.now, set()


def _forget(file_ids: Iterable[str]) -> None:
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file_id in file_ids:
            context.uploaded_file_mgr.remove_file(context.session_id, file_id)
