"""What requests may say, typed: they are read into these, checked, and described by them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from pictrace.client.answers import PictureId
from pictrace.duplicates.groups import SURE
from pictrace.searching.chances import FALSE_ALARMS
from pictrace.searching.presets import DEFAULT_PRESET
from pictrace.searching.scoring import SHORTLIST

__all__ = [
    "MOST",
    "AddForm",
    "AddLinkForm",
    "CompareForm",
    "ComparePartsForm",
    "CriteriaForm",
    "DuplicatesForm",
    "FeaturesForm",
    "IdsForm",
    "NoForm",
    "PageForm",
    "ReferenceForm",
    "ScoresForm",
    "SearchForm",
    "SearchReferenceForm",
    "SourceForm",
]

MOST = 200
"""Matches in an answer."""

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Text = Annotated[str, Meta(max_length=1000)]
Link = Annotated[
    str, Meta(min_length=1, max_length=8192, description="http, https, or s3 where the server's owner allows it.")
]
Weights = Annotated[
    dict[Name, Annotated[float, Meta(ge=0)]],
    Meta(description="By metric, instead of the preset's.", examples=[{"orb": 2.0, "histogram": 1.0}]),
]
MetricSettings = Annotated[
    dict[Name, dict[Name, float | Annotated[str, Meta(max_length=100)]]],
    Meta(description="By metric, over the preset's.", examples=[{"orb": {"ratio": 0.8}}]),
]
Only = Annotated[
    dict[Name, Annotated[list[Text], Meta(max_length=200)]],
    Meta(description="Of each metadatum, one of these values.", examples=[{"category": ["sofas"]}]),
]
Metadata = Annotated[dict[Name, Text], Meta(description="Kept with the picture.", examples=[{"category": "sofas"}])]
RegionText = Annotated[
    str,
    Meta(
        max_length=80,
        description="A part of the picture: x,y,width,height in pixels, or in percent.",
        examples=["percent:25,25,50,50"],
    ),
]


class _Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name that is not known is refused: it would be a slip of the pen."""


RecipeText = Annotated[
    dict[Name, Any],
    Meta(
        max_length=20,
        description="A recipe, as `pictrace learn` and the page save it, instead of a preset; "
        "what is said besides counts more.",
    ),
]
Orientations = Annotated[
    bool, Meta(description="Compare mirrored and turned as well: true, where neither this nor a recipe says otherwise.")
]


class NoForm(_Form, frozen=True, kw_only=True):
    """Nothing can be said."""


class CriteriaForm(_Form, frozen=True, kw_only=True):
    """What counts as alike."""

    preset: (
        Annotated[
            str, Meta(max_length=100, description=f"See GET /metrics-of-similarity; {DEFAULT_PRESET} without it.")
        ]
        | UnsetType
    ) = UNSET
    recipe: RecipeText | None = None
    weights: Weights | None = None
    settings: MetricSettings = {}
    orientations: Orientations | UnsetType = UNSET


class SearchForm(CriteriaForm, frozen=True, kw_only=True):
    """What counts as a match, and which part of the picture is looked for."""

    top: (
        Annotated[int, Meta(ge=1, le=MOST, description="Most matches; 5, or the recipe's, without it.")] | UnsetType
    ) = UNSET
    min_score: (
        Annotated[float, Meta(ge=0, le=1, description="Matches below it are left out; 0, or the recipe's, without it.")]
        | UnsetType
    ) = UNSET
    false_alarms: (
        Annotated[
            float,
            Meta(
                gt=0,
                lt=1,
                description="Share of searches for a picture that is not there which may find something; "
                f"{FALSE_ALARMS:g}, or the recipe's, without it.",
            ),
        ]
        | UnsetType
    ) = UNSET
    only: Only = {}
    region: RegionText | None = None
    exact: Annotated[bool, Meta(description="Compare every picture in full detail.")] = False


class SearchReferenceForm(SearchForm, frozen=True, kw_only=True):
    """A search for the picture behind a link, or for one of the catalog: exactly one of ``url`` and ``id``."""

    url: Link | UnsetType = UNSET
    id: PictureId | UnsetType = UNSET


class ReferenceForm(_Form, frozen=True, kw_only=True):
    """A picture behind a link, or one of the catalog: exactly one of ``url`` and ``id``."""

    url: Link | UnsetType = UNSET
    id: PictureId | UnsetType = UNSET


class CompareForm(CriteriaForm, frozen=True, kw_only=True):
    """Two pictures that are at hand."""

    first: ReferenceForm
    second: ReferenceForm


