"""`make demo` from a clean clone, as an ordinary user with nothing but Python and make."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.account import Account, engine_account
from deploy.local.layout import ROOT
from tests.deploy.stacks import Stack

INTERPRETERS = (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3")


@pytest.fixture
def user() -> Account:
    """Ourselves, or as root somebody who is not."""
    return engine_account()


@pytest.fixture
def interpreter(user: Account) -> str:
    """A Python that the user can run: root's own may lie where nobody else gets."""
    for candidate in (os.path.realpath(interpreter) for interpreter in INTERPRETERS):
        new_enough = [candidate, "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"]
        if user.can("-x", Path(candidate)) and subprocess.run(new_enough, **user.popen).returncode == 0:
            return candidate
    pytest.skip("no Python 3.11 with venv that an ordinary user can run")


@pytest.fixture
def clone(user: Account) -> Iterator[Path]:
    """What git would give, in a folder of the user's."""
    home = Path(tempfile.mkdtemp(prefix="ligong-clone-"))
    listed = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            target = home / "clone" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    if user.uid is not None and user.gid is not None:
        for path in [home, *home.rglob("*")]:
            os.chown(path, user.uid, user.gid)
    yield home / "clone"
    shutil.rmtree(home)


def test_make_demo(clone: Path, user: Account, interpreter: str) -> None:
    stack = Stack(
        clone / ".data/demo",
        environment={"HOME": str(clone.parent), "XDG_CACHE_HOME": str(clone.parent / "cache")},
        command=("make", f"PYTHON={interpreter}"),
        cwd=clone,
        user=user,
    )
    stack.environment["LIGONG_DATA"] = ""  # the default: a folder of the clone
    try:
        began = time.monotonic()
        stack.start("demo")
        stack.until("已就绪")
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/", timeout=10) as page:
            assert page.status == 200
            assert "立功竞赛" in page.read().decode()
        print(f"the first page after {time.monotonic() - began:.0f} s, downloads included")
        credentials = stack.data / "credentials.txt"
        assert credentials.stat().st_mode & 0o777 == 0o600
        assert "office" in credentials.read_text()
        stack.stop()
        assert stack.processes() == []
    finally:
        stack.clear()
