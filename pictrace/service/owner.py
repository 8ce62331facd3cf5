"""What the owner of an app has set: by the environment, or by keys of the same names in .streamlit/secrets.toml,
which Streamlit puts into the environment as it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["COMMUNITY_CLOUD", "Owner", "owner", "upload_bytes"]

COMMUNITY_CLOUD = Path("/mount/src")  # where Streamlit Community Cloud keeps the app's checkout

UPLOADS_MB = 200


@dataclass(frozen=True)
class Owner:
    """catalog: the one that all share (None for the built-in sample); writable: by everybody who reaches the page.

    folders: whose pictures and catalogs the page may open. ephemeral: whether the disk is lost at each start.
    shows_paths: whether visitors see in which folders of the server the pictures are.
    """

    catalog: str | None
    writable: bool
    folders: tuple[Path, ...]
    ephemeral: bool
    shows_paths: bool = False

    def may_read(self, path: Path) -> bool:
        """Whether a file lies, after all links are followed, in one of the folders."""
        return any(path.resolve().is_relative_to(folder) for folder in self.folders)


def owner() -> Owner:
    """Read at each call, as tests and secrets change it."""
    catalog = os.environ.get("PICTRACE_CATALOG") or None
    folders = os.environ.get("PICTRACE_FOLDERS", "").split(os.pathsep)
    return Owner(
        catalog,
        catalog is not None and _is_on("PICTRACE_CATALOG_WRITABLE"),
        tuple(Path(one).resolve() for one in folders if one),
        COMMUNITY_CLOUD.is_dir() or _is_on("PICTRACE_FLEETING"),
        _is_on("PICTRACE_SHOW_PATHS"),
    )


def upload_bytes() -> int:
    """How much the uploads of all visitors may take of the server's memory."""
    text = os.environ.get("PICTRACE_UPLOADS_MB", "").strip()
    return (int(text) if text.isascii() and text.isdigit() else UPLOADS_MB) * 2**20


def _is_on(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes"}