class ComparePartsForm(CriteriaForm, frozen=True, kw_only=True):
    """Beside the files ``first`` and ``second``, or what names them instead."""

    first_url: Link | UnsetType = UNSET
    first_id: PictureId | UnsetType = UNSET
    second_url: Link | UnsetType = UNSET
    second_id: PictureId | UnsetType = UNSET


class PageForm(_Form, frozen=True, kw_only=True):
    """Which pictures, by ascending id."""

    after: Annotated[int, Meta(ge=-1, le=2**63 - 1, description="The last id of the page before.")] = -1
    limit: Annotated[int, Meta(ge=1, le=200)] = 24
    text: Annotated[str, Meta(max_length=200, description="In a title, an address or a metadatum.")] = ""
    only: Only = {}
    ids: Annotated[
        str,
        Meta(
            max_length=4000,
            pattern=r"^(\d{1,19}(,\d{1,19}){0,199})?$",
            description="These and no others, with commas between them; nothing else is said then.",
        ),
    ] = ""


class IdsForm(_Form, frozen=True, kw_only=True):
    """Which pictures."""

    only: Only = {}
    lacking: Annotated[str, Meta(max_length=100, description="They have no features of this key.")] = ""


FeatureKey = Annotated[str, Meta(min_length=1, max_length=100, examples=["orb-n500-px512-v1"])]
Bytes = Annotated[bytes, Meta(max_length=16 * 2**20)]


class FeaturesForm(_Form, frozen=True, kw_only=True):
    """Features of some pictures."""

    keys: Annotated[list[FeatureKey], Meta(min_length=1, max_length=50)]
    ids: Annotated[list[PictureId], Meta(min_length=1, max_length=64)]


class ScoresForm(_Form, frozen=True, kw_only=True):
    """A query by its features, as `GET /features` would give them if it were a picture of a catalog.

    They are compared in the order in which they stand here.
    """

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="Of the query's file.")]
    features: Annotated[
        dict[FeatureKey, dict[Annotated[str, Meta(pattern="^[0-7]$")], Bytes]],
        Meta(
            min_length=1,
            max_length=50,
            description="By key, and by the orientation that they were made in: 0 to 3 quarter turns "
            "counter-clockwise, 4 to 7 the same after mirroring.",
        ),
    ]
    orientations: Annotated[
        bool, Meta(description="Compare squares turned and mirrored, of which 0 alone is sent.")
    ] = True
    exact: Annotated[bool | None, Meta(description="Compare every picture; by default, up to a thousand.")] = None
    shortlist: Annotated[int, Meta(ge=1, le=1000, description="Pictures that each metric chooses else.")] = SHORTLIST
    among: (
        Annotated[
            bytes,
            Meta(max_length=16 * 2**20, description="These pictures alone: 64-bit integers, the lowest byte first."),
        ]
        | None
    ) = None


class DuplicatesForm(_Form, frozen=True, kw_only=True):
    """Which copies."""

    level: Annotated[
        str,
        Meta(
            max_length=60,
            pattern="^(bytes|pixels|photograph|scene)(,(bytes|pixels|photograph|scene)){0,3}$",
            description="The same file, the same pixels, the same photograph changed, the same scene.",
        ),
    ] = "bytes,pixels,photograph"
    min_score: Annotated[float, Meta(ge=0, le=1, description="How well copies must agree.")] = SURE
    crops: Annotated[bool, Meta(description="Find parts of pictures, too, in ten times the time.")] = False
    relations: Annotated[bool, Meta(description="Read originals to tell what was done to them.")] = False


class AddForm(_Form, frozen=True, kw_only=True):
    """What is told of a picture that is added."""

    title: Text = ""
    metadata: Metadata = {}


class AddLinkForm(AddForm, frozen=True, kw_only=True):
    """A picture behind a link."""

    url: Link


class SourceForm(_Form, frozen=True, kw_only=True):
    """What many pictures come from: exactly one of ``folder``, ``links`` and ``page``."""

    folder: (
        Annotated[str, Meta(min_length=1, max_length=4096, description="One that the server's owner named.")]
        | UnsetType
    ) = UNSET
    links: Annotated[list[Link], Meta(min_length=1, max_length=10_000)] | UnsetType = UNSET
    page: Annotated[str, Meta(min_length=1, max_length=8192, description="A web page.")] | UnsetType = UNSET
    pages: Annotated[int, Meta(ge=1, le=50, description="How many pages are read that follow each other.")] = 1


def is_structured(value: Any) -> bool:
    """Whether a field's schema is of an object, which a parameter holds as JSON."""
    options = value.get("anyOf", [value])
    return any(one.get("type") == "object" for one in options)
