"""Make a project with Cookiecutter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import InputError
from scaffolder.origin.source import Source

if TYPE_CHECKING:
    from scaffolder.origin import Request

#: Where cruft keeps what it needs for an update.
CRUFT = ".cruft.json"


def make(source: Source, request: Request, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Run the template beside `folder`, under the name that it chooses; `.cruft.json` is added where it is under git.

    Raises:
        InputError: it would run code and is not trusted, or an answer cannot be used.
    """
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.main import cookiecutter
    from jinja2 import TemplateError

    scratch = folder.parent / "cookiecutter"
    template = _unzipped(source, scratch)
    given = _checked(template, request)
    config = _config(scratch)
    output = folder.parent / "output"
    output.mkdir(parents=True)
    try:
        with _sandboxed(request.trust):
            made = cookiecutter(
                str(template),
                no_input=not request.interactive,
                extra_context=given,
                output_dir=str(output),
                config_file=str(config),
                accept_hooks=request.trust,
            )
    except (CookiecutterException, TemplateError, ValueError) as error:
        raise InputError(f"Cookiecutter cannot make a project from {request.template}", why=str(error)) from error
    replayed = next((scratch / "replay").glob("*.json"))
    context: dict[str, Any] = json.loads(replayed.read_text(encoding="utf-8"))["cookiecutter"]
    answers = {key: value for key, value in context.items() if not key.startswith("_")}
    if source.commit:
        kept = {key: value for key, value in context.items() if key not in {"_output_dir", "_repo_dir", "_checkout"}}
        record = {
            "template": source.name,
            "commit": source.commit,
            "checkout": request.ref or None,
            "context": {"cookiecutter": {**kept, "_template": source.name}},
            "directory": None,
        }
        (Path(made) / CRUFT).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Path(made), answers


def _unzipped(source: Source, scratch: Path) -> Path:
    from cookiecutter.exceptions import CookiecutterException
    from cookiecutter.zipfile import unzip

    scratch.mkdir(parents=True)
    if not source.name.endswith(".zip"):
        return source.folder
    address = "://" in source.name
    if not address and not source.folder.is_file():
        raise InputError(f"there is no file {source.name}", next_step="check the path")
    try:
        return Path(unzip(source.name, is_url=address, clone_to_dir=scratch / "zips", no_input=True))
    except (CookiecutterException, OSError) as error:
        raise InputError(f"{source.name} cannot be unpacked", why=str(error)) from error


def _checked(template: Path, request: Request) -> dict[str, Any]:
    """The answers that were given, once it is clear that the template runs no code that is not trusted."""
    try:
        questions = json.loads((template / "cookiecutter.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{request.template} is no Cookiecutter template", why=str(error)) from error
    hooks = sorted(path.name for path in template.glob("hooks/*") if path.stem in {"pre_prompt", *_HOOKS})
    code = [*(f"hook {name}" for name in hooks), *(f"extension {name}" for name in questions.get("_extensions", []))]
    if code and not request.trust:
        raise InputError(
            f"{request.template} runs code of its own, so nothing was made",
            why=", ".join(code),
            next_step="read that code; if you trust it: --trust",
        )
    asked = [key for key in questions if not key.startswith("_")]
    if unknown := [key for key in request.data if key not in questions]:
        raise InputError(
            f"the template has no question called {unknown[0]!r}", next_step=f"questions: {', '.join(asked)}"
        )
    return dict(request.data)


_HOOKS = ("pre_gen_project", "post_gen_project")


def _config(scratch: Path) -> Path:
    """The user's own defaults, with the places that Cookiecutter writes to in `scratch`."""
    import yaml
    from cookiecutter.config import get_user_config

    user = get_user_config()
    places = {"cookiecutters_dir": str(scratch / "cloned"), "replay_dir": str(scratch / "replay")}
    config = {**places, "default_context": dict(user["default_context"]), "abbreviations": dict(user["abbreviations"])}
    path = scratch / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


class _sandboxed:  # noqa: N801 - used like a function
    """Expressions of a template that is not trusted cannot reach Python's insides, as Copier has it."""

    def __init__(self, trust: bool) -> None:
        self.trust = trust

    def __enter__(self) -> None:
        from cookiecutter import utils
        from jinja2.sandbox import SandboxedEnvironment

        self.before = utils.StrictEnvironment
        if not self.trust:
            kind = type("Sandboxed", (self.before, SandboxedEnvironment), {})
            utils.StrictEnvironment = kind

    def __exit__(self, *exception: object) -> None:
        from cookiecutter import utils

        utils.StrictEnvironment = self.before
