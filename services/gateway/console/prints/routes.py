"""核验纸质登记表: the code on a paper form opens the version it was printed from."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.gateway.console.components.form import Form
from services.gateway.console.page import Here
from shared.kernel.problems import Problem

router = APIRouter(prefix="/prints")

Code = Annotated[str, Query(max_length=60)]


@router.get("")
async def check(visit: Here, code: Code = "") -> Response:
    visit.only("office")
    form = Form({"code": code.strip()})
    if not form.values["code"]:
        return visit.page("prints/page.html", form=form, found=None)
    try:
        path = f"/api/v1/registration/prints/{quote(form.values['code'], safe='')}"
        found = await visit.services.get("registration", path)
    except Problem as problem:
        form.errors["code"] = problem.detail
        return visit.page("prints/page.html", problem.status, form=form, found=None)
    return visit.page("prints/page.html", form=form, found=found)
