"""What many tests share."""

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from pictrace import models
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.kernels import switch
from pictrace.kernels.switch import ENVIRONMENT_VARIABLE, Backend
from pictrace.sample import photograph
from tests.http_server import Server, serve
from tests.networks import describe, made_tiny
from tests.watching import Watch


def pytest_configure(config: pytest.Config) -> None:
    """Files are shared out in their order: whole pages and browsers first, the many short ones last.

    By itself, xdist begins with the files of most tests, and ends with some of the longest, which hold few.
    """
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test touches the user's cache folder."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTRACE_CACHE", str(folder))
        for name in (models.MODELS_VARIABLE, models.RUNTIME_VARIABLE):
            patch.delenv(name, raising=False)
        patch.setenv(models.MODEL_VARIABLE, "resnet50")  # which is not here: only tests that ask for one run a network
        yield folder


@pytest.fixture(scope="session", autouse=True)
def plain_kernels() -> Iterator[None]:
    """No test depends on whether the kernels were compiled by then: they are plain, but where others are asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, "plain")
        yield


@pytest.fixture(scope="session")
def compiled_kernels(request: pytest.FixtureRequest) -> Backend:
    """What whole pages run on: compiled kernels, as served ones do, for a third of the processor time.

    Where slow tests are left out, no compiler is waited for.
    """
    if importlib.util.find_spec("numba") is None or "not slow" in request.config.option.markexpr:
        return "plain"
    # Two processes that begin at either end compile each kernel once, and load what the other one has kept.
    backwards = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 2
    for name in switch.KERNEL_MODULES[:: -1 if backwards else 1]:
        importlib.import_module(f"pictrace.kernels.compiled.{name}")
    return "compiled"


@pytest.fixture(scope="session")
def photographs() -> dict[str, bytes]:
    """A few of scikit-image's photographs, by file name."""
    names = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "camera.png", "retina.jpg")
    return {name: photograph(name) for name in names}


@pytest.fixture(scope="session")
def tiny_model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with its description, made for the tests."""
    path = made_tiny(tmp_path_factory.mktemp("models") / "tiny.onnx")
    return describe(path, name="tiny", title="Tiny", dimension=48, size_px=32, resize_px=36)


@pytest.fixture
def tiny_model(tiny_model_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """It is the model in use, for one test."""
    monkeypatch.setenv(models.MODEL_VARIABLE, str(tiny_model_file))
    yield tiny_model_file
    models.release()


@pytest.fixture
def boxed_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[models.Model]:
    """The model in use is the one in the box, as it is for everybody who chose none; for one test."""
    monkeypatch.delenv(models.MODEL_VARIABLE)
    yield models.default_model()
    models.release()


@pytest.fixture(scope="session")
def running_server() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def server(running_server: Server) -> Server:
    """A server without memory of other tests."""
    running_server.requests.clear()
    running_server.handlers.clear()
    return running_server


@pytest.fixture
def make_catalog(tmp_path: Path) -> Iterator[Callable[..., SqliteCatalog]]:
    """Opens catalogs in the test's own folder, and closes them after it."""
    with ExitStack() as stack:

        def make(name: str = "catalog.sqlite", **options: bool) -> SqliteCatalog:
            return stack.enter_context(closing(SqliteCatalog(tmp_path / name, **options)))

        yield make


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Counts calls of what it is set on, until the test ends."""
    return Watch(monkeypatch)
