"""The template of a stack of components for one foreign repository (pure once the files are read)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from scaffolder import merge
from scaffolder.catalog import BASE, Catalog
from scaffolder.compose import Template, files_in, fragments_of, own_files, questionnaire
from scaffolder.errors import InputError
from scaffolder.foreign import beside, join, package_data, relocate
from scaffolder.foreign.record import Foreign
from scaffolder.lock import Lock
from scaffolder.manifest import ByHand, Component
from scaffolder.names import toml_escape
from scaffolder.render import Rendered, render
from scaffolder.sentinels import replace as replace_names
from scaffolder.tree import Entry, Tree

#: Answers that are facts of the repository.
FIXED = ("project_name", "package_name", "project_title", "python_min")
#: Answers that adoption finds.
ADOPTED = (*FIXED, "description")


def compose(catalog: Catalog, names: tuple[str, ...], record: Foreign) -> tuple[Template, tuple[ByHand, ...]]:
    """Overlay the components on the repository's own shared files; and what a person must add by hand.

    Raises:
        InputError: what a component adds to a shared file contradicts what the repository says there.
    """
    from scaffolder.foreign import dependencies

    components = [catalog.component(name) for name in names]
    files: dict[str, Entry] = {}
    owners: dict[str, str] = {}
    ours = [(raw, entry, component) for component in components for raw, entry in shipped(component, names)]
    including = beside.included(components, {raw: entry for raw, entry, _ in ours}, record.originals)
    record = replace(record, beside={**record.beside, **beside.alone(record.beside, including)})
    for raw, entry, component in ours:
        path = relocate.path(raw, record)
        if path not in record.present:
            files[path], owners[path] = _fitted(raw, entry, record), component.name
    for path, entry in record.originals.items():
        files[path] = _joined(path, entry, files.get(path) if owners.get(path) != BASE else None)
        owners.setdefault(path, "")
    fragments = _fragments(components, names, record)
    declaring = {path: entry.text or "" for path, entry in record.originals.items() if path in dependencies.FILES}
    placed = dependencies.place(fragments.pop(dependencies.PYPROJECT, []), record.home, declaring)
    package_data.declare(placed, [raw for raw, _, _ in ours], record, declaring)
    moved = {relocate.path(raw, record): parts for raw, parts in fragments.items()}
    theirs = {path: [part] for path, part in including.items()}
    for path, text in placed.texts.items():
        text = relocate.protect(text) if path in record.originals else text
        files[path] = Entry(text.encode(), files[path].mode) if path in files else Entry(text.encode())
        owners.setdefault(path, BASE)
    for path, parts in (*moved.items(), *theirs.items(), *placed.fragments.items()):
        if path in files:
            files[path] = _added(path, files[path], parts, record)
    settings, questions = questionnaire(components)
    questions |= {key: _fixed(key, record.answers[key]) for key in FIXED if key in questions}
    notes = tuple(
        f"{path}: {was} becomes {now}, as the components need" for path, was, now in dependencies.tightened(placed)
    )
    template = Template(names, dict(sorted(files.items())), owners, questions, settings, notes)
    return template, tuple(_by_hand(components, placed.by_hand, record))


def loose(
    catalog: Catalog, names: tuple[str, ...], record: Foreign, texts: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Where dependencies that are declared allow too much: the file, what it says and what it should say.

    Args:
        texts: the files as they are now.

    Raises:
        InputError: what is declared excludes what they need.
    """
    from scaffolder.foreign import dependencies

    fragments = _fragments([catalog.component(name) for name in names], names, record)
    return dependencies.tightened(dependencies.place(fragments.get(dependencies.PYPROJECT, []), record.home, texts))


def draw(template: Template, record: Foreign, data: Mapping[str, Any], *, interactive: bool = False) -> Rendered:
    """Render; what came from the repository comes out as it was."""
    if not template.stack:
        files = {path: _unprotected(entry) for path, entry in template.files.items()}
        return Rendered(files, dict(record.answers))
    rendered = render(template, {k: v for k, v in data.items() if k not in FIXED}, interactive=interactive)
    files = {path: _unprotected(entry) if path in record.originals else entry for path, entry in rendered.files.items()}
    return replace(rendered, files=files)


