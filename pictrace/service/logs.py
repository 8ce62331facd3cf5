"""The log's form: lines for people, or lines of JSON for what gathers logs."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from typing import TextIO

__all__ = ["JsonLines", "log_to_stderr", "wanted_form"]

TEXT, JSON = "text", "json"
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as one line of JSON, with what was told by ``extra`` and an exception's stack."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class _Lines(logging.StreamHandler[TextIO]):
    """Known by its kind, so that it is not added twice."""


def wanted_form() -> str:
    """What the owner has set, "text" or "json"; "" for nothing. Read at each call, as secrets change it."""
    form = os.environ.get("PICTRACE_LOG", "").strip().lower()
    return form if form in {TEXT, JSON} else ""


def log_to_stderr(logger: logging.Logger, form: str) -> None:
    """Have what this logger and those below it tell, from INFO on, stand on standard error; once."""
    if any(isinstance(one, _Lines) for one in logger.handlers):
        return
    handler = _Lines()
    usual = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler.setFormatter(JsonLines() if form == JSON else usual)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
