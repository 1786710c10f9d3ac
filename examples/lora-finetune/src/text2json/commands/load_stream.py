"""`text2json load-stream`."""

from __future__ import annotations

import click


@click.command()
@click.option("--users", default="1,4,16", show_default=True, help="Streams at once, by commas.")
@click.option("--requests", default=32, show_default=True, type=click.IntRange(1))
@click.option("--repetitions", default=6, show_default=True, type=click.IntRange(1))
@click.option("--record", is_flag=True, help="Write the result to evidence/.")
def command(users: str, requests: int, repetitions: int, record: bool) -> None:
    """Measure streamed completions: time to the first piece, between pieces, tokens per second."""
    from text2json import evidence
    from text2json.load import service, streams, traffic
    from text2json.load.sources import llm

    values = []
    levels = [int(part) for part in users.split(",")]
    try:
        bodies = llm.bodies(requests, seed=0)
        with service.this_project(llm.ENVIRONMENT) as running:
            for level in levels:
                ask = (running.url, running.headers, bodies, level)
                streams.run(*ask, level)  # warm-up
                rounds = [streams.run(*ask, requests) for _ in range(repetitions)]
                for name, found in streams.intervals(rounds).items():
                    unit = "tokens/s" if name == "Tokens" else "ms"
                    label = f"{name}, {level} at once"
                    click.echo(f"{label}: {found.median:.1f} {unit}")
                    values.append(evidence.Value(label, found.median, unit, found.low, found.high))
    except (streams.StreamError, service.StartError, traffic.TrafficError) as error:
        raise click.ClickException(str(error)) from error
    if record:
        options = f"--users {users} --requests {requests} --repetitions {repetitions}"
        path = evidence.write(
            "streaming",
            "Streamed completions on this machine",
            values,
            command=f"text2json load-stream {options} --record",
        )
        click.echo(f"Wrote {path}")