def shipped(component: Component, stack: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
    """The files of a component in a foreign repository, by raw path: its own, and those for such places only."""
    instead = dict(files_in(component.folder / "foreign"))
    patterns = component.foreign.files if component.foreign else None
    for path, entry in own_files(component, stack):
        if path not in instead and (patterns is None or any(fnmatchcase(path, pattern) for pattern in patterns)):
            yield path, entry
    yield from instead.items()


def shared(catalog: Catalog) -> set[str]:
    """The files that some component adds to."""
    return beside.including(catalog.components.values()) | {
        path
        for component in catalog.components.values()
        for adds in (
            component.adds,
            component.foreign and component.foreign.adds,
            *(component.adds_with or {}).values(),
        )
        for path in adds or {}
    }


def _fragments(
    components: Iterable[Component], names: tuple[str, ...], record: Foreign
) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for component in components:
        everywhere = fragments_of(component, names) if component.name != BASE else ()
        here = component.foreign.adds.items() if component.foreign else ()
        for path, fragment in (*everywhere, *here, *join.adds(component, record).items()):
            found.setdefault(path, []).append(fragment)
    return found


def _fitted(raw: str, entry: Entry, record: Foreign) -> Entry:
    text = entry.text
    if text is None:
        return entry
    return Entry(relocate.text(raw, text, record).encode(), entry.mode)


def _joined(path: str, original: Entry, ours: Entry | None) -> Entry:
    """The repository's file; united with ours where we ship one that others add to, such as compose.yaml."""
    text = original.text
    if text is None:
        raise InputError(f"{path} is not a text file", next_step="move it, then run the command again")
    text = relocate.protect(text)
    if ours is not None:
        merged = merge.merge_text(path, None, text, ours.data.decode())
        if merged.conflicts:
            raise InputError(
                f"{path} exists, and says something else than the component",
                why="; ".join(merged.conflicts),
                next_step="rename what clashes, then run the command again",
            )
        text = merged.text
    return Entry(text.encode(), original.mode)


def _added(path: str, entry: Entry, parts: list[Mapping[str, Any]], record: Foreign) -> Entry:
    from scaffolder.errors import CatalogError

    parts = [_mapped(part, record) for part in parts]
    try:
        return Entry(merge.add_all(path, entry.data.decode(), parts).encode(), entry.mode)
    except CatalogError as error:
        if path not in record.originals:
            raise
        raise InputError(
            error.what.replace("components disagree", "this repository and a component disagree"),
            why=error.why,
            next_step="change the value in your file, then run the command again",
        ) from error


def _mapped(part: Any, record: Foreign) -> Any:
    """A fragment whose texts name our files where they are in this repository."""
    if isinstance(part, str):
        return relocate.text("", part, record)
    if isinstance(part, Mapping):
        return {key: _mapped(value, record) for key, value in part.items()}
    return [_mapped(item, record) for item in part] if isinstance(part, list) else part


def _by_hand(components: Iterable[Component], more: Iterable[ByHand], record: Foreign) -> Iterator[ByHand]:
    for component in components:
        for item in component.foreign.by_hand if component.foreign else ():
            if item.lines and item.path in record.present:
                yield item
        yield from join.by_hand(component, record)
    yield from more


def _fixed(key: str, value: Any) -> str:
    return f'{key}:\n  type: str\n  when: false\n  default: "{toml_escape(str(value))}"\n'


def _unprotected(entry: Entry) -> Entry:
    return Entry(relocate.unprotect(entry.data.decode()).encode(), entry.mode)


def dropped(before: Iterable[ByHand], now: Iterable[ByHand]) -> tuple[ByHand, ...]:
    """The lines that a stack needs no more."""
    needed = {(item.path, line) for item in now for line in item.lines}
    items = (replace(item, lines=tuple(one for one in item.lines if (item.path, one) not in needed)) for item in before)
    return tuple(item for item in items if item.lines)


def moves(record: Foreign, template: Template, moved: Mapping[str, str]) -> dict[str, str]:
    """Where this version of a stack has files of an earlier one, both by path; names do not change here.

    Args:
        moved: raw path -> raw path.
    """
    pairs = ((relocate.path(was, record), relocate.path(now, record)) for was, now in moved.items())
    found = {replace_names(was, record.answers): (now, replace_names(now, record.answers)) for was, now in pairs}
    return {was: new for was, (now, new) in found.items() if was != new and now in template.files}


def unrecorded(lock: Lock) -> Tree:
    """Originals that the lock does not list as files yet: the base of the first change to them."""
    originals = lock.foreign.originals if lock.foreign else {}
    return {path: entry for path, entry in originals.items() if path not in lock.files}


def locked(lock: Lock, record: Foreign, rendered: Rendered) -> Lock:
    """The lock of rendered files, with what is kept about the repository: the bare facts where no component is left."""
    if not lock.components:
        facts = {key: value for key, value in record.answers.items() if key in ADOPTED}
        bare = replace(record, answers=facts, renamed={}, present=(), originals={})
        return replace(lock, files={}, foreign=bare)
    return replace(lock, foreign=replace(record, answers={**record.answers, **rendered.answers}))


def is_original(entry: Entry, original: Entry) -> bool:
    """Whether an entry of a template is a file of the repository as it was."""
    return _unprotected(entry) == original
