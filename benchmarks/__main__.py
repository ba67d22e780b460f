"""``python -m benchmarks NAME``: see benchmarks/README.md.  Exit code 1 when a target was missed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import models as cards
from benchmarks import year as years
from benchmarks.bench import bench
from benchmarks.bulk import FULL, Size
from benchmarks.city_in_bulk import fit as fit_card
from benchmarks.city_in_bulk import intake as take_in
from benchmarks.city_in_bulk import night as run_night
from benchmarks.desk import desk as serve_desk
from benchmarks.dynamic import dynamic as count_changes
from benchmarks.history import record
from benchmarks.planning import planning as plan_month
from benchmarks.report import WIDTH, Report, save, show
from benchmarks.watch import watch as follow_arrivals
from benchmarks.year_figures import as_markdown, figures
from pipelines.settings import load_settings
from warehouse.home import Home

app = typer.Typer(
    help="Speed, memory and worth of what riskcode does, as ratios measured in one go.",
    no_args_is_help=True,
    add_completion=False,
)
RESULTS = Path(__file__).parent / "results"
Enterprises = Annotated[int, typer.Option(help="Enterprises of the invented city.")]
Events = Annotated[int, typer.Option(help="Events of the invented city.")]
Seed = Annotated[int, typer.Option(help="The same seed invents the same city.")]
Keep = Annotated[Path | None, typer.Option(help="Work in this folder and leave everything there.")]
Json = Annotated[bool, typer.Option("--json", help="Save the numbers in benchmarks/results.")]


def _finish(report: Report, name: str, *, json: bool) -> None:
    show(report, Console(width=WIDTH))
    if json:
        save(report, RESULTS / f"{name}.json")
    raise typer.Exit(0 if all(report.targets.values()) else 1)


@app.command()
def night(
    enterprises: Enterprises = Size.enterprises,
    events: Events = Size.events,
    seed: Seed = Size.seed,
    full: Annotated[
        bool, typer.Option("--full", help="A million enterprises, fifty million events.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Without Great Expectations and Dagster.")] = False,
    note: Annotated[bool, typer.Option("--record", help="Add a line to benchmarks/history.jsonl.")] = False,
    json: Json = False,
    keep: Keep = None,
) -> None:
    """A nightly run on the city in bulk, stage by stage."""
    if keep and keep.exists() and any(keep.iterdir()):
        raise typer.BadParameter(f"{keep} is not empty; give a new folder.", param_hint="--keep")
    with bench(keep) as own:
        size = replace(FULL, seed=seed) if full else Size(enterprises, events, seed)
        report = run_night(own, size, quick=quick)
    if note:
        record(report)
    _finish(report, "night", json=json)


@app.command()
def intake(
    enterprises: Enterprises = Size.enterprises,
    events: Events = Size.events,
    seed: Seed = Size.seed,
    json: Json = False,
    keep: Keep = None,
) -> None:
    """A first delivery taken in, against an unchecked load of the same files; and files of one row."""
    with bench(keep) as own:
        report = take_in(own, Size(enterprises, events, seed))
    _finish(report, "intake", json=json)


@app.command()
def fit(
    enterprises: Enterprises = Size.enterprises,
    events: Events = Size.events,
    seed: Seed = Size.seed,
    label: Annotated[str, typer.Option(help="What the card learns.")] = "penalty",
    json: Json = False,
    keep: Keep = None,
) -> None:
    """A panel of twelve cohorts and a card on the city in bulk; a city that is in --keep is used again."""
    with bench(keep) as own:
        report = fit_card(own, Size(enterprises, events, seed), label)
    _finish(report, "fit", json=json)


@app.command()
def watch(
    enterprises: Enterprises = Size.enterprises,
    events: Events = Size.events,
    arrivals: Annotated[int, typer.Option(help="Files that arrive one after another.")] = 50,
    json: Json = False,
) -> None:
    """Seconds from a file's arrival to its published code, on the city in bulk."""
    with bench() as own:
        report = follow_arrivals(own, Size(enterprises, events), arrivals)
    _finish(report, "watch", json=json)


