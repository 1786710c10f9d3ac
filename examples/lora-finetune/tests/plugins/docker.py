"""The image under test, with small models, so that nothing has to be trained for it."""

import importlib
import os
import pkgutil
from pathlib import Path

import pytest

import plugins
from text2json import container

ROOT = Path(__file__).parents[2]
TAG = "text2json:test"


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of the image: the one in IMAGE, or one that is built; skips where none can be."""
    if given := os.environ.get("IMAGE"):
        return given
    if reason := container.obstacle(ROOT / "Dockerfile"):
        pytest.skip(reason)
    context = tmp_path_factory.mktemp("context")
    container.copy_context(ROOT, context, models=False)
    small_models(context / "models")
    container.build(context, TAG)
    return TAG


def small_models(folder: Path) -> None:
    """Fill a folder with what the service needs to become ready.

    Every module `image_<component>` beside this one has a function `write(folder)` that adds the
    component's part.
    """
    folder.mkdir()
    for module in pkgutil.iter_modules(plugins.__path__):
        if module.name.startswith("image_"):
            importlib.import_module(f"{plugins.__name__}.{module.name}").write(folder)
