"""Signing in with a login and a password, and the one-time link that makes the first account."""

from datetime import timedelta
from typing import Any

from services.gateway import audit, passwords
from services.gateway.identity import digest, open_session
from shared.kernel.problems import Problem

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)  # counted from the first of the failures

_ATTEMPT = """
    insert into sign_in_attempt as a values ($1, 1, now())
    on conflict (login) do update set
        count = case when a.since < now() - $2::interval then 1 else a.count + 1 end,
        since = case when a.since < now() - $2::interval then now() else a.since end
    returning count"""


async def sign_in(pool: Any, login: str, password: str, address: str) -> str:
    """The new session's secret. Raises a 401 problem, or 429 after repeated failures.

    An attempt counts before the password is looked at, so that many at once are no way round the lock; logins
    that do not exist are counted and answered alike.
    """
    await pool.execute("delete from sign_in_attempt where since < now() - $1::interval", LOCKED_FOR)
    if await pool.fetchval(_ATTEMPT, login, LOCKED_FOR) > MOST_FAILURES:
        await audit.record(pool, "sign_in_locked", login, "session", address)
        raise Problem(
            429,
            f"登录失败次数过多，请{LOCKED_FOR.seconds // 60}分钟后再试；忘记密码请联系竞赛办重置。",
            headers={"Retry-After": str(LOCKED_FOR.seconds)},
        )
    known = await pool.fetchval("select password from account where login = $1 and not disabled", login)
    if not await passwords.matches(password, known):
        await audit.record(pool, "sign_in_failed", login, "session", address)
        raise Problem(401, "账号或密码不正确，请核对后重试。")
    async with pool.acquire() as conn, conn.transaction():
        # The account may have changed while the password was being checked.
        same = await conn.fetchval("select password from account where login = $1 and not disabled for share", login)
        if same != known:
            raise Problem(401, "账号或密码不正确，请核对后重试。")
        secret = await open_session(conn, login)
        await conn.execute("delete from sign_in_attempt where login = $1", login)
        await audit.record(conn, "signed_in", login, "session", address)
    return secret


async def unused_link(pool: Any, token: str) -> None:
    """Raises a 404 problem unless the link is one that was printed and has not been used."""
    row = await pool.fetchrow("select used_at from setup_link where token_sha256 = $1", digest(token))
    if row is None:
        raise Problem(404, "这个初始化链接不正确，请从启动时显示的地址完整复制。")
    if row["used_at"] is not None:
        raise Problem(409, "这个初始化链接已经用过，请直接登录；忘记密码请联系运维人员。")


async def first_account(pool: Any, token: str, login: str, name: str, password: str, address: str) -> None:
    """The first account, of the office; uses the link up. Raises a 404 or 409 problem."""
    await unused_link(pool, token)
    hash = await passwords.hashed(password)
    async with pool.acquire() as conn, conn.transaction():
        used = await conn.fetchval(
            "update setup_link set used_at = now() where token_sha256 = $1 and used_at is null returning true",
            digest(token),
        )
        if not used:
            raise Problem(409, "这个初始化链接已经用过，请直接登录；忘记密码请联系运维人员。")
        made = await conn.fetchval(
            """insert into account (login, name, role, password) values ($1, $2, 'office', $3)
               on conflict do nothing returning true""",
            login,
            name,
            hash,
        )
        if not made:
            raise Problem(409, f"账号“{login}”已经存在，请换一个账号名。")
        await audit.record(conn, "account_created", login, "account", address)
