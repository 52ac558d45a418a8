"""Who calls: sessions of the console and bearer tokens of scripts, looked up anew for each request.

Nothing is cached, so a revoked credential fails on the very next request, of any instance. What concurrent
requests look up is coalesced into one query, which keeps that affordable.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any, Literal

from shared.kernel.batch import Batcher
from shared.kernel.messages import Actor, Role
from shared.kernel.problems import Problem

COOKIE = "ligong_session"
IDLE = timedelta(hours=4)
ABSOLUTE = timedelta(hours=12)
TOKEN_LIFETIME = timedelta(days=90)
TOUCH = timedelta(minutes=1)  # use is written down at most this often


@dataclass(frozen=True)
class Identity:
    """Somebody who has proved who they are. `key` is the credential's hash, `name` what people call the account."""

    actor: Actor
    name: str
    kind: Literal["session", "token"]
    key: bytes


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def no_credential() -> Problem:
    return Problem(401, "尚未登录或登录已过期，请登录后重试。", headers={"WWW-Authenticate": "Bearer"})


def credential(headers: Mapping[str, str]) -> tuple[Literal["session", "token"], str]:
    """What the request proves its caller with; a bearer token comes before a cookie. Raises a 401 problem."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() == "bearer" and token:
            return "token", token.strip()
        raise no_credential()
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        cookie = None
    if cookie is None or not cookie.value:
        raise no_credential()
    return "session", cookie.value


_LOOKUP = """
    select s.hash, 'session' as kind, a.login as account, a.name, a.role, a.unit, a.partner,
           s.seen_at < now() - $3::interval as stale
    from session s join account a using (login)
    where s.hash = any($1) and s.expires_at > now() and s.seen_at > now() - $2::interval and not a.disabled
    union all
    select hash, 'token', account, account, role, unit, partner, coalesce(used_at, '-infinity') < now() - $3::interval
    from token where hash = any($1) and expires_at > now() and revoked_at is null"""


class Identities:
    """Looks credentials up in the gateway's database."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._find: Batcher[bytes, Identity | None] = Batcher(self._work)

    async def of(self, headers: Mapping[str, str]) -> Identity:
        """The caller. Raises a 401 problem."""
        kind, secret = credential(headers)
        found = await self._find(digest(secret))
        if found is None or found.kind != kind:
            raise no_credential()
        return found

    async def still(self, who: Identity) -> bool:
        """Whether the credential is good and means what it meant."""
        return await self._find(who.key) == who

    async def _work(self, keys: Sequence[bytes]) -> list[Identity | Exception | None]:
        rows = await self._pool.fetch(_LOOKUP, list(set(keys)), IDLE, TOUCH)
        if stale := [row["hash"] for row in rows if row["stale"]]:
            await self._pool.execute(
                """with s as (update session set seen_at = now() where hash = any($1))
                   update token set used_at = now() where hash = any($1)""",
                stale,
            )
        found = {row["hash"]: _identity(row) for row in rows}
        return [found.get(key) for key in keys]


def _identity(row: Any) -> Identity:
    return Identity(
        Actor(row["account"], row["role"], row["unit"], row["partner"]), row["name"], row["kind"], row["hash"]
    )


async def open_session(conn: Any, login: str) -> str:
    """A new session's secret, 256 random bits; only its hash is kept. Expired sessions go on the way."""
    secret = secrets.token_urlsafe(32)
    await conn.execute("delete from session where expires_at < now() or seen_at < now() - $1::interval", IDLE)
    await conn.execute(
        "insert into session (hash, login, expires_at) values ($1, $2, now() + $3::interval)",
        digest(secret),
        login,
        ABSOLUTE,
    )
    return secret


async def close_session(conn: Any, who: Identity) -> None:
    await conn.execute("delete from session where hash = $1", who.key)


async def new_token(conn: Any, account: str, role: Role, unit: str | None, partner: str | None) -> str:
    """A bearer token's secret; only its hash is kept."""
    secret = f"lg_{secrets.token_urlsafe(32)}"
    await conn.execute(
        """insert into token (hash, account, role, unit, partner, expires_at)
           values ($1, $2, $3, $4, $5, now() + $6::interval)""",
        digest(secret),
        account,
        role,
        unit,
        partner,
        TOKEN_LIFETIME,
    )
    return secret
