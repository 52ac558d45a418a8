"""What `ligong erase-person` does."""

from uuid import UUID

from deploy.local.client import Stack, post
from deploy.local.trouble import Trouble
from shared.kernel.tokens import service_token


async def erase(stack: Stack, person: str) -> int:
    """Have a person's details deleted for good; how many lists named them. Raises Trouble for an id of nobody."""
    try:
        id = UUID(person)
    except ValueError:
        raise Trouble("人员编号的格式不对：请复制“更正参赛人员”页面下方的编号。") from None
    headers = {"Authorization": f"Bearer {service_token(stack.internal_key, 'ligong')}"}
    told = await post(f"{stack.running.services['registration']}/internal/people/{id}/erase", headers, {})
    return int(told["rosters"])
