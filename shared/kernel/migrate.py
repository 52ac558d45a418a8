"""Brings a database up to date: `python -m shared.kernel.migrate <service>` (also `keys` and `clock`).

The kernel's migrations run first, then the service's own; both are plain SQL, applied by dbmate.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "shared/kernel"


def folders(name: str) -> list[tuple[Path, str]]:
    """Migration folders of a database, each with the table that counts its versions."""
    match name:
        case "keys":
            return [(KERNEL / "migrations_keys", "keys_migrations")]
        case "clock":
            return [(KERNEL / "migrations_clock", "clock_migrations")]
        case _:
            return [
                (KERNEL / "migrations", "kernel_migrations"),
                (ROOT / "services" / name / "migrations", "service_migrations"),
            ]


def migrate(name: str, url: str) -> None:
    """Raises CalledProcessError with dbmate's own words."""
    plain = url if "sslmode=" in url else url + ("&" if "?" in url else "?") + "sslmode=disable"
    for folder, table in folders(name):
        if not any(folder.glob("*.sql")):
            continue
        subprocess.run(
            ["dbmate", "--no-dump-schema", "--url", plain, "-d", str(folder), "--migrations-table", table, "migrate"],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"},
        )


async def declare(url: str, kind: str) -> None:
    """Writes down once what the deployment is; afterwards it cannot be changed."""
    conn = await asyncpg.connect(url)
    try:
        await conn.execute("insert into deployment (kind) values ($1) on conflict do nothing", kind)
    finally:
        await conn.close()


def main() -> None:
    name = sys.argv[1]
    variable = {"keys": "LIGONG_VAULT_URL", "clock": "LIGONG_CLOCK_URL"}.get(name, "DATABASE_URL")
    url = os.environ[variable]
    migrate(name, url)
    if variable == "DATABASE_URL":
        asyncio.run(declare(url, os.environ["LIGONG_DEPLOYMENT"]))


if __name__ == "__main__":
    main()
