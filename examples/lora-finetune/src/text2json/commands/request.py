"""`text2json request`."""

import json
import os
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import click

from text2json.api import examples

TIMEOUT_SECONDS = 60


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(examples.names()))
@click.option(
    "--url",
    default=lambda: f"http://127.0.0.1:{os.environ.get('APP_PORT', '8000')}",
    help="Address of the service; http://127.0.0.1:$APP_PORT by default.",
)
@click.option("--key", help="API key; the first one of APP_API_KEYS by default.")
@click.option(
    "--body",
    type=click.File("rb"),
    help='File to send instead of the body of the example, "-" for standard input.',
)
def command(names: tuple[str, ...], url: str, key: str | None, body: BinaryIO | None) -> None:
    """Send the example requests NAMES (all by default) to the running service, and show its answers."""
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter("must start with http:// or https://", param_hint="--url")
    if body is not None and len(names) != 1:
        raise click.UsageError("--body needs the name of one example")
    if key is None:
        key = os.environ.get("APP_API_KEYS", "").split(",")[0].strip()
    sent = 0
    for name in names or examples.names():
        try:
            example = examples.load(name)
        except examples.NoExampleError as error:
            if names:
                raise click.ClickException(f"{name}: {error}") from error
            click.echo(f"{name}: nothing to send yet: {error}", err=True)
            continue
        sent += 1
        if body is not None:
            example = example._replace(body=body.read())
        click.echo(f"{example.method} {example.path} {_shown(example.body)}".rstrip(), err=True)
        click.echo(_shown(ask(url, key, example)))
    if not sent:
        raise click.ClickException("no example can be sent yet")


def ask(url: str, key: str, example: examples.Example) -> bytes:
    """What the service answers.

    Raises:
        click.ClickException: it cannot be reached, or answers with an error.
    """
    headers = {"Content-Type": example.media_type} if example.body else {}
    if key:
        headers["X-API-Key"] = key
    request = Request(  # noqa: S310 - the scheme was checked
        url.rstrip("/") + example.path,
        example.body or None,
        headers,
        method=example.method,
    )
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            found: bytes = response.read()
    except HTTPError as error:
        raise click.ClickException(error.read().decode(errors="replace")) from error
    except (URLError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise click.ClickException(
            f"{url}: {reason}; is the service running (make run)?"
        ) from error
    return found


def _shown(body: bytes) -> str:
    """JSON with indentation; anything else as it is, if it is text."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode(errors="replace")
