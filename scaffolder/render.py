"""Render a composed template with Copier; the only module that imports Copier, which costs most of a short run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder import sentinels
from scaffolder.compose import Template
from scaffolder.errors import CatalogError, EnvironmentLacksError, InputError
from scaffolder.tree import Entry

if TYPE_CHECKING:
    from copier._main import Worker

#: The only settings a component's `copier.yml` may have: no tasks, no migrations, no code of its own.
ALLOWED_SETTINGS = frozenset(
    {"_min_copier_version", "_subdirectory", "_templates_suffix", "_jinja_extensions", "_envops"}
)


@dataclass(frozen=True)
class Rendered:
    """Rendered files by path, and all answers, computed ones included."""

    files: Mapping[str, Entry]
    answers: Mapping[str, Any]


def render(
    template: Template, data: Mapping[str, Any], *, defaults: Mapping[str, Any] | None = None, interactive: bool = False
) -> Rendered:
    """Ask (when `interactive`) or take the defaults for what `data` leaves open, and render every file.

    Args:
        data: answers already given; they are validated and not asked again.
        defaults: better defaults than the questions' own.

    Raises:
        InputError: an answer that its validator refuses.
        CatalogError: the template itself is wrong.
    """
    if extra := set(template.settings) - ALLOWED_SETTINGS:
        raise CatalogError(
            f"components may not set {', '.join(sorted(extra))} in copier.yml", why="nothing runs while rendering"
        )
    _refuse_hidden(template)
    # Few files have more than sentinels in them. Only those go through Jinja, flat and without their sentinels: every
    # folder and every expression would cost about a millisecond.
    templated = [path for path, entry in template.files.items() if sentinels.SYNTAX.encode() in entry.data]
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        source, target = Path(scratch, "template"), Path(scratch, "project")
        _write(source, template.copier_yml, [template.files[path] for path in templated])
        worker = _run_copier(source, target, dict(data), dict(defaults or {}), interactive)
        answers = {key: value for key, value in worker.answers.combined.items() if key in template.questions}
        rendered = {path: (target / str(number)).read_text(encoding="utf-8") for number, path in enumerate(templated)}
    files: dict[str, Entry] = {}
    for path, entry in template.files.items():
        if path in rendered:
            entry = Entry(sentinels.reveal(rendered[path], answers).encode(), entry.mode)
        elif text := entry.text:
            entry = Entry(sentinels.replace(text, answers).encode(), entry.mode)
        files[sentinels.replace(path, answers)] = entry
    return Rendered(dict(sorted(files.items())), answers)


def _refuse_hidden(template: Template) -> None:
    """What Copier reads in `copier.yml` must be what was seen in it: a quoted key or an alias could hide a task."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for key, block in {**template.settings, **template.questions}.items():
        try:
            plain = set(yaml.load(block, loader)) == {key}  # noqa: S506 (one of the safe loaders)
        except (yaml.YAMLError, TypeError) as error:
            raise CatalogError(f'the question "{key}" is not valid YAML', why=" ".join(str(error).split())) from error
        if not plain:
            raise CatalogError(
                f'what follows the question "{key}" in its copier.yml is not plain',
                why="every key begins its line, without quotes",
            )


def _write(folder: Path, copier_yml: str, files: Iterable[Entry]) -> None:
    (folder / "project").mkdir(parents=True)
    # Copier marks questions with pictures, which not every terminal and reader shows.
    plain = copier_yml.replace("\n  type: ", '\n  qmark: "?"\n  type: ')
    (folder / "copier.yml").write_text(plain, encoding="utf-8")
    for number, entry in enumerate(files):
        (folder / "project" / str(number)).write_text(sentinels.hide(entry.data.decode()), encoding="utf-8")


def _run_copier(
    source: Path, target: Path, data: dict[str, Any], defaults: dict[str, Any], interactive: bool
) -> Worker:
    from copier._main import Worker
    from copier._settings import SettingsModel
    from copier.errors import CopierError, UserMessageError
    from jinja2 import TemplateError

    class Quick(Worker):
        """Without the child process per file that keeps the executable bit in a git index: the target is not in git."""

        def _sync_git_index_executable_bit(self, dst_relpath: Path, src_mode: int) -> None:
            del dst_relpath, src_mode

    try:
        worker = Quick(
            src_path=str(source),
            dst_path=target,
            data=data,
            user_defaults=defaults,
            settings=SettingsModel(),  # a machine's own defaults must not change what a version generates
            defaults=not interactive,
            quiet=True,
            unsafe=True,  # the only "unsafe" feature allowed is our own Jinja extension, see ALLOWED_SETTINGS
        )
        vars(worker.template)["vcs"] = None  # a folder that we just made: three child processes would find that out
        with worker:
            worker.run_copy()
    except KeyboardInterrupt:
        raise
    except OSError as error:
        raise EnvironmentLacksError("the project could not be rendered", why=str(error)) from error
    except (UserMessageError, ValueError) as error:
        raise InputError(
            _readable(str(error)), next_step="give another answer, as KEY=VALUE (after --data, or with set)"
        ) from error
    except (CopierError, TemplateError) as error:
        raise CatalogError("a template of the catalogue is wrong", why=str(error)) from error
    return worker


def _readable(message: str) -> str:
    return message.removeprefix("Validation error for question ")
