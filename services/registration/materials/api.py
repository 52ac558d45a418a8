"""Materials over HTTP: uploading a file, where each unit stands, versions and receipts, the files themselves."""

from pathlib import PurePath
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from services.registration.materials import views
from services.registration.model.upload import RecordUpload
from shared.contracts.common import Group, Season, UnitId
from shared.contracts.materials import FileName
from shared.contracts.season import Id
from shared.kernel.api import Caller, only, own_unit
from shared.kernel.files import Files
from shared.kernel.messages import Actor, command_id
from shared.kernel.problems import Problem
from shared.kernel.queries import Filter, Listing, Order, Page, Reading, Searchable, page, shown

queries = APIRouter(prefix="/api/v1/registration", tags=["registration"])

SeasonPath = Annotated[Season, Path(title="赛季年度")]
UnitPath = Annotated[UnitId, Path(title="参赛单位")]
MaterialPath = Annotated[Id, Path(title="报送资料")]
Number = Annotated[int, Path(title="版本号", ge=1, le=100_000)]

ROW = """unit, unit_name, short, unit_group as "group", official_order as "order", material, name, formats, due, status,
         number, late, copies, copies_due, late_paper, reason, resubmit_before, submitted_at, accepted_at, updated_at,
         version"""
BY_UNIT = Order("official_order * 100 + place", "int")
MATERIALS = Listing(
    ROW,
    "material",
    "unit || '-' || material",
    {
        "order": BY_UNIT,
        "due": Order("due", "timestamptz"),
        "status": Order(
            "array_position(array['due', 'returned', 'submitted', 'accepted', 'completed'], status)", "int"
        ),
        "updated_at": Order("updated_at", "timestamptz"),
    },
    "order",
)
HISTORY = Listing(
    "at, actor, what, why, event as event_id, version",
    "material_history",
    "version::text",
    {"version": Order("version", "int")},
    "version",
)


class MaterialsQuery(Searchable):
    season: Season
    unit: UnitId | None = None
    status: views.Status | None = None
    group: Group | None = None
    material: Id | None = None
    outstanding: bool = False


class Upload(Reading):
    name: FileName
    unit: UnitId | None = None


BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@queries.post(
    "/files",
    summary="上传文件",
    response_model=views.FileView,
    openapi_extra={"requestBody": {"required": True, "content": BINARY}},
)
async def upload(request: Request, who: Caller, query: Annotated[Upload, Query()]) -> Any:
    """The body is the file itself. The same file again has the same answer."""
    only(who, "office", "unit")
    unit = query.unit or who.unit
    if unit is None:
        raise Problem(422, "请写明是为哪个单位上传的文件。")
    own_unit(who, unit)
    kept = await _files(request).keep(request.stream(), name=query.name)
    record = RecordUpload(unit=unit, sha256=kept.sha256, size=kept.size, kind=kept.kind)
    # The service acts, in the name of whoever uploaded: the log says who that was.
    me = Actor(who.account, "service")
    await request.app.state.handler(record, me, command_id(who.account, f"upload\0{unit}\0{kept.sha256}"))
    return {"sha256": kept.sha256, "size": kept.size, "kind": kept.kind}


@queries.get("/materials", summary="报送资料进度", response_model=views.MaterialList)
async def materials(request: Request, who: Caller, query: Annotated[MaterialsQuery, Query()]) -> Any:
    """`outstanding` leaves those that are not complete (未交清单)."""
    only(who, "office", "leader", "unit")
    await request.app.state.materials.reach(query.min_position)
    where = Filter()
    where.also("season = {}", query.season)
    for column, value in (("unit", who.unit if who.role == "unit" else query.unit), ("unit_group", query.group)):
        if value:
            where.also(f"{column} = {{}}", value)
    if query.material:
        where.also("material = {}", query.material)
    if query.q:
        where.contains(query.q, "name", "unit_name", "short")
    by_status = f"select status, count(*) as n from material where {where.sql} group by status"
    counts = await request.app.state.pool.fetch(by_status, *where.values)
    if query.status:
        where.also("status = {}", query.status)
    if query.outstanding:
        where.also("status <> 'completed'")
    found = await page(request, MATERIALS, where, query)
    return {**found, "counts": {row["status"]: row["n"] for row in counts}}


@queries.get("/materials/{season}/{unit}/{material}", summary="一项报送资料", response_model=views.MaterialDetail)
async def material(
    request: Request,
    who: Caller,
    season: SeasonPath,
    unit: UnitPath,
    material: MaterialPath,
    query: Annotated[Reading, Query()],
) -> Any:
    row = await _row(request, who, season, unit, material, query)
    sql = """select number, at, actor, on_behalf, sha256, name, size, kind, late from material_version
             where season = $1 and unit = $2 and material = $3 order by number"""
    versions = await request.app.state.pool.fetch(sql, season, unit, material)
    return {**shown(row), "season": season, "versions": [shown(version) for version in versions]}


@queries.get(
    "/materials/{season}/{unit}/{material}/history", summary="报送资料的办理经过", response_model=views.History
)
async def history(
    request: Request,
    who: Caller,
    season: SeasonPath,
    unit: UnitPath,
    material: MaterialPath,
    query: Annotated[Page, Query()],
) -> Any:
    await _row(request, who, season, unit, material, query)
    where = Filter()
    where.also("stream = {}", f"material-{season}-{unit}-{material}")
    return await page(request, HISTORY, where, query)


@queries.get(
    "/materials/{season}/{unit}/{material}/versions/{number}/file",
    summary="下载报送的文件",
    response_class=StreamingResponse,
    responses={200: {"content": BINARY}},
)
async def file(
    request: Request, who: Caller, season: SeasonPath, unit: UnitPath, material: MaterialPath, number: Number
) -> StreamingResponse:
    await _row(request, who, season, unit, material, Reading())
    sql = """select sha256, name, size, kind from material_version
             where season = $1 and unit = $2 and material = $3 and number = $4"""
    row = await request.app.state.pool.fetchrow(sql, season, unit, material, number)
    if row is None:
        raise Problem(404, f"没有第{number}版，请核对版本号。")
    name = f"{PurePath(row['name']).stem}.{row['kind']}"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Content-Length": str(row["size"]),
        "X-Content-Type-Options": "nosniff",
    }
    # Whatever it is, a browser keeps it as a file and shows nothing of it.
    return StreamingResponse(
        _files(request).read(row["sha256"]), media_type="application/octet-stream", headers=headers
    )


def _files(request: Request) -> Files:
    files: Files = request.app.state.files
    return files


async def _row(request: Request, who: Actor, season: int, unit: str, material: str, query: Reading) -> Any:
    only(who, "office", "leader", "unit")
    own_unit(who, unit)
    await request.app.state.materials.reach(query.min_position)
    sql = f"select {ROW} from material where season = $1 and unit = $2 and material = $3"
    row = await request.app.state.pool.fetchrow(sql, season, unit, material)
    if row is None:
        raise Problem(404, "该单位没有这项报送资料，请核对赛季年度、单位和资料编号。")
    return row
