"""What people call the accounts that events name."""

from typing import Any

from services.gateway.console.formats import ROLES

_NAMES = """
    select login as account, name, null as role from account where login = any($1)
    union all
    select distinct account, null, role from token
    where account = any($1) and account not in (select login from account)"""


async def with_names(pool: Any, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A history's entries with names for their actors; whoever has no account any more stays as recorded."""
    rows = await pool.fetch(_NAMES, list({entry["actor"] for entry in entries}))
    names = {row["account"]: row["name"] or f"{ROLES[row['role']]}（接口）" for row in rows}
    return [{**entry, "actor": names.get(entry["actor"], entry["actor"])} for entry in entries]
