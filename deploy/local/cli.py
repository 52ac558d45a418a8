"""The command `ligong`."""

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.layout import ROOT
from deploy.local.trouble import Trouble

SCENARIO = ROOT / "seasons/2021/scenario.jsonl"

app = typer.Typer(help="立功竞赛平台", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
season = typer.Typer(help="赛季", no_args_is_help=True)
app.add_typer(season, name="season")

# Each command imports what it needs: the whole takes more than a second.
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="同时在终端显示各服务的日志")]
Speed = Annotated[float, typer.Option(min=0, help="回放速度：每秒多少天；0 为尽快")]


class Role(StrEnum):
    office = "office"
    unit = "unit"
    inspector = "inspector"
    judge = "judge"
    leader = "leader"
    partner = "partner"


@app.command()
def up(verbose: Verbose = False) -> None:
    """正式启动：空的系统，打印创建首个账号的一次性链接。"""
    from deploy.local.supervisor import run

    run("real", verbose)


@app.command()
def demo(
    verbose: Verbose = False,
    speed: Speed = 3,
    scenario: Annotated[Path, typer.Option(metavar="文件", help="要回放的剧本")] = SCENARIO,
) -> None:
    """启动演示：回放 2021 赛季的一年，结束后继续运行。"""
    from deploy.local.stage import Programme
    from deploy.local.supervisor import run

    run("demo", verbose, Programme(scenario, speed))


@season.command("open")
def open_season(
    file: Annotated[Path, typer.Argument(metavar="文件", help="赛季文件，如 seasons/2021/season.yaml")],
) -> None:
    """开启赛季：文件有错时整份不收，并按行列出全部错误。"""
    from deploy.local.client import running_stack
    from shared.contracts.season_file import FaultySeason, parse

    try:
        document = parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Trouble(f"无法读取 {file}（{error.strerror}）：请核对文件名。") from error
    except UnicodeDecodeError as error:
        raise Trouble(f"{file} 不是 UTF-8 编码的文本：请在编辑器中另存为 UTF-8 后重试。") from error
    except FaultySeason as faulty:
        raise Trouble(f"{file} 有 {len(faulty.errors)} 处错误，没有开启赛季：\n{faulty}") from faulty
    body = {"document": document.model_dump(mode="json")}
    asyncio.run(running_stack().command("office", "registration/open-season", body))
    typer.echo(f"已开启：{document.name}")


@app.command()
def token(
    role: Annotated[Role, typer.Option("--as", help="角色")],
    unit: Annotated[str | None, typer.Option(help="单位编号，如 putuo")] = None,
    partner: Annotated[str | None, typer.Option(help="协作单位编号，如 jiangsu")] = None,
) -> None:
    """签发脚本用的访问令牌（Authorization: Bearer …），只显示这一次。"""
    from deploy.local.client import running_stack

    if role is Role.unit and unit is None:
        raise Trouble("参赛单位的令牌须用 --unit 写明单位编号。")
    if role is Role.partner and partner is None:
        raise Trouble("协作单位的令牌须用 --partner 写明协作单位编号。")
    typer.echo(asyncio.run(running_stack().token(role.value, unit, partner)))


@app.command("erase-person")
def erase_person(
    person: Annotated[str, typer.Argument(metavar="人员编号", help="竞赛办在“更正参赛人员”页面上看到的人员编号")],
) -> None:
    """永久删除一个人的个人信息：日志、主题、名单和草稿里都不再能读出，此后核验仍然一致。"""
    from deploy.local.client import running_stack
    from deploy.local.erasure import erase

    lists = asyncio.run(erase(running_stack(), person))
    typer.echo(f"已删除：此人的姓名、号码等不再能读出，{lists} 份参赛人员名单显示为（已删除）。")


@app.command()
def status() -> None:
    """各服务日志的位置、各消费者的进度与落后、排行榜的核验结果。"""
    from deploy.local.client import running_stack
    from deploy.local.report import report

    sys.exit(asyncio.run(report(running_stack())))


@app.command()
def verify() -> None:
    """核验一次：排行榜、积分事实、原始日志三方一致时退出码为 0。"""
    from deploy.local.client import running_stack
    from deploy.local.report import verify_boards

    sys.exit(asyncio.run(verify_boards(running_stack())))


@app.command()
def play(
    file: Annotated[Path, typer.Argument(metavar="文件", help="剧本，如 seasons/2021/scenario.jsonl")], speed: Speed = 0
) -> None:
    """在运行中的演示环境里播放剧本；中断后再次运行会从停下的地方继续。"""
    from deploy.local.client import running_stack
    from deploy.local.stage import Programme, perform

    stack = running_stack()
    if stack.running.deployment != "demo":
        raise Trouble("正在运行的是正式环境，不能播放剧本：请用 make demo 启动演示环境后重试。")
    asyncio.run(perform(Programme(file, speed), stack.layout, stack.running))


def main() -> None:
    """Every trouble is a sentence on standard error and exit code 1."""
    try:
        app()
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
