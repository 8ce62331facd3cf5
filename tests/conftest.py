"""What many tests share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.sample import photograph


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test touches the user's cache folder."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTRACE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def photographs() -> dict[str, bytes]:
    """A few of scikit-image's photographs, by file name."""
    names = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "camera.png", "retina.jpg")
    return {name: photograph(name) for name in names}


@pytest.fixture
def make_catalog(tmp_path: Path) -> Iterator[Callable[..., SqliteCatalog]]:
    """Opens catalogs in the test's own folder, and closes them after it."""
    with ExitStack() as stack:

        def make(name: str = "catalog.sqlite", **options: bool) -> SqliteCatalog:
            return stack.enter_context(closing(SqliteCatalog(tmp_path / name, **options)))

        yield make
