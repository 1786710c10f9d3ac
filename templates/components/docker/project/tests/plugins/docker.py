"""Small models that the image is tested with, so that nothing has to be trained for it."""

import importlib
import pkgutil
from pathlib import Path

import plugins


def small_models(folder: Path) -> None:
    """Fill a folder with what the service needs to become ready.

    Every module `image_<component>` beside this one has a function `write(folder)` that adds the
    component's part.
    """
    folder.mkdir()
    for module in pkgutil.iter_modules(plugins.__path__):
        if module.name.startswith("image_"):
            importlib.import_module(f"{plugins.__name__}.{module.name}").write(folder)
