"""Extensions of the service: every module here with a function `install(service)` is installed."""

import importlib
import pkgutil

from text2json.api.service import Service


def install(service: Service) -> None:
    """Install all plugins, in order of their names."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        importlib.import_module(f"{__name__}.{module.name}").install(service)
