"""The console: one small router for each area, each calling the services' APIs on behalf of whoever is signed in."""

from fastapi import APIRouter

from services.gateway.console.boards.routes import router as boards
from services.gateway.console.contacts.routes import router as contacts
from services.gateway.console.home.routes import router as home
from services.gateway.console.materials.action_routes import router as material_actions
from services.gateway.console.materials.routes import router as materials
from services.gateway.console.messages.routes import router as messages
from services.gateway.console.overview.routes import router as overview
from services.gateway.console.participants.change_routes import router as people_changes
from services.gateway.console.participants.import_routes import router as people_import
from services.gateway.console.participants.routes import router as people
from services.gateway.console.points.routes import router as points
from services.gateway.console.prints.routes import router as prints
from services.gateway.console.prints.template_routes import router as templates
from services.gateway.console.registrations.change_routes import router as changes
from services.gateway.console.registrations.form_routes import router as forms
from services.gateway.console.registrations.office_routes import router as office
from services.gateway.console.registrations.paper_routes import router as paper
from services.gateway.console.registrations.routes import router as registrations
from services.gateway.console.seasons.extension_routes import router as extensions
from services.gateway.console.seasons.routes import router as seasons
from services.gateway.console.signin.routes import router as signin
from services.gateway.console.status.routes import router as status

AREAS = (
    signin,
    home,
    overview,
    contacts,
    registrations,
    forms,
    changes,
    office,
    paper,
    prints,
    templates,
    materials,
    material_actions,
    people,
    people_import,
    people_changes,
    boards,
    points,
    messages,
    seasons,
    extensions,
    status,
)

router = APIRouter()
for area in AREAS:
    router.include_router(area)
