"""The command line for people and schedulers.

Exit codes: 0 done · 1 failed · 2 wrong usage · 3 policy or mapping unusable · 4 delivery unreadable ·
5 warehouse or published copy unusable · 6 another run is writing · 7 a blocking check or promise broke ·
8 a scorecard cannot be fitted, found or promoted · 9 an objection or override is not allowed like that.
"""

import os
import sys

import typer
from rich.console import Console

from models.errors import RiskcodeError
from pipelines.cli.groups import Later, group_of

COMMANDS = (
    Later("run", "run:run", "夜间赋码 · Take deliveries in, check, score, code, explain, queue and publish."),
    Later(
        "queue",
        "read:queue",
        "待检队列 · Every visit that is due, in order of precedence: who, why, by when, what to check.",
    ),
    Later(
        "explain",
        "read:explain",
        "赋码理由 · Why an enterprise has its code, until when, and what would change it.",
    ),
    Later(
        "codes",
        "read:codes",
        "码分布 · Enterprises by code and the change since the day coded before; or all of them.",
    ),
    Later(
        "watch",
        "watch:watch",
        "随到随赋码 · Watch the inbox: new files change the codes they are about within seconds.",
    ),
    Later("demo", "admin:demo", "演示城市 · Write the deliveries of an invented city (mapping: demo_city)."),
    Later(
        "doctor", "admin:doctor", "体检 · Whether this installation can run, and what to do where it cannot."
    ),
    Later("rejects", "read:rejects_app", "被拒数据 · Refused rows: list, export, retry."),
    Later("sources", "admin:sources_app", "数据来源 · Deliveries and mapping files."),
    Later("model", "model:app", "评分卡 · Scorecards: fit, evaluate, show, compare, promote, roll back."),
    Later("plan", "plan:app", "检查计划 · The plan: year, month, today."),
    Later("draw", "draw:app", "双随机 · Draws that anybody can check."),
    Later("replay", "replay:app", "重放 · Past codes as known then, and as they should have been."),
    Later(
        "monitor",
        "monitor:app",
        "自我监测 · What the system watches in itself: movement, parity, feedback, flip-flops.",
    ),
    Later("objection", "objection:app", "异议 · Objections: file, list, show, decide, withdraw."),
    Later("override", "override:app", "人工定码 · Overrides: give, end, and see whether they were right."),
    Later(
        "policy", "policy:app", "规则 · The rules: compare packs, look for faults, put one in force, list."
    ),
)
"""Each with the line that stands for it in ``./riskcode --help``: the first one of a command's own help."""

app = typer.Typer(
    name="riskcode",
    cls=group_of(*COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="红黄蓝绿动态赋码与靶向检查 · Risk codes for enterprises, and the inspections they call for.",
)


@app.callback()
def riskcode() -> None:
    """Nothing is done before a command is known."""


def main() -> None:
    """Run a command; errors a user can act on are told in one sentence, without a traceback."""
    try:
        status = app(standalone_mode=False, prog_name="riskcode")
    except RiskcodeError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]✗[/] {_plain(str(error))}", soft_wrap=True)
        status = error.exit_code
    except typer.Exit as done:
        status = done.exit_code
    except typer.Abort:
        status = 130
    except Exception as error:
        # Wrong usage; the class that says so is private to typer.
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        status = getattr(error, "exit_code", 2)
    _leave(status if isinstance(status, int) else 0)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _leave(status: int) -> None:
    """End at once: DuckDB's Python module prints pages of harmless leak reports when taken down after GX."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
