"""Passwords: argon2id, off the event loop, a few at a time."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_ARGON2ID = PasswordHash((Argon2Hasher(),))
_NOBODYS = _ARGON2ID.hash("nobody's password")  # verified where there is no account: both take as long
_AT_ONCE = asyncio.Semaphore(2)  # each takes 64 MB and a core


async def hashed(password: str) -> str:
    async with _AT_ONCE:
        return await asyncio.to_thread(_ARGON2ID.hash, password)


async def matches(password: str, hash: str | None) -> bool:
    """Takes the same time whether there is a hash or not."""
    async with _AT_ONCE:
        right = await asyncio.to_thread(_ARGON2ID.verify, password, hash or _NOBODYS)
    return right and hash is not None
