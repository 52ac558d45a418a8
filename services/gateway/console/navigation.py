"""The menu at the left, by role."""

from dataclasses import dataclass

from shared.kernel.messages import Actor, Role


@dataclass(frozen=True)
class Entry:
    title: str
    icon: str  # of Tabler's icons
    path: str
    roles: frozenset[Role]
    active: bool = False


_EVERYBODY: frozenset[Role] = frozenset(("office", "leader", "unit", "inspector", "judge", "partner"))
_PARTICIPANTS: frozenset[Role] = _EVERYBODY - {"partner"}
_OFFICE: frozenset[Role] = frozenset(("office",))
_WHOLE: frozenset[Role] = frozenset(("office", "leader"))

MENU = (
    Entry("工作台", "home", "/", _EVERYBODY),
    Entry("登记总览", "layout-dashboard", "/overview", _WHOLE),
    Entry("登记进度", "clipboard-list", "/registrations", _WHOLE),
    Entry("参赛登记", "clipboard-list", "/registrations", frozenset(("unit",))),
    Entry("报送资料", "files", "/materials", frozenset(("office", "leader", "unit"))),
    Entry("核验纸质登记表", "scan", "/prints", _OFFICE),
    Entry("参赛人员", "users", "/people", frozenset(("office", "leader", "unit"))),
    Entry("通讯录", "address-book", "/contacts", frozenset(("office", "leader", "unit"))),
    Entry("排行榜", "list-numbers", "/boards", _PARTICIPANTS),
    Entry("积分明细", "report-analytics", "/points", frozenset(("office", "leader", "unit"))),
    Entry("消息", "bell", "/messages", frozenset(("office", "unit"))),
    Entry("赛季", "calendar-event", "/seasons", _OFFICE),
    Entry("系统状态", "heartbeat", "/status", _OFFICE),
)


def entries(actor: Actor, path: str) -> list[Entry]:
    """What the role may open; the one that holds the page shown is active."""
    return [
        Entry(entry.title, entry.icon, entry.path, entry.roles, _holds(entry.path, path))
        for entry in MENU
        if actor.role in entry.roles
    ]


def _holds(entry: str, path: str) -> bool:
    return path == entry or (entry != "/" and path.startswith(f"{entry}/"))
