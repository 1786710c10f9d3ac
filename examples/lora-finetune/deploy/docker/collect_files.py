"""Copy what the service reads besides its code to a new folder.

Usage: collect_files.py CONTEXT DESTINATION. Runs in the image build, on the standard library alone.
Takes along what `contents.list` beside this file names, and all of `models/` but the model bundles that
serve no traffic: of these, `models/aliases.json` says which do. The alias `previous` is left behind: an
image is rolled back to the image before it.
"""

import json
import shutil
import sys
from pathlib import Path

CONTENTS = Path(__file__).with_name("contents.list")
SERVED = ("champion", "challenger")
READABLE, READABLE_FOLDER = 0o644, 0o755


def contents(path: Path = CONTENTS) -> list[str]:
    """Return the paths that `contents.list` names."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def collect(context: Path, destination: Path, names: list[str]) -> None:
    """Copy `names` and `models/` from `context`, readable by any user.

    Raises:
        ValueError: something is missing; the message names it.
    """
    if missing := [name for name in names if not (context / name).exists()]:
        raise ValueError(f"missing: {', '.join(missing)}; `make image` makes it")
    destination.mkdir(parents=True)
    if (context / "models").is_dir():
        select(context / "models", destination / "models")
    for name in names:
        if Path(name).parts[0] != "models":
            _copy(context / name, destination / name)
    # Whatever permissions they had where they were made
    for path in destination.rglob("*"):
        path.chmod(READABLE_FOLDER if path.is_dir() else READABLE)


def select(models: Path, destination: Path) -> dict[str, str]:
    """Copy a folder of models; of model bundles only what `aliases.json` calls champion and challenger.

    Returns:
        The aliases that were written: alias to version.

    Raises:
        ValueError: there are bundles and no champion, or an alias names a version that is not there.
    """
    destination.mkdir(parents=True)
    path = models / "aliases.json"
    bundles = {manifest.parent.name for manifest in models.glob("*/bundle.json")}
    for entry in sorted(models.iterdir()):
        if entry.name not in bundles and entry != path:
            _copy(entry, destination / entry.name)
    if not bundles and not path.is_file():
        return {}
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    aliases = {alias: found[alias] for alias in SERVED if alias in found}
    if "champion" not in aliases:
        raise ValueError(f"{path}: no champion; train and promote a model before building")
    for alias, version in aliases.items():
        if version not in bundles:
            raise ValueError(f"{path}: {alias} names {version!r}, which is not in {models}")
        _copy(models / version, destination / version)
    text = json.dumps(aliases, indent=2, sort_keys=True)
    (destination / "aliases.json").write_text(text + "\n", encoding="utf-8")
    return aliases


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


if __name__ == "__main__":
    try:
        collect(Path(sys.argv[1]), Path(sys.argv[2]), contents())
    except ValueError as error:
        sys.exit(str(error))
