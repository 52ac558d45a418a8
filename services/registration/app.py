"""Registration as a process: `python -m services.registration.app`."""

from fastapi import FastAPI

from services.registration.api import router
from services.registration.documents.routes import Papers
from services.registration.materials.projections import LISTS as MATERIALS
from services.registration.model import AGGREGATES
from services.registration.people.projections import ROSTERS
from services.registration.projections import LISTS
from services.registration.reactions import react
from shared.kernel.files import Files
from shared.kernel.queries import Progress
from shared.kernel.service import Runtime, Service, run


async def prepare(runtime: Runtime, app: FastAPI) -> None:
    if runtime.vault is None:
        raise SystemExit("登记表含个人信息，须加密保存：请设置 LIGONG_VAULT_URL 和 LIGONG_VAULT_KEY 后重新启动。")
    app.state.progress = Progress(runtime.pool, LISTS.name)
    app.state.papers = Papers(runtime)
    runtime.tasks.append(("progress", app.state.progress.run))
    app.state.rosters = Progress(runtime.pool, ROSTERS.name)
    runtime.tasks.append(("rosters progress", app.state.rosters.run))
    app.state.files = Files(runtime.pool)
    app.state.materials = Progress(runtime.pool, MATERIALS.name)
    runtime.tasks.append(("progress of materials", app.state.materials.run))


SERVICE = Service(
    name="registration",
    aggregates=AGGREGATES,
    router=router,
    projections=(LISTS, ROSTERS, MATERIALS),
    reactions=react,
    reacts_to=("ligong.registration",),
    extra=prepare,
)

if __name__ == "__main__":
    run(SERVICE)
