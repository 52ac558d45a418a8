"""What verifications found, kept until somebody has been told.

A mismatch that is found unasked is also mended unasked: whoever asks next must still learn of it.
"""

from typing import Any

from shared.kernel.messages import SHANGHAI


async def keep(conn: Any, agree: bool, reasons: list[str], *, told: bool) -> None:
    sql = "insert into verification (agree, reasons, told) values ($1, $2, $3)"
    await conn.execute(sql, agree, reasons, told)


async def untold(conn: Any) -> list[str]:
    """Sentences about the mismatches that nobody has been told of; from now on somebody has."""
    rows = await conn.fetch("update verification set told = true where not told returning at, reasons")
    return [
        f"{row['at'].astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}自动核对发现不一致，已重建：{''.join(row['reasons'])}"
        for row in rows
    ]
