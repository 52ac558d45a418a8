"""The console: one small router for each area, each calling the services' APIs on behalf of whoever is signed in."""

from fastapi import APIRouter

from services.gateway.console.boards.routes import router as boards
from services.gateway.console.home.routes import router as home
from services.gateway.console.messages.routes import router as messages
from services.gateway.console.points.routes import router as points
from services.gateway.console.registrations.form_routes import router as forms
from services.gateway.console.registrations.office_routes import router as office
from services.gateway.console.registrations.routes import router as registrations
from services.gateway.console.seasons.routes import router as seasons
from services.gateway.console.signin.routes import router as signin
from services.gateway.console.status.routes import router as status

router = APIRouter()
for area in (signin, home, registrations, forms, office, boards, points, messages, seasons, status):
    router.include_router(area)
