"""`docs-qa documents`: what answers are made from."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from docs_qa.documents import Library, Report, Settings, Sink


@click.group()
def command() -> None:
    """Keep the library of documents up to date."""


@command.command()
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--strict", is_flag=True, help="Exit with status 1 if a document was skipped.")
@click.option("--retry", is_flag=True, help="Try unchanged documents again that failed before.")
@click.option("--rebuild", is_flag=True, help="Index unchanged documents again, too.")
@click.option("--allow-empty", is_flag=True, help="Remove all documents if FOLDER is empty.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0,
    show_default=True,
    help="Seconds to wait for another sync to end.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def sync(
    folder: Path | None,
    *,
    strict: bool,
    retry: bool,
    rebuild: bool,
    allow_empty: bool,
    wait: float,
    as_json: bool,
) -> None:
    """Make the library equal to FOLDER (by default, that of the configuration).

    Documents that cannot be read are reported and skipped; see --strict.
    """
    from docs_qa.documents.terminal import Meter

    with _library() as (library, sink):
        meter = Meter()
        try:
            report = library.sync(
                folder or library.settings.folder,
                sink,
                progress=meter,
                rebuild=rebuild,
                retry=retry,
                allow_empty=allow_empty,
                wait=wait,
            )
        finally:
            meter.end()
    _tell(report, as_json=as_json)
    sys.exit(1 if strict and report.skipped else 0)


@command.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|URL...")
def add(sources: tuple[str, ...]) -> None:
    """Add files from elsewhere, or pages from the web; the same name replaces."""
    from docs_qa.documents import Failure

    failed = False
    with _library() as (library, sink):
        for source in sources:
            try:
                if "://" in source:
                    report = library.put_url(source, sink)
                else:
                    report = library.put(Path(source).name, _read(Path(source)), sink)
            except Failure as failure:
                failed = True
                click.echo(f"{source}: {failure.problem} [{failure.reason}]", err=True)
            else:
                _tell(report)
    sys.exit(1 if failed else 0)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def list_documents(*, as_json: bool) -> None:
    """Show every document, and what is wrong with those that failed."""
    from docs_qa.documents.terminal import size

    with _library(sink=False) as (library, _):
        for entry in library.documents():
            if as_json:
                click.echo(json.dumps(asdict(entry), ensure_ascii=False))
                continue
            pages = f"{entry.pages} pages" if entry.pages else ""
            click.echo(
                f"{entry.status:8} {entry.kind:9} {entry.chunks:6} chunks {pages:>11} "
                f"{size(entry.bytes):>9}  {entry.id}"
            )
            if entry.problem:
                click.echo(f"         {entry.problem} [{entry.reason}]")


@command.command()
@click.argument("document")
def show(document: str) -> None:
    """Print everything known of DOCUMENT as JSON."""
    with _library(sink=False) as (library, _):
        entry = library.document(document)
    if entry is None:
        raise click.ClickException(f"there is no document {document!r}")
    click.echo(json.dumps(asdict(entry), ensure_ascii=False, indent=2))


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def chunks(file: Path) -> None:
    """Print the chunks that FILE would become, as JSON lines; nothing is kept."""
    from docs_qa.documents import Failure, parse, split

    settings = _settings()
    try:
        document = parse(file, settings=settings)
    except Failure as failure:
        raise click.ClickException(f"{failure.problem} [{failure.reason}]") from failure
    for chunk in split(document, settings.chunks):
        click.echo(json.dumps(asdict(chunk), ensure_ascii=False))


@command.command()
@click.argument("documents", nargs=-1, required=True)
def remove(documents: tuple[str, ...]) -> None:
    """Remove DOCUMENTS; a file that is still in the folder comes back with the next sync."""
    with _library() as (library, sink):
        for document in documents:
            try:
                library.remove(document, sink)
            except KeyError as error:
                raise click.ClickException(f"there is no document {document!r}") from error
            click.echo(f"removed {document}")


@command.command()
@click.option("--runs", type=click.IntRange(min=1), default=3, show_default=True)
def measure(runs: int) -> None:
    """Measure how fast the folder is parsed and cut; write the evidence record."""
    from docs_qa.documents import measure as measuring

    settings = _settings()
    path = measuring.write(settings, runs)
    if path is None:
        click.echo(f"{settings.folder} holds no documents: there is nothing to measure.")
        return
    click.echo(f"wrote {path}")


def _settings() -> Settings:
    from pydantic import ValidationError

    from docs_qa.documents import Settings

    try:
        return Settings()
    except (ValidationError, ValueError) as error:
        raise click.UsageError(f"config/documents.toml or APP_DOCUMENTS_*: {error}") from error


@contextmanager
def _library(*, sink: bool = True) -> Iterator[tuple[Library, Sink]]:
    """Open the library and its sink; turn what is wrong with them into a message."""
    from contextlib import nullcontext

    from docs_qa.documents.files_sink import FilesSink
    from docs_qa.documents.library import Library, LibraryError
    from docs_qa.documents.model import SinkError
    from docs_qa.documents.sinks import open_sink

    settings = _settings()
    try:
        unused = nullcontext(FilesSink(settings.data_dir / "chunks"))
        with (
            Library(settings=settings) as library,
            open_sink(settings) if sink else unused as opened,
        ):
            yield library, opened
    except (LibraryError, SinkError) as error:
        raise click.ClickException(str(error)) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error


def _tell(report: Report, *, as_json: bool = False) -> None:
    from docs_qa.documents.terminal import summary

    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
        return
    for one in summary(report):
        click.echo(one)
