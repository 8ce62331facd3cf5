"""Puts the page, which lies beside the package, into it: script, pages, settings. The rest is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PLACE = Path("pictrace/app/root")
BESIDE = ("streamlit_app.py", "pages/*.py", ".streamlit/config.toml")


class WithPages(build_py):
    """Copies them where the package is built; an installation that may be edited has them beside it."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        here = Path(__file__).parent
        for source in (one for pattern in BESIDE for one in here.glob(pattern)):
            target = Path(self.build_lib) / PLACE / source.relative_to(here)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


setup(cmdclass={"build_py": WithPages})
