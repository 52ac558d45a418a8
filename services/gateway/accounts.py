"""Accounts and tokens from the command line.

`python -m services.gateway.accounts import FILE` reads JSON lines
`{"login", "password", "role", "unit", "partner", "name"}` into the database of DATABASE_URL; again changes nothing.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from services.gateway import passwords
from services.gateway.identity import new_token
from shared.contracts.common import UnitId
from shared.kernel.messages import Role
from shared.kernel.problems import malformed
from shared.kernel.service import connect

Login = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]
Password = Annotated[str, StringConstraints(min_length=10, max_length=200)]
AccountName = Annotated[str, StringConstraints(min_length=1, max_length=50, strip_whitespace=True)]


class NewAccount(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: Login
    password: Password
    role: Literal["office", "unit", "inspector", "judge", "leader", "partner"]
    unit: UnitId | None = None
    partner: UnitId | None = None
    name: AccountName

    @model_validator(mode="after")
    def _belongs_somewhere(self) -> Self:
        if self.role == "unit" and not self.unit:
            raise ValueError("参赛单位的账号须写明 unit。")
        if self.role == "partner" and not self.partner:
            raise ValueError("协作单位的账号须写明 partner。")
        return self


async def save(conn: Any, account: NewAccount) -> None:
    """Creates the account or brings it up to date. The same again changes nothing and ends no session."""
    hash = await conn.fetchval("select password from account where login = $1", account.login)
    if not await passwords.matches(account.password, hash):
        hash = await passwords.hashed(account.password)
    await conn.execute(
        """insert into account (login, name, role, unit, partner, password) values ($1, $2, $3, $4, $5, $6)
           on conflict (login) do update set name = excluded.name, role = excluded.role, unit = excluded.unit,
               partner = excluded.partner, password = excluded.password""",
        account.login,
        account.name,
        account.role,
        account.unit,
        account.partner,
        hash,
    )


async def import_accounts(database_url: str, lines: str) -> int:
    """All of the accounts or none; how many. Raises ValueError with a Chinese sentence for each faulty line."""
    accounts, faults = [], []
    for number, line in enumerate(lines.splitlines(), start=1):
        if line.strip():
            try:
                accounts.append(NewAccount.model_validate_json(line))
            except ValidationError as error:
                faults.append(f"第{number}行：{malformed(list(error.errors())).detail}")
    if faults:
        raise ValueError("\n".join(faults))
    pool = await connect(database_url, 1)
    try:
        async with pool.acquire() as conn, conn.transaction():
            for account in accounts:
                await save(conn, account)
    finally:
        await pool.close()
    return len(accounts)


async def issue_token(
    database_url: str, role: Role, unit: str | None = None, partner: str | None = None, account: str | None = None
) -> str:
    """A bearer token for a script; shown only now.

    `account` is who events say it was; by default named after what the token may do, always the same, so that
    command ids are reproducible.
    """
    named = account or "-".join(word for word in ("script", role, unit, partner) if word)
    pool = await connect(database_url, 1)
    try:
        return await new_token(pool, named, role, unit, partner)
    finally:
        await pool.close()


def main() -> None:
    match sys.argv[1:]:
        case ["import", file]:
            try:
                asyncio.run(import_accounts(os.environ["DATABASE_URL"], Path(file).read_text(encoding="utf-8")))
            except (ValueError, OSError) as error:
                sys.exit(str(error))
        case _:
            sys.exit("用法：python -m services.gateway.accounts import 文件")


if __name__ == "__main__":
    main()
