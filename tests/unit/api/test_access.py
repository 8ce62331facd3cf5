"""Who may do what."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from pictrace.api.access import new_token
from pictrace.api.server import PREFIX, alone
from pictrace.api.state import State
from pictrace.service.workspaces import Workspace, Workspaces

READS, WRITES = "/images", "/images/1"


def asked_from(state: State, peer: str, host: str = "127.0.0.1") -> TestClient:
    return TestClient(alone(["app.example.org"], state), base_url=f"http://{host}{PREFIX}", client=(peer, 50000))


@pytest.fixture(autouse=True)
def with_catalog(catalog_file: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PICTRACE_API_TOKENS", raising=False)


def test_without_tokens_this_computer_reads_and_nobody_writes(state: State) -> None:
    local = asked_from(state, "127.0.0.1")
    assert local.get(READS).status_code == 200
    assert asked_from(state, "::1", "localhost").get(READS).status_code == 200
    assert local.delete(WRITES).status_code == 403
    assert asked_from(state, "192.0.2.7").get(READS).status_code == 403
    assert asked_from(state, "192.0.2.7").get("/health").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-for": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"host": "app.example.org"},
    ],
)
def test_what_comes_through_a_proxy_or_from_another_site_is_not_local(state: State, headers: dict[str, str]) -> None:
    assert asked_from(state, "127.0.0.1").get(READS, headers=headers).status_code == 403


def test_hosts_under_which_it_is_not_served_are_refused(state: State) -> None:
    assert asked_from(state, "127.0.0.1").get("/health", headers={"host": "evil.example"}).status_code == 421


def test_tokens_open_what_their_scopes_say_from_everywhere(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, read_entry = new_token("reader", writes=False)
    writing, write_entry = new_token("writer", writes=True)
    monkeypatch.setenv("PICTRACE_API_TOKENS", f"{read_entry},\n{write_entry}")
    far = asked_from(state, "192.0.2.7")

    def statuses(token: str) -> tuple[int, int]:
        headers = {"authorization": f"Bearer {token}"}
        return far.get(READS, headers=headers).status_code, far.delete(WRITES, headers=headers).status_code

    assert statuses(reading) == (200, 403)
    assert statuses(writing) == (200, 404)
    assert statuses("pictrace_wrong") == (401, 401)
    assert statuses(read_entry.rpartition(":")[2]) == (401, 401)  # a hash is no token
    unnamed = asked_from(state, "127.0.0.1").get(READS)
    assert (unnamed.status_code, unnamed.headers["www-authenticate"]) == (401, 'Bearer realm="pictrace"')


def test_an_entry_that_is_wrong_opens_nothing(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTRACE_API_TOKENS", "reader:read:secret")
    assert asked_from(state, "127.0.0.1").get(READS).status_code == 401


def test_the_sample_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Samples(Workspaces):
        def open(self, choice: str) -> Workspace:
            return replace(super().open(choice), is_sample=True)

    token, entry = new_token("writer", writes=True)
    monkeypatch.setenv("PICTRACE_API_TOKENS", entry)
    client = asked_from(State(workspaces=Samples()), "127.0.0.1")
    answer = client.delete(WRITES, headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, "sample" in answer.json()["detail"]) == (403, True)
