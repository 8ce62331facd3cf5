"""The one way from a link to its answer: from redirect to redirect, each checked like a link of its own."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from yarl import URL

from pictrace.errors import DownloadError, RefusedError
from pictrace.escape import for_message
from pictrace.told import told
from pictrace.web.http import REDIRECTS, explained, joined, once
from pictrace.web.policy import DownloadPolicy, check_url, dialling

if TYPE_CHECKING:
    import aiohttp

__all__ = ["follow"]

Taken = TypeVar("Taken")


class _Redirect(NamedTuple):
    location: str


def _no_headers(_: str) -> Mapping[str, str]:
    return {}


async def follow(
    session: aiohttp.ClientSession,
    url: str,
    policy: DownloadPolicy,
    take: Callable[[aiohttp.ClientResponse, str], Awaitable[Taken]],
    headers: Callable[[str], Mapping[str, str]] = _no_headers,
) -> Taken:
    """What ``take`` makes of the answer at the end of all redirects: one attempt, which is not repeated here.

    Parameters
    ----------
    session
        One of ``http.open_session`` with the same policy.
    url
        A stranger's link.
    policy
        What may be fetched, and how many redirects are followed.
    take
        Reads the answer; it is given the link that answered, in normal form.
    headers
        What to ask a link with.

    Raises
    ------
    DownloadError
        Where there is no such answer, or the redirects lead in a circle or are too many; TransientError where another
        attempt may help, RefusedError where a link must not be fetched. Whatever else ``take`` raises.
    """
    here = check_url(url, policy)
    seen = {here}
    for _ in range(policy.max_redirects + 1):
        found = await _request(session, here, policy, take, headers(here))
        if not isinstance(found, _Redirect):
            return found
        try:
            target = check_url(joined(here, found.location), policy)
        except RefusedError as exc:
            raise RefusedError(
                told(
                    "{url} redirects to a link that is not followed. {problem}", url=for_message(here), problem=str(exc)
                )
            ) from exc
        if target in seen:
            raise DownloadError(
                told(
                    "{url} redirects in a circle. Check the link, or {instead}.",
                    url=for_message(url),
                    instead=policy.instead,
                )
            )
        seen.add(target)
        here = target
    raise DownloadError(
        told(
            "{url} redirects over {times} times. Use the link at its end.",
            url=for_message(url),
            times=policy.max_redirects,
        )
    )


async def _request(
    session: aiohttp.ClientSession,
    here: str,
    policy: DownloadPolicy,
    take: Callable[[aiohttp.ClientResponse, str], Awaitable[Taken]],
    headers: Mapping[str, str],
) -> Taken | _Redirect:
    import aiohttp

    url = URL(here, encoded=True)  # dialled exactly as it was checked
    with dialling(url.raw_host or "", url.port or 0, policy) as dial:
        try:
            middlewares = (functools.partial(once, dial),)
            async with session.get(url, headers=headers, allow_redirects=False, middlewares=middlewares) as response:
                if response.status in REDIRECTS and (location := response.headers.get("Location")):
                    return _Redirect(location)
                return await take(response, here)
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise dial.refused or explained(exc, here, dial.host, policy) from exc
