"""The demo's accounts: one for each role and unit, with passwords generated at its first start."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from deploy.local.layout import Layout, write_private
from shared.kernel.messages import Role

PARTNERS = {"jiangsu": "江苏省住房和城乡建设厅", "zhejiang": "浙江省综合行政执法指导办公室"}


@dataclass(frozen=True)
class Account:
    """What the gateway imports, without the password."""

    login: str
    role: Role
    name: str
    unit: str | None = None
    partner: str | None = None


# Inspectors and judges belong to a unit too, which they may not assess (INS-2, CON-2).
OTHERS = (
    Account("office", "office", "竞赛办"),
    Account("leader", "leader", "领导小组"),
    Account("inspector", "inspector", "考评员（总队）", unit="zongdui"),
    Account("inspector-huangpu", "inspector", "考评员（黄浦）", unit="huangpu"),
    Account("judge", "judge", "评委（总队）", unit="zongdui"),
)


def accounts(season: Path) -> list[Account]:
    """All of them; the units are those of the season's directory."""
    units = yaml.safe_load(season.read_text(encoding="utf-8"))["units"]
    return [
        *OTHERS,
        *(Account(unit["id"], "unit", unit["name"], unit=unit["id"]) for unit in units),
        *(Account(partner, "partner", name, partner=partner) for partner, name in PARTNERS.items()),
    ]


def write_credentials(layout: Layout, season: Path) -> Path:
    """Generate the passwords, once: a table for people, and the file that the gateway imports (returned)."""
    file = layout.secrets / "accounts.jsonl"
    if not file.exists():
        made = [{**asdict(account), "password": secrets.token_urlsafe(9)} for account in accounts(season)]
        write_private(file, "".join(json.dumps(account, ensure_ascii=False) + "\n" for account in made))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    lines = [f"{row['login']:<20}{row['password']:<16}{row['name']}" for row in rows]
    heading = "演示环境的账号（自动生成，只在这台机器上有效）\n\n账号                密码            身份\n"
    write_private(layout.credentials, heading + "\n".join(lines) + "\n")
    return file
