"""Uploaded files: kept in the service's own database under the hash of their content (docs/adr/0007).

`keep` holds no more than one part in memory: what arrives waits in a temporary file until all of it is there and has
been looked at, and only then is it written, in one transaction. An upload that breaks off leaves nothing.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Any

from shared.kernel.filekinds import Unfit, kind_of
from shared.kernel.limits import MOST_FILE, megabytes
from shared.kernel.problems import Problem

PART = 256 * 1024  # bytes


@dataclass(frozen=True)
class Kept:
    """A file as it is stored. `kind` says what its content is: `pdf`, `docx`, `xlsx`, `pptx`, `jpg`, `png`."""

    sha256: str
    size: int
    kind: str


class Files:
    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def keep(self, parts: AsyncIterator[bytes], most: int = MOST_FILE, name: str = "") -> Kept:
        """Stores what arrives; the same content again changes nothing.

        Raises a 413 problem beyond `most` bytes, 422 for nothing at all, 415 for content that is not taken in or is
        something else than the ending of `name` says.
        """
        with tempfile.TemporaryFile() as content:
            digest, size = hashlib.sha256(), 0
            async for part in parts:
                size += len(part)
                if size > most:
                    raise Problem(413, f"文件超过{megabytes(most)}，请压缩或拆分后重新上传。")
                digest.update(part)
                content.write(part)
            if size == 0:
                raise Problem(422, "文件是空的，请重新选择文件上传。")
            try:
                kind = await asyncio.to_thread(kind_of, content, name)
            except Unfit as unfit:
                raise Problem(415, str(unfit)) from None
            kept = Kept(digest.hexdigest(), size, kind)
            await self._write(kept, content)
        return kept

    async def _write(self, kept: Kept, content: IO[bytes]) -> None:
        key = bytes.fromhex(kept.sha256)
        new = "insert into file (sha256, size, kind) values ($1, $2, $3) on conflict do nothing returning size"
        async with self._pool.acquire() as conn, conn.transaction():
            if await conn.fetchval(new, key, kept.size, kept.kind) is None:
                return
            content.seek(0)
            for number in range(-(-kept.size // PART)):
                await conn.execute("insert into file_part values ($1, $2, $3)", key, number, content.read(PART))

    async def get(self, sha256: str) -> Kept | None:
        """What is known of a file; None where there is none."""
        row = await self._pool.fetchrow("select size, kind from file where sha256 = $1", bytes.fromhex(sha256))
        return Kept(sha256, row["size"], row["kind"]) if row else None

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """The content, part by part; no connection is held between parts. Nothing where there is no such file."""
        sql, number = "select content from file_part where sha256 = $1 and part = $2", 0
        while (part := await self._pool.fetchval(sql, bytes.fromhex(sha256), number)) is not None:
            yield part
            number += 1
