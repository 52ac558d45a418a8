"""Where a stack keeps its things, and the secrets that are generated once."""

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from deploy.local.account import Account

Deployment = Literal["demo", "real"]

ROOT = Path(__file__).resolve().parents[2]
# Where the engines live when, started as root, their account cannot reach the data folder (below /root, say).
SYSTEM_FOLDER = Path("/var/lib/ligong")


@dataclass(frozen=True)
class Running:
    """What the command line needs to know about a running stack; kept (mode 600) while it runs."""

    deployment: Deployment
    gateway: str
    services: dict[str, str]
    databases: dict[str, str]
    brokers: str


@dataclass(frozen=True)
class Layout:
    """Paths of one stack below its data folder."""

    data: Path
    cache: Path

    @classmethod
    def of(cls, deployment: Deployment) -> "Layout":
        """LIGONG_DATA, or a folder of the clone."""
        chosen = os.environ.get("LIGONG_DATA")
        if chosen:
            data = Path(chosen).resolve()
            return cls(data, data / "cache")
        return cls(ROOT / ".data" / deployment, ROOT / ".data/cache")

    @property
    def lock(self) -> Path:
        return self.data / "ligong.lock"

    @property
    def deployment(self) -> Path:
        return self.data / "deployment"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def mail(self) -> Path:
        return self.data / "mail"

    @property
    def credentials(self) -> Path:
        return self.data / "credentials.txt"

    @property
    def engines_link(self) -> Path:
        return self.data / "engines"

    def make(self) -> None:
        """Create the folders. Others may pass through the data folder (the engines' account), not look into it."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o711)
        for private in (self.secrets, self.logs, self.mail):
            private.mkdir(mode=0o700, exist_ok=True)

    def engines(self, account: Account) -> Path:
        """The folder that holds the engines' own folders: one that `account` can reach."""
        if account.can("-x", self.data):
            return self.data
        if not self.engines_link.exists():
            SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
            home = Path(tempfile.mkdtemp(prefix="stack-", dir=SYSTEM_FOLDER))
            home.chmod(0o711)
            self.engines_link.unlink(missing_ok=True)
            self.engines_link.symlink_to(home)
        return self.engines_link.resolve()

    def secret(self, name: str) -> str:
        """A generated secret of 43 characters, the same at every start."""
        path = self.secrets / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path.read_text()

    def tell(self, running: Running) -> None:
        write_private(self.data / "running.json", json.dumps(asdict(running), ensure_ascii=False, indent=2))

    def told(self) -> Running | None:
        """What `tell` said last, whether or not it still runs."""
        path = self.data / "running.json"
        return Running(**json.loads(path.read_text())) if path.exists() else None


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    part.replace(path)
