"""`my-project load`: measure a service under load."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from my_project.load.service import Service


class _Levels(click.ParamType[tuple[int, ...]]):
    name = "N,N,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of whole numbers such as 1,4,16", param, ctx)


@click.command()
@click.option(
    "--concurrency",
    type=_Levels(),
    default="1,4,16,64",
    show_default=True,
    help="Users of each closed loop; with --rate the largest is the most connections.",
)
@click.option("--rate", type=float, help="Requests per second of an open loop, instead.")
@click.option("--duration", default=5.0, show_default=True, help="Seconds per measurement.")
@click.option("--warm-up", default=1.0, show_default=True, help="Seconds before that, not counted.")
@click.option("--repetitions", default=1, show_default=True, help="Six or more give intervals.")
@click.option("--timeout", default=5.0, show_default=True, help="Seconds until a request failed.")
@click.option("--max-requests", default=1_000_000, show_default=True, help="Per measurement.")
@click.option("--url", help="Service to load; without it this project is started on a free port.")
@click.option("--pid", type=int, help="Process of the service at --url, to measure its CPU time.")
@click.option("--header", "headers", multiple=True, help="'Name: value' for --url; repeatable.")
@click.option("--allow-remote", is_flag=True, help="Allow a --url that is not this machine.")
@click.option(
    "--requests",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with one JSON body per line, instead of this project's own data.",
)
@click.option("--path", default="", help="Route of --requests, if --url does not say it.")
@click.option("--slo-ms", type=float, help="Exit with 1 when a p99 is above this.")
@click.option(
    "--max-failures",
    default=0.001,
    show_default=True,
    help="Exit with 1 when a larger share of the requests fails.",
)
@click.option("--record", is_flag=True, help="Write the result to evidence/.")
def command(
    *,
    concurrency: tuple[int, ...],
    rate: float | None,
    duration: float,
    warm_up: float,
    repetitions: int,
    timeout: float,
    max_requests: int,
    url: str | None,
    pid: int | None,
    headers: tuple[str, ...],
    allow_remote: bool,
    file: Path | None,
    path: str,
    slo_ms: float | None,
    max_failures: float,
    record: bool,
) -> None:
    """Measure latency and throughput, and check them against an objective.

    Without --rate, closed loops of --concurrency users find the highest throughput. With --rate,
    requests are sent at that rate whatever happens and latency counts from when each was due:
    those are the percentiles to hold an objective against.
    """
    from my_project.load import levels, records
    from my_project.load.generate import Plan
    from my_project.load.service import StartError
    from my_project.load.target import RemoteTargetError
    from my_project.load.traffic import (
        TrafficError,
        from_file,
        from_project,
    )

    if file and not path and not url:
        raise click.UsageError("--requests needs --path")
    try:
        plans = [
            Plan(users, duration, rate, warm_up, timeout, max_requests)
            for users in (concurrency if rate is None else [max(concurrency)])
        ]
        traffic = from_file(file, path) if file else from_project()
        with _service(url, pid, headers, traffic.environment) as service:
            measured = levels.repeat(
                service.target(traffic.path, traffic.method, allow_remote=allow_remote),
                traffic.bodies,
                plans,
                repetitions,
                server_cpu=service.cpu_seconds,
                progress=lambda text: click.echo(text, err=True),
            )
    except RemoteTargetError as error:
        raise click.UsageError(str(error)) from error
    except (TrafficError, StartError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(levels.table(measured))
    if max(level.generator_share for level in measured) > levels.BUSY:
        click.echo("The generator used a whole core: it may be the limit, not the service.")
    if record:
        try:
            click.echo(f"Wrote {records.write(measured)}")
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    missed = [text for level in measured for text in levels.missed(level, slo_ms, max_failures)]
    if missed:
        raise click.ClickException("\n  ".join(["the objective was missed", *missed]))


@contextlib.contextmanager
def _service(
    url: str | None,
    pid: int | None,
    headers: tuple[str, ...],
    environment: Mapping[str, str],
) -> Iterator[Service]:
    """The service at `url`, or this project's own one, running until the block ends."""
    from my_project.load import service

    if url is None:
        with service.this_project(environment) as own:
            yield own
        return
    pairs = [header.partition(":") for header in headers]
    if malformed := [name for name, colon, _ in pairs if not colon]:
        raise ValueError(f"--header {malformed[0]!r} is not of the form 'Name: value'")
    yield service.Service(url, pid, {name.strip(): value.strip() for name, _, value in pairs})
