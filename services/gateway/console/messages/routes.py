"""消息: what a unit or the office was told; for the office also every reminder and what became of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from services.gateway.console.components.form import Form
from services.gateway.console.components.listing import Listing
from services.gateway.console.page import Here

router = APIRouter(prefix="/messages")

API = "/api/v1/notification"
Cursor = Annotated[str, Query(pattern=r"^\d{0,18}$")]


@router.get("")
async def page(visit: Here, unread: bool = False, cursor: Cursor = "") -> Response:
    visit.only("office", "unit")
    found = await visit.services.get("notification", f"{API}/messages", unread=unread or None, cursor=cursor)
    query = {"unread": "true" if unread else "", "cursor": cursor}
    listing = Listing(query, {}, found["items"], found["next"], f"共{found['total']}条，未读{found['unread']}条")
    return visit.page("messages/page.html", listing=listing, unread=unread)


@router.get("/unread")
async def unread(visit: Here) -> HTMLResponse:
    """The number beside the menu's entry."""
    found = await visit.services.get("notification", f"{API}/messages", unread=True, limit=1)
    count = found["unread"]
    return HTMLResponse(f'<span class="badge bg-red text-red-fg ms-auto">{count:d}</span>' if count else "")


@router.post("/{id}/read")
async def read(visit: Here, id: UUID) -> Response:
    visit.only("office", "unit")
    form = Form.of(await visit.form())
    await visit.services.post("notification", f"{API}/messages/{id}/read", {}, form.key)
    return visit.go("/messages")


@router.get("/reminders")
async def reminders(visit: Here, cursor: Cursor = "") -> Response:
    visit.only("office")
    found = await visit.services.get("notification", f"{API}/reminders", cursor=cursor)
    listing = Listing({"cursor": cursor}, {}, found["items"], found["next"], f"共{found['total']}条")
    return visit.page("messages/reminders.html", listing=listing)


@router.post("/reminders/{id}/repeat")
async def repeat(visit: Here, id: UUID) -> Response:
    visit.only("office")
    form = Form.of(await visit.form())
    await visit.services.post("notification", f"{API}/reminders/{id}/repeat", {}, form.key)
    return visit.go("/messages/reminders")
