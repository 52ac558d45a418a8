"""As whom the engines run: PostgreSQL refuses root, so as root both run as an unprivileged user."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A dedicated user where the operator has made one; otherwise the one that every system has.
CANDIDATES = ("ligong", "nobody")


@dataclass(frozen=True)
class Account:
    """An unprivileged user. `uid` is None when we are one ourselves and nothing has to change."""

    uid: int | None = None
    gid: int | None = None

    @property
    def popen(self) -> dict[str, Any]:
        """The arguments of `subprocess.Popen` that make a child run as this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, flag: str, path: Path) -> bool:
        """Whether `test <flag> <path>` holds for the account: asked of the system, so that ACLs count too."""
        asked = subprocess.run(["test", flag, path], cwd="/", env={"PATH": os.defpath}, **self.popen)
        return asked.returncode == 0

    def own(self, folder: Path) -> None:
        """Make `folder` (mode 700) and everything in it the account's."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.uid is not None and self.gid is not None and folder.stat().st_uid != self.uid:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, self.uid, self.gid, follow_symlinks=False)


def engine_account() -> Account:
    """Ourselves, or as root the first of CANDIDATES that exists."""
    if os.geteuid() != 0:
        return Account()
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(names[name] for name in CANDIDATES if name in names)
    return Account(entry.pw_uid, entry.pw_gid)


def within_reach(account: Account, trees: Sequence[Path], probe: str, home: Path) -> Path:
    """The folder that holds `trees` side by side: their own, or a copy below `home` if the account cannot
    read `probe` (relative to that folder).

    A virtual environment below /root is closed to everybody else, and so are its PostgreSQL and its JRE.
    """
    parent = trees[0].parent
    if account.can("-r", parent / probe):
        return parent
    # The time of installation tells one version from the next.
    copy = home / f"{trees[0].name}-{int(trees[0].stat().st_mtime)}"
    if not copy.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        for older in [*home.glob(f"{trees[0].name}-*"), *home.glob(".part-*")]:
            shutil.rmtree(older)
        fresh = Path(tempfile.mkdtemp(prefix=".part-", dir=home))
        for tree in trees:
            shutil.copytree(tree, fresh / tree.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", fresh], check=True)
        fresh.rename(copy)
    return copy
