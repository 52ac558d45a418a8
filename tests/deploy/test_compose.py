"""docker-compose.yml: valid, and every service starts with exactly its command and environment.

Containers are not run; the hosts of the file are mapped to the loopback address.
"""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from deploy.local.layout import ROOT
from deploy.local.ports import free_ports
from deploy.local.supervisor import PROCESSES
from tests.servers import KafkaServer, PostgresServer

COMPOSE = ROOT / "docker-compose.yml"
DOCUMENT: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
PATIENCE = 90.0  # seconds, with all of them starting at once


def test_is_valid() -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run([check, "--builtin-schema", "vendor.compose-spec", COMPOSE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_names_every_process_of_the_embedded_stack() -> None:
    modules = {service["command"][-1] for service in DOCUMENT["services"].values() if service.get("command")}
    assert {module for _, module in PROCESSES.values()} <= modules


def test_every_image_has_its_lock() -> None:
    for service in DOCUMENT["services"].values():
        if "build" in service:
            assert (ROOT / "requirements" / f"{service['build']['args']['SERVICE']}.txt").is_file()


def test_no_secret_is_written_down() -> None:
    for name in ("POSTGRES_PASSWORD", "LIGONG_INTERNAL_KEY", "LIGONG_VAULT_KEY"):
        assert f"${{{name}:?" in COMPOSE.read_text(encoding="utf-8"), f"{name} must be asked for"


class Composed:
    """The file's services as processes on the loopback address."""

    def __init__(self, postgres: PostgresServer, kafka: KafkaServer) -> None:
        server = urlsplit(postgres.url())
        ports = dict(zip(PROCESSES, free_ports(len(PROCESSES)), strict=True))
        self.variables = {
            "POSTGRES_PASSWORD": server.password or "",
            "LIGONG_INTERNAL_KEY": secrets.token_urlsafe(32),
            "LIGONG_VAULT_KEY": secrets.token_urlsafe(32),
        }
        self.hosts = {
            "ligong:": f"{server.username}:",
            "postgres:5432": f"{server.hostname}:{server.port}",
            "kafka:9092": kafka.bootstrap,
            "0.0.0.0": "127.0.0.1",
            **{f"http://{name}:8000": f"http://127.0.0.1:{port}" for name, port in ports.items()},
        }
        self.ports = ports
        self.started: dict[str, subprocess.Popen[bytes]] = {}
        self.logs: dict[str, Path] = {}

    def environment(self, name: str) -> dict[str, str]:
        """What the container would see."""
        given = {key: self._value(value) for key, value in DOCUMENT["services"][name]["environment"].items()}
        if name in self.ports:
            given["PORT"] = str(self.ports[name])
        return {"PATH": os.defpath, **given}

    def command(self, words: list[str]) -> list[str]:
        return [sys.executable if word == "python" else word for word in words]

    def start(self, name: str, log: Path) -> None:
        command = self.command(DOCUMENT["services"][name]["command"])
        with log.open("wb") as output:
            self.started[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(name), stdout=output, stderr=subprocess.STDOUT
            )
        self.logs[name] = log

    def await_success(self, name: str, command: list[str]) -> None:
        """Run `command` in the service's environment until it succeeds; fail when the service ends before."""
        deadline = time.monotonic() + PATIENCE
        while subprocess.run(command, env=self.environment(name), cwd=ROOT, capture_output=True).returncode:
            ended = self.started[name].poll() is not None
            assert not ended and time.monotonic() < deadline, self.logs[name].read_text()[-3000:]
            time.sleep(0.2)  # as compose does between its checks

    def stop(self) -> None:
        for process in self.started.values():
            process.terminate()
        for process in self.started.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _value(self, written: str) -> str:
        value = re.sub(r"\$\{(\w+)(?::[?-]([^}]*))?\}", lambda m: self.variables.get(m[1], m[2] or ""), written)
        for host, here in self.hosts.items():
            value = value.replace(host, here)
        return value


@pytest.fixture(scope="module")
def composed(
    postgres: PostgresServer, kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    composed = Composed(postgres, kafka)
    prepare = composed.command(DOCUMENT["services"]["prepare"]["command"])
    for _ in range(2):  # again changes nothing
        done = subprocess.run(prepare, cwd=ROOT, env=composed.environment("prepare"), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    logs = tmp_path_factory.mktemp("compose")
    try:
        for name in PROCESSES:
            composed.start(name, logs / f"{name}.log")
        yield composed
    finally:
        composed.stop()


@pytest.mark.parametrize("name", PROCESSES)
def test_service_gets_healthy_and_ready(composed: Composed, name: str) -> None:
    check = DOCUMENT["services"][name]["healthcheck"]["test"]
    assert check[0] == "CMD"
    composed.await_success(name, composed.command(check[1:]))
    ready = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{composed.ports[name]}/readyz')"
    composed.await_success(name, [sys.executable, "-c", ready])
