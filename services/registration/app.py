"""Registration as a process: `python -m services.registration.app`."""

from fastapi import FastAPI

from services.registration.api import router
from services.registration.model import AGGREGATES
from services.registration.projections import LISTS
from services.registration.reactions import react
from shared.kernel.queries import Progress
from shared.kernel.service import Runtime, Service, run


async def prepare(runtime: Runtime, app: FastAPI) -> None:
    if runtime.vault is None:
        raise SystemExit("登记表含个人信息，须加密保存：请设置 LIGONG_VAULT_URL 和 LIGONG_VAULT_KEY 后重新启动。")
    app.state.progress = Progress(runtime.pool, LISTS.name)
    runtime.tasks.append(("progress", app.state.progress.run))


SERVICE = Service(
    name="registration",
    aggregates=AGGREGATES,
    router=router,
    projections=(LISTS,),
    reactions=react,
    reacts_to=("ligong.registration",),
    extra=prepare,
)

if __name__ == "__main__":
    run(SERVICE)
