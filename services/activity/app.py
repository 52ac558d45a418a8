"""Activity as a process: `python -m services.activity.app`."""

from fastapi import FastAPI

from services.activity.api import router
from services.activity.model import AGGREGATES
from services.activity.projections import LISTS, keep_directory
from services.activity.reactions import react
from shared.contracts import catalogue
from shared.kernel.bus import Subscription
from shared.kernel.queries import Progress
from shared.kernel.service import Runtime, Service, run, subscribe

REGISTRATION = ("ligong.registration",)


async def prepare(runtime: Runtime, app: FastAPI) -> None:
    if runtime.vault is None:
        raise SystemExit("竞赛计划含个人信息，须加密保存：请设置 LIGONG_VAULT_URL 和 LIGONG_VAULT_KEY 后重新启动。")
    app.state.progress = Progress(runtime.pool, LISTS.name)
    runtime.tasks.append(("progress", app.state.progress.run))
    subscribe(runtime, Subscription("activity-directory", REGISTRATION, keep_directory, catalogue.read))


SERVICE = Service(
    name="activity",
    aggregates=AGGREGATES,
    router=router,
    projections=(LISTS,),
    reactions=react,
    reacts_to=REGISTRATION,
    extra=prepare,
)

if __name__ == "__main__":
    run(SERVICE)
