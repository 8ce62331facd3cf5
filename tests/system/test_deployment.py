"""compose.yaml and the Kubernetes manifest name commands, options, images, variables and ports that exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docs.generate import settings
from pictrace.api.server import OPERATIONS
from pictrace.cli._discovery import all_commands
from tests.paths import ROOT

yaml = pytest.importorskip("yaml", reason="PyYAML comes with mkdocs and dask")

Workload = Mapping[str, Any]
OTHERS = {"postgres": {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "PGDATA"}, "caddy": None}
IMAGES = {"pictrace", "postgres:17", "caddy:2"}


@cache
def manifest() -> list[Workload]:
    return list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))


@cache
def compose() -> Workload:
    found: Workload = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


def of_kind(*kinds: str) -> list[Workload]:
    return [one for one in manifest() if one["kind"] in kinds]


def containers() -> Iterator[tuple[Workload, Workload]]:
    """(workload, container)"""
    for one in of_kind("Deployment", "StatefulSet"):
        for container in one["spec"]["template"]["spec"]["containers"]:
            yield one, container


def known_variables() -> set[str]:
    """What PicTrace, Streamlit and PostgreSQL's client read."""
    return {*settings(), "PGPASSWORD", "STREAMLIT_SERVER_ALLOWED_HOSTS", "STREAMLIT_SERVER_BASE_URL_PATH"}


def assert_command(words: list[str]) -> None:
    """That it can be called so: ``dask …`` or ``pictrace …``."""
    program, command, *rest = words
    options = [one for one in rest if one.startswith("--")]
    if program == "dask":
        module = pytest.importorskip(f"distributed.cli.dask_{command}", reason="the extra cluster is not installed")
        known = {option for one in module.main.params for option in (*one.opts, *one.secondary_opts)}
        assert known >= set(options), words
    else:
        assert program == "pictrace"
        assert command in {one.name for one in all_commands()}
        text = (ROOT / "docs" / "cli.md").read_text()
        assert all(option in text for option in options), words


def test_commands_exist() -> None:
    for _, container in containers():
        if container["image"] == "pictrace":
            assert_command(container.get("command") or ["pictrace", *container["args"]])
    for service in compose()["services"].values():
        if service["image"] == "pictrace" and "command" in service:
            assert_command([*service["entrypoint"], *service["command"]])


def test_images_are_ours_or_pinned_to_a_version() -> None:
    images = [container["image"] for _, container in containers()]
    images += [service["image"] for service in compose()["services"].values()]
    assert set(images) == IMAGES
    built = compose()["services"]["pictrace"]["build"]["args"]["EXTRAS"]
    assert built == "${PICTRACE_EXTRAS:-metrics}"
    assert "ARG EXTRAS=metrics\n" in (ROOT / "Dockerfile").read_text()
    told = re.findall(r"EXTRAS=([\w,]+)$", (ROOT / "deploy" / "cluster.env").read_text(), re.MULTILINE)
    assert told == ["metrics,postgres,cluster"]
    assert f"EXTRAS={told[0]}" in (ROOT / "deploy" / "kubernetes.yaml").read_text()


def test_variables_are_read_by_somebody() -> None:
    texts = {name for one in of_kind("ConfigMap") for name in one["data"]}
    texts |= {name for one in of_kind("Secret") for name in one["stringData"]}
    assert texts <= known_variables()
    for name, service in compose()["services"].items():
        if service["image"] == "pictrace":
            assert set(service.get("environment", {})) <= known_variables(), name
    for line in (ROOT / "deploy" / "cluster.env").read_text().splitlines():
        if not line.startswith("#"):
            assert line.partition("=")[0] in known_variables() | {"COMPOSE_PROFILES", "PICTRACE_EXTRAS"}
    for _, container in containers():
        own = {one["name"] for one in container.get("env", ())}
        assert own <= (OTHERS["postgres"] or set() if container["image"].startswith("postgres") else known_variables())