@app.command()
def desk(
    enterprises: Enterprises = Size.enterprises,
    events: Events = Size.events,
    seconds: Annotated[int, typer.Option(help="How long people read with nothing beside them.")] = 60,
    json: Json = False,
    keep: Keep = None,
) -> None:
    """What a page of the desk costs, and how long 64 people wait for one, also while a run publishes."""
    with bench(keep) as own:
        report = serve_desk(own, Size(enterprises, events), seconds)
    _finish(report, "desk", json=json)


@app.command()
def dynamic(
    count: Annotated[int, typer.Option("--years", help="Years in which flip-flops are counted.")] = 3,
    json: Json = False,
) -> None:
    """Changes and flip-flops of the real data sets, with the change rules and without."""
    with bench() as own:
        report = count_changes(own, load_settings().real_data, count)
    _finish(report, "dynamic", json=json)


@app.command()
def planning(
    enterprises: Annotated[int, typer.Option(help="Enterprises of the province.")] = 1_000_000,
    load: Annotated[float, typer.Option(help="How much is due; at 1 more than the crews can do.")] = 1.0,
    json: Json = False,
) -> None:
    """A month planned for an invented province."""
    with bench() as own:
        report = plan_month(own, enterprises, load)
    _finish(report, "planning", json=json)


@app.command()
def year(
    enterprises: Enterprises = years.Options.enterprises,
    seed: Seed = years.Options.seed,
    nights: Annotated[int | None, typer.Option(help="Only so many nights.")] = None,
    output: Annotated[Path | None, typer.Option(help="Figures as .json or Markdown.")] = None,
    keep: Keep = None,
) -> None:
    """A year of nightly plans on the demo city; --keep leaves what was seen every night as Parquet."""
    with bench(keep) as own:
        log, city = years.simulate(years.Options(enterprises, seed, nights), own.tell)
        if keep:
            log.write(own.folder)
    found = figures(log, city)
    text = as_markdown(found)
    print(text)
    if output:
        is_json = output.suffix == ".json"
        content = json.dumps(found, ensure_ascii=False, indent=1, default=str) if is_json else text
        output.write_text(content + "\n", encoding="utf-8")


@app.command()
def models(
    name: Annotated[str | None, typer.Option("--set", help="Only this real data set.")] = None,
    label: Annotated[str | None, typer.Option(help="Only this label.")] = None,
    hold_back: Annotated[int, typer.Option(help="Leave the last so many labelled days unseen.")] = 0,
    write: Annotated[bool, typer.Option("--write", help="Put tables into modelling-results.md.")] = False,
    keep: Keep = None,
) -> None:
    """Fitted cards next to simple rules and black boxes on real records."""
    pairs = [pair for pair in cards.PAIRS if name in (None, pair.set) and label in (None, pair.label)]
    if not pairs:
        known = ", ".join(f"{pair.set} × {pair.label}" for pair in cards.PAIRS)
        raise typer.BadParameter(f"There is no such pair. There are: {known}.")
    if write and hold_back:
        raise typer.BadParameter("--write is for the final days; leave out --hold-back.")
    data, is_met = load_settings().real_data, True
    with bench(keep) as own:
        for pair in pairs:
            if not (data / pair.set).is_dir():
                own.tell(f"{pair.set} × {pair.label} skipped, there is no {data / pair.set}")
                continue
            home = Home(own.folder / pair.set)
            found = cards.compare(pair, home, data / pair.set, hold_back=hold_back, tell=own.tell)
            print(f"## {pair.set} × {pair.label}\n\n{cards.markdown(found)}\n")
            is_met &= all(line[0] is not False for line in cards.checked(found))
            if write:
                cards.write(found)
    raise typer.Exit(0 if is_met else 1)


if __name__ == "__main__":
    app(prog_name="python -m benchmarks")
