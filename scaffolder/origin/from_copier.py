"""Make a project with Copier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import InputError
from scaffolder.origin.source import Source

if TYPE_CHECKING:
    from scaffolder.origin import Request


def make(source: Source, request: Request, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Run the template into `folder`; `.copier-answers.yml`, where the template has one, names `source`.

    Raises:
        InputError: it would run code and is not trusted, or an answer cannot be used.
    """
    from copier._main import Worker
    from copier.errors import CopierError, UnsafeTemplateError, UserMessageError
    from jinja2 import TemplateError

    worker = Worker(
        src_path=source.name,
        dst_path=folder,
        data=dict(request.data),
        vcs_ref=request.ref or None,
        defaults=not request.interactive,
        quiet=True,
        unsafe=request.trust,
    )
    try:
        with worker:
            questions = list(worker.template.questions_data)
            _refuse_unknown(request, questions)
            worker.run_copy()
            answers = {key: value for key, value in worker.answers.combined.items() if key in questions}
    except UnsafeTemplateError as error:
        raise InputError(
            f"{request.template} runs code of its own, so nothing was made",
            why=str(error).partition(":")[2].strip() or str(error),
            next_step="read that code; if you trust it: --trust",
        ) from error
    except (UserMessageError, ValueError) as error:
        message = str(error).removeprefix("Validation error for question ")
        raise InputError(message, next_step="give another answer with --data KEY=VALUE") from error
    except (CopierError, TemplateError) as error:
        raise InputError(f"Copier cannot make a project from {request.template}", why=str(error)) from error
    return folder, answers


def _refuse_unknown(request: Request, questions: list[str]) -> None:
    if unknown := [key for key in request.data if key not in questions]:
        raise InputError(
            f"the template has no question called {unknown[0]!r}", next_step=f"questions: {', '.join(questions)}"
        )
