"""The scripts of the components: what they are told is what Python sends, and each reaches the browser whole."""

import base64
import re
from dataclasses import fields
from pathlib import Path

import pytest

from pictrace.app.components.closely import Shown
from pictrace.app.components.keypoint_lines import Line
from pictrace.app.components.matches import Address, Card, Segment
from pictrace.app.components.pointmap import RAMP_STEPS, Group, PointText, QueryMark
from pictrace.app.components.scripts import script
from pictrace.app.components.triangle import Entry
from tests.paths import ROOT

FOLDER = ROOT / "pictrace" / "app" / "components"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.js"))
DATA = re.compile(r"data:text/javascript;charset=utf-8;base64,([\w+/=]+)")


def told_to_scripts(name: str) -> list[str]:
    """The fields of an interface of data.d.ts."""
    text = (FOLDER / "data.d.ts").read_text("utf-8")
    found = re.search(rf"export interface {name} \{{\n(.*?)\n\}}", text, re.DOTALL)
    assert found
    return re.findall(r"^ +(\w+):", found[1], re.MULTILINE)


@pytest.mark.parametrize(
    "kind",
    [Address, Card, Entry, Group, Line, QueryMark, Segment, Shown, PointText],
    ids=lambda kind: str(kind.__name__),
)
def test_the_scripts_know_the_fields_that_python_sends(kind: type) -> None:
    assert told_to_scripts(kind.__name__) == [one.name for one in fields(kind)]


def test_the_steps_of_a_ramp_are_the_same_on_both_sides() -> None:
    found = re.search(r"const STEPS = (\d+)", (FOLDER / "pointmap_looks.js").read_text("utf-8"))
    assert found
    assert int(found[1]) == RAMP_STEPS


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_carries_along_what_it_imports(name: str) -> None:
    text = script(name)
    imports = re.findall(r'^(?:import|\} from) .*"(.*)"$|^.* from "(.*)"$', text, re.MULTILINE)
    assert all("".join(one).startswith("data:") for one in imports)
    carried = {base64.b64decode(one).decode("utf-8") for one in DATA.findall(text)}
    wanted = set(re.findall(r'from "\./(\w+\.js)"', Path(FOLDER / name).read_text("utf-8")))
    assert carried == {script(one) for one in wanted}
