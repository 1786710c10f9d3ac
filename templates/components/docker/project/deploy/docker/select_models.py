"""Copy the model versions that serve traffic, and the aliases that name them, to a new folder.

Usage: select_models.py MODELS DESTINATION. Runs in the image build, on the standard library alone.
The alias `previous` is left behind: an image is rolled back to the image before it.
"""

import json
import shutil
import sys
from pathlib import Path

SERVED = ("champion", "challenger")


def select(models: Path, destination: Path) -> dict[str, str]:
    """Copy what `models/aliases.json` calls champion and challenger.

    Returns:
        The aliases that were written: alias to version.

    Raises:
        ValueError: there is no champion, or an alias names a version that is not there.
    """
    path = models / "aliases.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    aliases = {alias: found[alias] for alias in SERVED if alias in found}
    if "champion" not in aliases:
        raise ValueError(f"{path}: no champion; train and promote a model before building")
    destination.mkdir(parents=True)
    for alias, version in aliases.items():
        if not (models / version / "bundle.json").is_file():
            raise ValueError(f"{path}: {alias} names {version!r}, which is not in {models}")
        shutil.copytree(models / version, destination / version, dirs_exist_ok=True)
    text = json.dumps(aliases, indent=2, sort_keys=True)
    (destination / "aliases.json").write_text(text + "\n", encoding="utf-8")
    return aliases


if __name__ == "__main__":
    try:
        select(Path(sys.argv[1]), Path(sys.argv[2]))
    except ValueError as error:
        sys.exit(str(error))
