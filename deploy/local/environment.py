"""Make the virtual environment hold exactly one group's lock: `python3 deploy/local/environment.py local|dev`.

Run by make with the system's Python before anything is installed, so: standard library only. Quick when nothing
has changed. An environment made for `dev` also serves `local`, which it contains.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
TOOLS = VENV / "tools"  # outside site-packages: installing a lock exactly removes what it does not name
LOG = VENV / "install.log"
STAMP = VENV / "installed.txt"
CONTAINED_IN = {"local": ("local", "dev"), "dev": ("dev",)}

LAUNCHER = """#!{python}
import sys

from deploy.local.cli import main

sys.exit(main())
"""


def main(group: str) -> str | None:
    """None when the environment is ready, otherwise the sentence to end with."""
    if STAMP.is_file() and STAMP.read_text() in [_stamp(name) for name in CONTAINED_IN[group]]:
        return None
    try:
        _create()
        STAMP.unlink(missing_ok=True)
        _install_uv()
        _sync(group)
        _make_importable()
    except OSError as error:
        return f"无法写入 {error.filename or VENV}：请检查该目录的权限和磁盘空间后重新运行。"
    except subprocess.CalledProcessError:
        return f"安装运行环境失败：请接通网络（或为 pip 和 uv 配置可用的镜像）后重新运行，详情见 {LOG}。"
    STAMP.write_text(_stamp(group))
    return None


def _stamp(group: str) -> str:
    lock = (ROOT / "requirements" / f"{group}.txt").read_bytes()
    return f"{group} {hashlib.sha256(lock).hexdigest()} {sys.version_info.major}.{sys.version_info.minor} {ROOT}"


def _create() -> None:
    """A virtual environment is tied to its place and its Python: after a move or an upgrade it is made anew."""
    if _usable():
        return
    _say("正在创建运行环境…")
    if VENV.exists():
        shutil.rmtree(VENV)
    try:
        venv.create(VENV, symlinks=True, with_pip=True)
    except subprocess.CalledProcessError:  # Debian keeps ensurepip in a package of its own
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("无法创建 Python 虚拟环境：请安装系统的 python3-venv 软件包后重新运行。")


def _usable() -> bool:
    try:
        asked = [str(PYTHON), "-c", "import sys; print(sys.version_info[:2], sys.prefix)"]
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return False
    return told == f"{sys.version_info[:2]} {VENV}"


def _install_uv() -> None:
    lock = ROOT / "requirements/installer.txt"
    done = TOOLS / "installed.txt"
    if done.is_file() and done.read_text() == lock.read_text():
        return
    _say("正在安装 uv…")
    shutil.rmtree(TOOLS, ignore_errors=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
    _run([str(PYTHON), "-m", "ensurepip"])
    _run([*pip, "--target", str(TOOLS), "-r", str(lock)])
    done.write_text(lock.read_text())


def _sync(group: str) -> None:
    lock = ROOT / "requirements" / f"{group}.txt"
    packages = sum(1 for line in lock.read_text().splitlines() if line[:1].isalnum())
    _say(f"正在安装 {packages} 个软件包…")
    _run(
        [
            str(TOOLS / "bin/uv"),
            "pip",
            "sync",
            "--compile-bytecode",
            "--require-hashes",
            "--python",
            str(PYTHON),
            str(lock),
        ]
    )


def _make_importable() -> None:
    """The repository's packages, and the command `ligong`, without building anything."""
    where = [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    (site / "ligong.pth").write_text(f"{ROOT}\n")
    launcher = VENV / "bin/ligong"
    launcher.write_text(LAUNCHER.format(python=PYTHON))
    launcher.chmod(0o755)


def _run(command: list[str]) -> None:
    """Run with the output kept for whoever wants to know, and the lines that show progress on the terminal."""
    with (
        LOG.open("a") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "NO_COLOR": "1"}
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            if line.startswith(("Downloading ", "Prepared ", "Installed ")):
                _say("  " + line.rstrip().replace("Downloading", "下载"))
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
