"""What a project may be called, and the forms of its name."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata

#: A project name becomes a DNS label in Kubernetes with suffixes such as `-canary` (63 characters at most).
MAX_LENGTH = 40

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Names that would be shadowed by, or shadow, something that every generated project has; and words that YAML does not
# read as text.
_TOOLS = {"conftest", "docs", "main", "pip", "python", "scaffolder", "setup", "site", "src", "test", "tests", "uv"}
# Words of the field that are not written with one capital.
_SPELLED = "AI API CLI CV ETL GPU LLM LoRA ML MLflow MLOps NLP OCR QA RAG SQL UI"
_YAML = {"false", "n", "no", "none", "null", "off", "on", "true", "y", "yes"}


def project_name(text: str) -> str:
    """Turn any text (a folder's name, a title) into the nearest project name; "" if nothing is left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def package_name(name: str) -> str:
    """The import package of a project: `fraud-scoring` -> `fraud_scoring`."""
    return name.replace("-", "_")


def project_title(name: str) -> str:
    """The title of a project: `fraud-scoring` -> `Fraud Scoring`, `docs-qa` -> `Docs QA`."""
    spelled = {word.lower(): word for word in _SPELLED.split()}
    return " ".join(spelled.get(word, word[:1].upper() + word[1:]) for word in name.split("-"))


def forms(name: str) -> dict[str, str]:
    """All forms of a project's name, by the question that asks for them."""
    return {"project_name": name, "package_name": package_name(name), "project_title": project_title(name)}


def name_problem(name: str) -> str:
    """Say why `name` cannot be a project's name; "" if it can."""
    if not name.strip():
        return "a name is needed"
    if any(mark in name for mark in ("/", "\\", "..")):
        return "a name, not a path; the folder is given by DEST"
    if len(name) > MAX_LENGTH:
        return (
            f"{len(name)} characters are too many; {MAX_LENGTH} at most (it also names images and Kubernetes objects)"
        )
    if _NAME.fullmatch(name):
        return _taken(name)
    nearest = project_name(name)
    usable = _NAME.fullmatch(nearest) and not _taken(nearest)
    hint = f'; try "{nearest}"' if usable else ""
    return f"{name!r} is no name{hint} (lower-case letters, digits and single hyphens; start with a letter)"


def _taken(name: str) -> str:
    package = package_name(name)
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        return f'"{name}" is a Python keyword and cannot be imported'
    if package in sys.stdlib_module_names:
        return f'"{name}" is a module of the standard library and would hide it'
    if package in _TOOLS | _YAML:
        return f'"{name}" means something else to the tools that every project uses'
    return ""


def toml_escape(text: str) -> str:
    """Escape text for a double-quoted string of TOML, JSON or YAML."""
    import json

    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
