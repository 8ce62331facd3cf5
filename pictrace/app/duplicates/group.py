"""One group after the other, by keys: only this part of the page is drawn again."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pictrace.app.duplicates.family import family_part
from pictrace.app.shared.language import _, n_, translated
from pictrace.app.shared.thumbnails import thumbnail_jpeg
from pictrace.duplicates.groups import Group, Image
from pictrace.duplicates.keeping import Rule, chosen, folder_of
from pictrace.escape import for_markdown
from pictrace.service.reviewing import Review
from pictrace.service.workspaces import Workspace
from pictrace.wording import byte_size

__all__ = ["group_part"]

SHOWN_PX = 320
A_ROW = 5
MOST_SHOWN = 40


@st.fragment
def group_part(
    workspace: Workspace, review: Review, groups: Sequence[Group], rules: Sequence[Rule], drawn: tuple[int, str]
) -> None:
    """The group that one is at, and the keys that go on; drawn: what was decided when these groups were made."""
    if review.decided != drawn:
        st.rerun()  # the whole page: a group is gone, or back
    review.at = min(review.at, len(groups) - 1)
    group = review.told(groups[review.at])
    proposed = chosen(group, rules)
    with st.container(key="group"):
        st.markdown(
            _(
                "Group **{place:,}** of {total:,} · {level}",
                place=review.at + 1,
                total=len(groups),
                level=translated(group.level.title),
            )
        )
        _buttons(workspace, review, group, len(groups), proposed)
        _pictures(workspace, group, proposed)
        _facts(group)
        for cut in group.cuts:
            label = workspace.catalog.pictures([cut.outside]).get(cut.outside)
            name = for_markdown(label.label) if label else _("A picture")
            st.caption(
                _(
                    "{name} matches a copy here, but not the picture in the middle, and so is not in this group.",
                    name=name,
                )
            )
        family_part(workspace, review, group, len(groups[review.at].ids))


def _buttons(workspace: Workspace, review: Review, group: Group, count: int, proposed: int) -> None:
    ids = list(group.ids)
    names = {image.id: image.record.label for image in group.images}
    with st.container(horizontal=True, vertical_alignment="bottom", key="keys"):
        st.button(_("Back"), shortcut="k", disabled=review.at == 0, on_click=review.go, args=(-1,))
        st.button(
            _("Later"),
            shortcut="j",
            disabled=review.at == count - 1,
            on_click=review.go,
            args=(1,),
            help=_("The next group."),
        )
        if not workspace.writable or len(ids) < 2:
            return
        keep = st.selectbox(
            _("Keep"),
            ids,
            index=ids.index(proposed),
            format_func=lambda one: names[one],
            key=f"keep_{group.keep}",
            label_visibility="collapsed",
            width=260,
        )
        st.button(
            _("Keep this one"),
            shortcut="y",
            type="primary",
            on_click=review.keep,
            args=(group, keep),
            help=_("The others are copies of it."),
        )
        st.button(
            _("Not the same"),
            shortcut="n",
            on_click=review.refuse,
            args=(group, ids[1:]),
            help=_("None of them is the same as the first; remembered."),
        )
        if review.can_undo:
            st.button(_("Undo"), shortcut="u", on_click=review.undo, help=_("Take back the last decision."))


def _pictures(workspace: Workspace, group: Group, proposed: int) -> None:
    shown = group.images[:MOST_SHOWN]
    for start in range(0, len(shown), A_ROW):
        columns = st.columns(A_ROW)
        for column, image in zip(columns, shown[start : start + A_ROW], strict=False):
            with column:
                jpeg = thumbnail_jpeg(workspace.catalog, image.id, SHOWN_PX)
                if jpeg:
                    st.image(jpeg, width="stretch")
                st.caption(_told(group, image, kept=image.id == proposed))
    if len(group.images) > MOST_SHOWN:
        st.caption(
            n_("{count:,} more picture.", "{count:,} more pictures.", len(group.images) - MOST_SHOWN),
        )


def _told(group: Group, image: Image, *, kept: bool) -> str:
    changes = "; ".join(for_markdown(translated(one["text"])) for one in image.changes)
    told = changes or (
        translated(image.level.title.lower()) if image.id != group.keep else _("what the group is about")
    )
    first = _("**keep**") if kept else f"{image.score:.2f}"
    return f"{first} · {for_markdown(image.record.label)} · {told}"


def _facts(group: Group) -> None:
    """What is known of each, side by side; names under which all say the same are left out."""
    rows: dict[str, list[str]] = {
        _("Size"): [f"{one.record.width} × {one.record.height}" for one in group.images],
        _("Format"): [one.record.format for one in group.images],
        _("File"): [byte_size(one.record.byte_count) for one in group.images],
        _("Folder"): [folder_of(one.record) for one in group.images],
        _("Addresses"): [str(len(one.record.sources)) for one in group.images],
        _("Added"): [one.record.added_on for one in group.images],
    }
    metadata = [one.record.metadata for one in group.images]
    for name in dict.fromkeys(name for one in metadata for name in one):
        rows[name] = [", ".join(one.get(name, ())) for one in metadata]
    differing = {name: values for name, values in rows.items() if len(set(values)) > 1}
    if differing:
        st.dataframe({_("Picture"): [one.record.label for one in group.images], **differing}, hide_index=True)
