"""Who did what when, where no event says so: sign-ins, exports, reads of personal data. Rows are only ever added."""

import re
from typing import Any, Literal

from shared.kernel.messages import Actor

Action = Literal[
    "signed_in",
    "sign_in_failed",
    "sign_in_locked",
    "signed_out",
    "account_created",
    "exported",
    "read_personal_data",
]

_PERSONAL = re.compile(
    r"/api/v1/(registration/contacts|(registration/(registrations|drafts|rosters)|activity/plans)/[^/]+/[^/]+"
    r"|registration/registrations/[^/]+/[^/]+/form\.(pdf|docx)|registration/prints/[^/]+)"
)


def personal(path: str) -> bool:
    """Whether what is read at this address holds names and telephone numbers."""
    return _PERSONAL.fullmatch(path) is not None


async def record(pool: Any, action: Action, who: Actor | str, thing: str, address: str) -> None:
    """`who` is the caller, or the login that somebody only claims; `thing` what it was done to."""
    account, role = (who, None) if isinstance(who, str) else (who.account, who.role)
    await pool.execute(
        "insert into audit (account, role, action, object, address) values ($1, $2, $3, $4, $5)",
        account,
        role,
        action,
        thing[:500],
        address,
    )
