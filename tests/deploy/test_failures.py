"""A start that cannot work says one sentence that tells what to do, and leaves nothing behind."""

import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.local import assets, jars
from deploy.local.account import engine_account
from deploy.local.jars import fetch, read_lock
from deploy.local.ports import free_ports
from deploy.local.trouble import Trouble
from tests.deploy.stacks import CACHE, Stack


@pytest.fixture(scope="module", autouse=True)
def console_assets() -> None:
    """The failures below are not about these."""
    assets.build()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "data")
    yield stack
    assert stack.processes() == []


def _is_one_sentence(said: str) -> bool:
    return len(said.splitlines()) == 1 and said.endswith("。") and "请" in said


@pytest.mark.parametrize("deployment", ["demo", "up"])
def test_taken_port(stack: Stack, deployment: str) -> None:
    with socket.create_server(("127.0.0.1", stack.port)):
        said = stack.fail(deployment)
    assert _is_one_sentence(said)
    assert str(stack.port) in said and "LIGONG_PORT" in said
    assert not stack.data.exists()


def test_port_that_is_none(stack: Stack) -> None:
    stack.environment["LIGONG_PORT"] = "八千"
    assert _is_one_sentence(stack.fail("up"))
    assert not stack.data.exists()


def test_no_network_at_the_first_download(stack: Stack, tmp_path: Path) -> None:
    stack.environment["JGO_CONFIG_FILE"] = str(_mirror(tmp_path, f"http://127.0.0.1:{free_ports(1)[0]}"))
    said = stack.fail("up")
    assert _is_one_sentence(said)
    assert "网络" in said
    assert not stack.data.exists()


def test_unusable_java_of_java_home(stack: Stack, tmp_path: Path) -> None:
    stack.prepare()
    stack.environment["JAVA_HOME"] = str(tmp_path / "no-java-here")
    said = stack.fail("up")
    assert _is_one_sentence(said)
    assert "JAVA_HOME" in said and "Java 17" in said
    assert [entry.name for entry in stack.data.iterdir()] == ["cache"]


def test_java_that_is_too_old(stack: Stack, tmp_path: Path) -> None:
    stack.prepare()
    java = tmp_path / "old/bin/java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho '    java.specification.version = 11' >&2\n")
    for folder in (java, *java.parents):
        if folder.is_relative_to(tmp_path.parents[1]):
            folder.chmod(0o755)
    stack.environment["JAVA_HOME"] = str(tmp_path / "old")
    assert "Java 17" in stack.fail("up")


def test_folder_with_something_else_in_it_is_not_touched(stack: Stack) -> None:
    stack.data.mkdir()
    (stack.data / "thesis.txt").write_text("mine")
    said = stack.fail("up")
    assert _is_one_sentence(said)
    assert "LIGONG_DATA" in said
    assert [entry.name for entry in stack.data.iterdir()] == ["thesis.txt"]


def test_unwritable_folder(stack: Stack, tmp_path: Path) -> None:
    """Root may write anywhere, except where there can be no folder."""
    if os.geteuid() == 0:
        (tmp_path / "file").touch()
        stack.data = tmp_path / "file/data"
    else:
        (tmp_path / "closed").mkdir(mode=0o500)
        stack.data = tmp_path / "closed/data"
    said = stack.fail("up")
    assert _is_one_sentence(said)
    assert "LIGONG_DATA" in said


def test_a_server_that_cannot_be_reached(stack: Stack) -> None:
    port = free_ports(1)[0]
    stack.environment["DATABASE_URL"] = f"postgresql://somebody:secret@127.0.0.1:{port}/postgres"
    stack.environment["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{port}"
    said = stack.fail("up")
    assert _is_one_sentence(said)
    assert str(port) in said and "secret" not in said
    assert not stack.data.exists()


def _mirror(folder: Path, url: str) -> Path:
    settings = folder / "jgo.conf"
    settings.write_text(f"[repositories]\ncentral = {url}\n")
    return settings


def _cached_jars() -> Path:
    return fetch(CACHE)[0].parent


class _Mirror(BaseHTTPRequestHandler):
    """Serves the jars of the user's cache as a Maven repository would."""

    damage = b""

    def do_GET(self) -> None:
        jar = _cached_jars() / self.path.rpartition("/")[2]
        if not jar.is_file():
            self.send_error(404)
            return
        content = jar.read_bytes() + self.damage
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is for its failures."""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Mirror]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Mirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("JGO_CONFIG_FILE", str(_mirror(tmp_path, f"http://127.0.0.1:{server.server_port}")))
    yield _Mirror
    server.shutdown()


def test_jars_come_whole_or_not_at_all(mirror: type[_Mirror], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setattr(mirror, "damage", b"!")
    with pytest.raises(Trouble, match="校验值"):
        fetch(cache)
    assert list((cache / "jars").iterdir()) == []

    (cache / ".part-killed").mkdir()  # as a killed download leaves it
    (cache / ".part-killed/half.jar").touch()
    monkeypatch.setattr(mirror, "damage", b"")
    seen: list[tuple[int, int]] = []
    found = fetch(cache, lambda done, total: seen.append((done, total)))
    assert len(found) == len(read_lock()) == len(list((cache / "jars").iterdir())) == 45
    assert seen[0][0] == 0 and seen[-1][0] == seen[-1][1] == sum(jar.size for jar in read_lock())
    assert not list(cache.glob(".part-*"))

    found[0].write_bytes(b"rotten")
    assert jars.digest(fetch(cache)[0]) == read_lock()[0].sha256


def test_lock_names_no_host() -> None:
    assert "://" not in jars.LOCK.read_text()
    assert any(jar.artifact == "log4j-slf4j-impl" for jar in read_lock())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs to become somebody else")
def test_as_root_the_engines_run_as_somebody_else() -> None:
    assert engine_account().uid not in (0, None)
