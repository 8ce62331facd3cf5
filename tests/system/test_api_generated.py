"""A client that is made of the description alone does the four main calls."""

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pictrace.api.access import new_token
from pictrace.api.description import described
from pictrace.api.server import OPERATIONS
from pictrace.catalog.records import Origin, Source
from pictrace.catalog.sqlite import SqliteCatalog
from pictrace.indexing.index import Indexing
from pictrace.sources.base import Item
from tests.api_process import api_process

pytestmark = [
    pytest.mark.slow,  # processes of their own
    pytest.mark.skipif(importlib.util.find_spec("openapi_python_client") is None, reason="nothing makes clients here"),
]

PROGRAM = """
import sys
from io import BytesIO
from pathlib import Path

from made import AuthenticatedClient
from made.api.default import add_image, compare, list_images, search
from made.models import AddImageFilesBody, CompareForm, ReferenceForm, SearchFilesBody, SearchReferenceForm
from made.types import File

address, token = sys.argv[1:]

def file(name):
    return File(payload=BytesIO(Path(name).read_bytes()), file_name=name)

with AuthenticatedClient(base_url=address, token=token, raise_on_unexpected_status=True) as client:
    found = search.sync(client=client, body=SearchFilesBody(picture=file("cat.png"), top=1))
    (best,) = found.matches
    again = search.sync(client=client, body=SearchReferenceForm(id=best.id, top=1))
    raw = search.sync(client=client, body=file("cat.png"), top=1)
    assert again.matches[0].id == raw.matches[0].id == best.id
    pair = CompareForm(first=ReferenceForm(id=best.id), second=ReferenceForm(id=best.id))
    print(found.verdict.headline, compare.sync(client=client, body=pair).diagnosis.relation, sep="|", end="|")
    added = add_image.sync(client=client, body=AddImageFilesBody(picture=file("eye.jpg"), title="An eye"))
    page = list_images.sync(client=client, text="An eye")
    print(added.added, [one.title for one in page.images], page.total, sep="|")
"""


def test_a_client_made_of_the_description_works(tmp_path: Path, photographs: dict[str, bytes]) -> None:
    (tmp_path / "cat.png").write_bytes(photographs["chelsea.png"])
    (tmp_path / "eye.jpg").write_bytes(photographs["retina.jpg"])
    with closing(SqliteCatalog(tmp_path / "catalog.sqlite")) as catalog:
        Indexing(catalog, [Item.of_bytes(photographs["chelsea.png"], Source(Origin.UPLOAD, "chelsea.png"))]).run()
    document = described(OPERATIONS, root="/api/v1", secured=True)
    (tmp_path / "openapi.json").write_text(json.dumps(document), "utf-8")
    make = ["generate", "--path", "openapi.json", "--output-path", "made", "--meta", "none"]
    program = "import sys; from openapi_python_client.cli import app; sys.argv[0] = 'make'; app()"
    subprocess.run([sys.executable, "-c", program, *make], cwd=tmp_path, capture_output=True, check=True)
    token, entry = new_token("made", writes=True)
    with api_process(tmp_path / "catalog.sqlite", {"PICTRACE_API_TOKENS": entry}) as address:
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, address, token],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.stdout.strip() == "This exact file is in the catalog.|identical|True|['An eye']|1", ran.stderr