def test_what_is_referred_to_is_in_the_manifest() -> None:
    names = {(one["kind"], one["metadata"]["name"]) for one in manifest()}
    keys = {one["metadata"]["name"]: set(one["stringData"]) for one in of_kind("Secret")}
    for workload, container in containers():
        for one in container.get("envFrom", ()):
            for kind, what in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                assert what not in one or (kind, one[what]["name"]) in names
        for one in container.get("env", ()):
            if "valueFrom" in one:
                secret = one["valueFrom"]["secretKeyRef"]
                assert secret["key"] in keys[secret["name"]]
        spec = workload["spec"]["template"]["spec"]
        volumes = {one["name"]: one for one in spec.get("volumes", ())}
        claims = {one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", ())}
        assert {one["name"] for one in container["volumeMounts"]} == {*volumes} | claims
        for one in volumes.values():
            assert "persistentVolumeClaim" not in one or (
                ("PersistentVolumeClaim", one["persistentVolumeClaim"]["claimName"]) in names
            )
        assert workload["spec"].get("serviceName", workload["metadata"]["name"]) in {
            name for kind, name in names if kind == "Service"
        }


def test_services_lead_to_ports_that_are_listened_on() -> None:
    listened = {
        workload["metadata"]["name"]: {one["name"]: one["containerPort"] for one in container["ports"]}
        for workload, container in containers()
    }
    addresses = {}
    for one in of_kind("Service"):
        (port,) = one["spec"]["ports"]
        assert port["targetPort"] in listened[one["spec"]["selector"]["app"]]
        addresses[one["metadata"]["name"]] = port["port"]
    (data,) = (one["data"] for one in of_kind("ConfigMap"))
    for name in ("PICTRACE_CATALOG", "PICTRACE_CLUSTER"):
        found = re.search(r"(pictrace-\w+):(\d+)", data[name])
        assert found is not None
        assert addresses[found[1]] == int(found[2])
    for name, (option, port) in {
        "pictrace-scheduler": ("--port", 8786),
        "pictrace-worker": ("--worker-port", 8788),
    }.items():
        (command,) = (one["command"] for workload, one in containers() if workload["metadata"]["name"] == name)
        assert command[command.index(option) + 1] == str(port)
        assert [*listened[name].values()] == [port]
    assert listened["pictrace"] == {"http": 8501}
    assert "EXPOSE 8501" in (ROOT / "Dockerfile").read_text()


def test_every_container_has_probes_and_limits_and_ours_are_confined() -> None:
    paths = {f"/api/v1{one.path}" for one in OPERATIONS if not one.scope}
    for workload, container in containers():
        ports = {one["name"] for one in container["ports"]}
        for kind in ("readinessProbe", "livenessProbe"):
            asked = container[kind].get("tcpSocket") or container[kind].get("httpGet") or {}
            assert asked.get("port", *ports) in ports
            assert "path" not in asked or asked["path"] in paths
        assert container["resources"]["limits"]["memory"]
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert workload["spec"]["selector"]["matchLabels"] == workload["spec"]["template"]["metadata"]["labels"]
        if container["image"] == "pictrace":
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert workload["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 10001


def test_nothing_of_the_cluster_can_be_reached_from_outside() -> None:
    (policy,) = of_kind("NetworkPolicy")
    (expression,) = policy["spec"]["podSelector"]["matchExpressions"]
    apps = {workload["metadata"]["name"] for workload, _ in containers()}
    assert set(expression["values"]) == apps - {"pictrace"}
    assert all("type" not in one["spec"] for one in of_kind("Service"))
    for name in ("postgres", "scheduler", "worker"):
        assert "ports" not in compose()["services"][name]
    assert not any(value for one in of_kind("Secret") for value in one["stringData"].values())


def test_the_image_has_one_version_of_all_that_is_asked_for() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = [Requirement(one) for one in (*lines, *(each for one in extras.values() for each in one)) if one[:1] != "#"]
    pinned = [
        Requirement(one) for one in (ROOT / "deploy" / "constraints.txt").read_text().splitlines() if one[:1] != "#"
    ]
    versions: dict[str, set[str]] = {}
    for pin in pinned:
        versions.setdefault(canonicalize_name(pin.name), set()).update(one.version for one in pin.specifier)
    for one in asked:
        if one.marker is None or one.marker.evaluate():
            found = versions.get(canonicalize_name(one.name), set())
            assert found, f"{one.name} has no line in deploy/constraints.txt"
            assert all(one.specifier.contains(version) for version in found), one
