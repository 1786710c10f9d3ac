"""Carry out the steps of a walkthrough, and check that what the text says is so."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from scaffolder.errors import ConflictError, ScaffolderError
from scaffolder.walkthrough import edit
from scaffolder.walkthrough.match import differs
from scaffolder.walkthrough.model import Block, Step

_READY_SECONDS = 300
_STOP_SECONDS = 30
_CD = re.compile(r"(?:^|&& *)cd ([\w./-]+) *(?=$|&&)", re.M)


class StepFailedError(ScaffolderError):
    """A command did not do what the text says."""

    exit_code = 1


class Runner:
    """Runs blocks in a folder, which commands may change (`cd`), and stops services at the end of each step.

    Attributes:
        folder: where the next command runs.
    """

    def __init__(self, folder: Path, echo: Callable[[str], None]) -> None:
        self.folder = folder.resolve()
        self._echo = echo
        self._services: list[tuple[subprocess.Popen[bytes], Path]] = []
        self._scratch = tempfile.TemporaryDirectory(prefix="walkthrough-")
        scratch = Path(self._scratch.name)
        # `scaffolder` in the text is this one, installed or not.
        shim = scratch / "bin/scaffolder"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m scaffolder "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
        path = f"{shim.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        # Of an environment or a make around this process, which would tell which folder it enters.
        outer = {"VIRTUAL_ENV", "PYTHONHOME", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
        self._environment = {key: value for key, value in os.environ.items() if key not in outer} | {"PATH": path}

    def __enter__(self) -> Self:
        """Begin; leaving the block ends what still runs."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End services, and remove what the runner wrote for itself."""
        self.stop()
        self._scratch.cleanup()

    def lacking(self, step: Step) -> list[str]:
        """Programs that the step needs and that are not here."""
        return [name for name in step.needs if not shutil.which(name, path=self._environment["PATH"])]

    def carry_out(self, step: Step) -> None:
        """Do all that a step says, and check it.

        Raises:
            StepFailedError: something came out otherwise than the text says.
        """
        try:
            for block in step.blocks:
                self._carry_out(block)
                self._check(block)
        finally:
            self.stop()

    def check(self, step: Step) -> None:
        """Check a step that the reader carried out, and go where its commands lead; services need not run any more.

        Raises:
            StepFailedError: the outcome is not there.
        """
        for block in step.blocks:
            for name in _CD.findall(block.text) if block.kind == "run" else ():
                if not (self.folder / name).is_dir():
                    raise StepFailedError(f"there is no folder {name} in {self.folder}")
                self.folder = (self.folder / name).resolve()
            if block.kind == "file" and not (self.folder / block.path).is_file():
                raise StepFailedError(f"there is no file {block.path} in {self.folder}")
            if block.kind == "edit" and (missing := edit.is_applied(self.folder, block.text)):
                raise StepFailedError("the change is not there yet", why=missing)
            if not any(other.kind == "service" for other in step.blocks):
                self._check(block)

    def stop(self) -> None:
        """End the services that are running."""
        while self._services:
            service, _ = self._services.pop()
            _end(service)

    def _carry_out(self, block: Block) -> None:
        if block.kind == "file":
            target = self.folder / block.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
            self._echo(f"wrote {block.path}\n")
        elif block.kind == "edit":
            try:
                edit.apply_diff(self.folder, block.text)
            except ConflictError as error:
                raise StepFailedError(error.what, why=error.why) from error
            self._echo(block.text)
        elif block.kind == "service":
            self._serve(block)
        else:
            self._run(block)

    def _check(self, block: Block) -> None:
        for command in block.checks:
            code, said = self._shell(command)
            if code:
                raise StepFailedError(f"this should be so now, and is not: {command}", why=said.strip()[-2000:])

    def _run(self, block: Block) -> None:
        self._echo("".join(f"$ {line}\n" for line in block.text.splitlines()))
        code, said = self._shell(block.text, self._echo)
        if code != block.exit_code:
            raise StepFailedError(
                f"the command ended with exit code {code}, not {block.exit_code}: {_first(block)}",
                why=f"\n{said.strip()[-3000:]}",
            )
        if block.expected and (difference := differs(block.expected, said)):
            raise StepFailedError(f"it printed something else than the text says: {_first(block)}", why=difference)

    def _serve(self, block: Block) -> None:
        log = Path(self._scratch.name) / f"service-{len(self._services)}.log"
        self._echo("".join(f"$ {line}    # goes on in the background\n" for line in block.text.splitlines()))
        with log.open("wb") as out:
            service = subprocess.Popen(
                ["bash", "-c", block.text],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._services.append((service, log))
        deadline = time.monotonic() + _READY_SECONDS
        while self._shell(block.ready)[0]:
            if service.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(encoding="utf-8", errors="replace").strip()[-3000:]
                raise StepFailedError(f"the service did not get ready: {_first(block)}", why=f"\n{said}")
            time.sleep(0.2)

    def _shell(self, commands: str, echo: Callable[[str], None] | None = None) -> tuple[int, str]:
        """Run commands, and stay in the folder that they end in."""
        place = Path(self._scratch.name) / "folder"
        script = f"trap 'pwd > \"{place}\"' EXIT\n{commands}"
        process = subprocess.Popen(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        said: list[str] = []
        try:
            assert process.stdout is not None
            for raw in process.stdout:
                said.append(raw.decode(errors="replace"))
                if echo:
                    echo(said[-1])
            code = process.wait()
        finally:
            _end(process)
        if place.exists():
            self.folder = Path(place.read_text(encoding="utf-8").rstrip("\n"))
            place.unlink()
        return code, "".join(said)


def _first(block: Block) -> str:
    return block.text.strip().splitlines()[0]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and its children to end; insist after half a minute."""
    if process.poll() is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        process.wait()
