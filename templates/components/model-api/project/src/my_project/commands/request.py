"""`my-project request`."""

import json
import os
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import click

TIMEOUT_SECONDS = 10


@click.command()
@click.option(
    "--url",
    default=lambda: f"http://127.0.0.1:{os.environ.get('APP_PORT', '8000')}",
    help="Address of the service; http://127.0.0.1:$APP_PORT by default.",
)
@click.option("--key", help="API key; the first one of APP_API_KEYS by default.")
@click.option(
    "--features",
    type=click.File(),
    help='JSON file with the row to score, "-" for standard input; an example by default.',
)
def command(url: str, key: str | None, features: IO[str] | None) -> None:
    """Ask the running service for one prediction and print its answer."""
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter("must start with http:// or https://", param_hint="--url")
    if key is None:
        key = os.environ.get("APP_API_KEYS", "").split(",")[0].strip()
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    row = json.load(features) if features else ask(f"{url}/v1/model", headers)["example"]
    body = json.dumps({"features": row}).encode()
    answer = ask(f"{url}/v1/predict", headers, body)
    click.echo(json.dumps({"features": row, "answer": answer}, indent=2, ensure_ascii=False))


def ask(url: str, headers: dict[str, str], body: bytes | None = None) -> dict[str, object]:
    """The JSON document that the service answers with."""
    request = Request(url, body, headers)  # noqa: S310 - the scheme was checked
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            found: dict[str, object] = json.load(response)
    except HTTPError as error:
        raise click.ClickException(error.read().decode()) from error
    except (URLError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise click.ClickException(
            f"{url}: {reason}; is the service running (make run)?"
        ) from error
    return found
