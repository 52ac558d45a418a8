"""The databases of the stack: created, brought up to date, declared to belong to this deployment."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from deploy.local.layout import Deployment
from deploy.local.trouble import Malfunction, Trouble
from shared.kernel.migrate import declare, migrate

SERVICES = ("registration", "activity", "scoring", "notification", "feeds", "gateway")


def urls(server: str, deployment: Deployment) -> dict[str, str]:
    """URL of each database on `server` (the URL of any database there), by name."""
    names = (*SERVICES, "keys", *(["clock"] if deployment == "demo" else []))
    return {name: urlunsplit(urlsplit(server)._replace(path=f"/ligong_{name}")) for name in names}


async def create(server: str, databases: dict[str, str]) -> None:
    """Create the databases that are missing. Raises Trouble when the server cannot be reached."""
    try:
        connection = await asyncpg.connect(server, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        address = urlsplit(server)
        raise Trouble(
            f"连不上数据库 {address.hostname}:{address.port}（{type(error).__name__}）："
            "请核对 DATABASE_URL 并确认数据库已启动，然后重新运行。"
        ) from error
    try:
        there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for url in databases.values():
            name = urlsplit(url).path[1:]
            if name not in there:
                await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING UTF8')
    finally:
        await connection.close()


def bring_up_to_date(databases: dict[str, str]) -> None:
    """Run all migrations, side by side. Raises Malfunction."""
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(migrate, name, url) for name, url in databases.items()]
    try:
        for done in running:
            done.result()
    except subprocess.CalledProcessError as error:
        raise Malfunction("数据库升级失败：请保留数据目录和上面的错误信息，联系技术支持。") from error


async def belong_to(databases: dict[str, str], deployment: Deployment) -> None:
    """Declare the services' databases a demo's or real ones, once and for all."""
    for name in SERVICES:
        await declare(databases[name], deployment)
