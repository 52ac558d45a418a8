"""Apache Kafka's jars: fetched once by a lock file of coordinates and SHA-256, then kept in a cache folder.

The lock names no host: the repository is Maven's central one, or a mirror named in jgo's own settings file
(section `[repositories]`, key `central`), which is how a closed network redirects it.
"""

import fcntl
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

from deploy.local.trouble import Trouble

LOCK = Path(__file__).with_name("jars.lock")
KAFKA = "org.apache.kafka:kafka_2.13:4.4.0"
# Kafka logs through slf4j 1.7 and its POM leaves the binding to the distribution: without it, it is mute.
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl"

WAITS = (1.0, 3.0, 9.0)  # seconds before a jar is asked for again

Progress = Callable[[int, int], None]
"""Called with (bytes present, bytes in all)."""


@dataclass(frozen=True)
class Jar:
    """One line of the lock. `size` is in bytes."""

    group: str
    artifact: str
    version: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    def is_at(self, path: Path) -> bool:
        """Whether `path` holds exactly this jar (hashing all 45 takes 40 ms: done at every start)."""
        return path.is_file() and path.stat().st_size == self.size and digest(path) == self.sha256


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_lock(lock: Path = LOCK) -> list[Jar]:
    jars = []
    for line in lock.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinates, sha256, size = line.split()
            group, artifact, version = coordinates.split(":")
            jars.append(Jar(group, artifact, version, sha256, int(size)))
    return jars


def fetch(cache: Path, progress: Progress = lambda done, total: None) -> list[Path]:
    """The jars of the lock, downloading what `cache` lacks; each is there whole and verified, or not at all.

    Raises Trouble without a network or when a download is not what the lock says.
    """
    jars = read_lock()
    folder = cache / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(cache):
        for leftover in cache.glob(".part-*"):  # a download that was killed
            shutil.rmtree(leftover)
        missing = [jar for jar in jars if not jar.is_at(folder / jar.filename)]
        if missing:
            done = sum(jar.size for jar in jars) - sum(jar.size for jar in missing)
            _download(missing, cache, folder, lambda more: progress(done + more, sum(j.size for j in jars)))
    return [folder / jar.filename for jar in jars]


@contextmanager
def _only_one(cache: Path) -> Iterator[None]:
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(missing: list[Jar], cache: Path, folder: Path, progress: Callable[[int], None]) -> None:
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=cache))
    context = maven(part)
    done = 0
    progress(done)
    try:
        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(_download_one, context, jar, folder) for jar in missing]
            try:
                for finished in as_completed(running):
                    done += finished.result()
                    progress(done)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    except (requests.RequestException, RuntimeError) as error:
        raise Trouble(
            f"下载 Kafka 失败（{type(error).__name__}）："
            "请接通网络，或在 jgo 的设置文件里写明可用的 Maven 镜像，然后重新运行。"
        ) from error
    finally:
        shutil.rmtree(part)


def _download_one(context: MavenContext, jar: Jar, folder: Path) -> int:
    path = _resolved(context, jar)
    if not jar.is_at(path):
        raise Trouble(f"下载的 {jar.filename} 与清单的校验值不符：请检查网络代理或镜像后重新运行。")
    path.replace(folder / jar.filename)
    return jar.size


def _resolved(context: MavenContext, jar: Jar) -> Path:
    """One of 44 connections that breaks is no reason to begin anew."""
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    for wait in WAITS:
        try:
            return Path(artifact.resolve())
        except (requests.RequestException, RuntimeError):
            time.sleep(wait)
    return Path(artifact.resolve())


def maven(repository: Path) -> MavenContext:
    """jgo's Python API does not read jgo's settings by itself; the mirror named there is wanted."""
    remotes = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    return MavenContext(repo_cache=repository, remote_repos=remotes, timeout=30)


def write_lock(lock: Path = LOCK) -> None:
    """Resolve Kafka's dependencies anew and write the lock (`make lock`)."""
    with tempfile.TemporaryDirectory() as folder:
        context = maven(Path(folder))
        kafka = context.create_dependency(KAFKA)
        _, nodes = context.resolver.get_dependency_list([kafka])
        artifacts = [kafka.artifact, *(node.dep.artifact for node in nodes)]
        # Resolved apart: taken together, log4j's own management would win over Kafka's versions.
        log4j = next(a.version for a in artifacts if a.artifactId == "log4j-core")
        artifacts.append(context.create_dependency(f"{LOG_BINDING}:{log4j}").artifact)
        with ThreadPoolExecutor(8) as pool:
            paths = list(pool.map(lambda artifact: artifact.resolve(), artifacts))
        lines = [
            f"{a.groupId}:{a.artifactId}:{a.version} {digest(path)} {path.stat().st_size}"
            for a, path in zip(artifacts, paths, strict=True)
        ]
    header = "# Kafka's jars: group:artifact:version, SHA-256, bytes. Written by `make lock`."
    lock.write_text("\n".join([header, *sorted(lines)]) + "\n")


if __name__ == "__main__":
    write_lock()
