"""Vector databases, one module each: `open_backend(settings, signature) -> Store`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from docs_qa.store.types import StoreError

if TYPE_CHECKING:
    from docs_qa.store.settings import StoreSettings
    from docs_qa.store.types import Signature, Store


def names() -> list[str]:
    """Return what APP_STORE may be."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))


def open_store(
    settings: StoreSettings,
    signature: Signature,
    *,
    verify: bool = True,
) -> Store:
    """Open the back end that the settings name, creating its index if there is none.

    Args:
        settings: which back end, and where.
        signature: what the vectors are made with.
        verify: refuse an index that was made with something else; only rebuilding does without.

    Raises:
        StoreError: there is no such back end, its client is not installed, it cannot be reached,
            it is in use by another process, or its index was made with another model.
    """
    if settings.store not in names():
        raise StoreError(f"APP_STORE={settings.store}: there are {', '.join(names())}")
    name = f"{__name__}.{settings.store.replace('-', '_')}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"APP_STORE={settings.store} needs the package {error.name}: "
            f"install the extra {settings.store}"
        ) from error
    store: Store = module.open_backend(settings, signature, verify=verify)
    return store
