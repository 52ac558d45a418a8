"""The data folder of a stack, as a start takes hold of it: made, locked, and unmade when a first start fails."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.local.layout import Deployment, Layout
from deploy.local.ports import ensure_free
from deploy.local.trouble import Malfunction, Trouble

HOST = "127.0.0.1"
NAMES = {"demo": "演示", "real": "正式"}


@contextmanager
def made(layout: Layout, port: int) -> Iterator[None]:
    """Make the data folder; take it away again if the stack never came to serve from it.

    Raises Trouble for a folder that holds something else: nothing of it may ever be touched.
    """
    if not layout.lock.exists():
        if layout.data.is_dir() and set(layout.data.iterdir()) - {layout.cache}:
            raise Trouble(
                f"{layout.data} 里已有其他内容：请用环境变量 LIGONG_DATA 指定一个空目录或不存在的目录后重新运行。"
            )
        ensure_free(HOST, port)
    missing = [folder for folder in (layout.data, *layout.data.parents) if not folder.exists()]
    try:
        layout.make()
        yield
    except BaseException as error:
        if not layout.deployment.exists() and not isinstance(error, Malfunction):
            _unmake(layout, missing)
        raise


def _unmake(layout: Layout, made: list[Path]) -> None:
    """Only Kafka's jars stay, if any were downloaded whole."""
    if layout.engines_link.is_symlink():
        home = layout.engines_link.resolve()
        shutil.rmtree(home, ignore_errors=True)
        layout.engines_link.unlink()
        made = [*made, home.parent]
    if not any(layout.cache.glob("jars/*.jar")):
        shutil.rmtree(layout.cache, ignore_errors=True)
    for entry in layout.data.iterdir() if layout.data.exists() else []:
        if entry == layout.cache:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink()
    for folder in made:
        with suppress(OSError):  # not empty: somebody keeps something there
            folder.rmdir()


@contextmanager
def alone(layout: Layout, deployment: Deployment) -> Iterator[None]:
    """Hold the data folder's lock. Raises Trouble if another start holds it, or it is another deployment's."""
    with layout.lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            told = layout.told()
            where = f"：请打开 {told.gateway}" if told else ""
            raise Trouble(f"{layout.data} 已在运行{where}；如要重新启动，请先停止它。") from error
        if layout.deployment.exists() and (kind := layout.deployment.read_text()) != deployment:
            other = NAMES[deployment]
            raise Trouble(
                f"{layout.data} 是{NAMES[kind]}环境的数据，不能用于{other}环境："
                "请用环境变量 LIGONG_DATA 指定另一个目录后重新运行。"
            )
        yield


def is_running(layout: Layout) -> bool:
    """Whether a supervisor holds the data folder at this moment."""
    if not layout.lock.exists():
        return False
    with layout.lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
