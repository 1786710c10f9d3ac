"""YAML as data with positions; the edits are in `yaml_edit`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scaffolder.merge.model import Edit, Path

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


class Plain(str):
    """A scalar that is not a string (a number, a boolean, a date), as it is spelled: `on` stays `on`."""

    __slots__ = ("tag",)
    tag: str


@dataclass(frozen=True)
class Tagged:
    """A sequence or a mapping with a tag that is not YAML's own (`!reference [.setup, script]`): taken whole."""

    tag: str
    value: Any


@dataclass(frozen=True)
class Document:
    """A YAML text, its root mapping (None for an empty document) and what it says."""

    text: str
    root: MappingNode | None
    data: dict[str, Any]

    def find(self, path: Path) -> Node | None:
        """The node at `path`."""
        node: Node | None = self.root
        for part in path:
            if isinstance(part, int):
                node = node.value[part] if isinstance(node, SequenceNode) and part < len(node.value) else None
            else:
                node = next((value for key, value in pairs(node) if key.value == part), None)
        return node

    def get(self, path: Path) -> Any:
        """The data at `path`, or None."""
        node = self.find(path)
        return data_of(node) if node is not None else None


def pairs(node: Node | None) -> list[tuple[ScalarNode, Node]]:
    """The entries of a mapping; none of anything else."""
    return node.value if isinstance(node, MappingNode) else []


def parse(text: str) -> Document:
    """Parse a document that is a mapping with scalar keys, or empty.

    Raises:
        ValueError: it is not.
    """
    try:
        root = yaml.compose(text, _LOADER)
        data = data_of(root) if root is not None else {}
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if root is not None and not isinstance(root, MappingNode):
        if not isinstance(root, ScalarNode) or root.tag != _NULL or root.value:
            raise ValueError("the document is not a mapping")
        root, data = None, {}
    return Document(text, root, data)


def data_of(node: Node) -> Any:
    """What a node says: mappings, lists, strings, `Plain` scalars, `Tagged` values and None.

    Raises:
        ValueError: a key that is not a scalar or is there twice.
    """
    if isinstance(node, ScalarNode):
        return _scalar(node)
    value = _items(node)
    return value if node.tag.startswith("tag:yaml.org,2002:") else Tagged(node.tag, value)


def _items(node: Node) -> list[Any] | dict[str, Any]:
    if isinstance(node, SequenceNode):
        return [data_of(item) for item in node.value]
    data: dict[str, Any] = {}
    for key, value in pairs(node):
        if not isinstance(key, ScalarNode) or key.value in data:
            raise ValueError("a key is not a scalar, or is there twice")
        data[key.value] = data_of(value)
    return data


def _scalar(node: ScalarNode) -> Any:
    if node.tag in {_STRING, _MERGE}:
        return node.value
    if node.tag == _NULL:
        return None
    plain = Plain(node.value)
    plain.tag = node.tag
    return plain


class _Dumper(yaml.SafeDumper):
    """Writes sequences indented below their key, as most hand-written YAML does."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


class _FlatDumper(yaml.SafeDumper):
    """Writes sequences at the column of their key."""


def _plain(dumper: yaml.SafeDumper, data: Plain) -> ScalarNode:
    return dumper.represent_scalar(data.tag, str(data))


def _tagged(dumper: yaml.SafeDumper, data: Tagged) -> Node:
    represent = dumper.represent_mapping if isinstance(data.value, dict) else dumper.represent_sequence
    return represent(data.tag, data.value, flow_style=True)


def _string(dumper: yaml.SafeDumper, data: str) -> ScalarNode:
    return dumper.represent_scalar(_STRING, data, "|" if "\n" in data else None)


for _dumper in (_Dumper, _FlatDumper):
    _dumper.add_representer(Plain, _plain)
    _dumper.add_representer(Tagged, _tagged)
    _dumper.add_representer(str, _string)


def emit(data: Any, *, indented: bool = True, flow: bool = False, quote: str | None = None) -> str:
    """Data as lines of YAML, or on one line in flow style; strings quoted with `quote` where one is given."""
    if quote and isinstance(data, str) and not isinstance(data, Plain):
        quoted: str = yaml.safe_dump(data, default_style=quote, allow_unicode=True, width=2**20)
        return quoted.rstrip("\n")
    text: str = yaml.dump(
        data,
        Dumper=_Dumper if indented else _FlatDumper,
        default_flow_style=flow,
        allow_unicode=True,
        sort_keys=False,
        width=2**20,
    )
    return text.removesuffix("...\n").rstrip("\n")


def indents_sequences(document: Document) -> bool:
    """Whether sequences stand to the right of their key; as most files do where none shows it."""

    def styles(node: Node | None) -> list[bool]:
        found: list[bool] = []
        for key, value in pairs(node):
            if isinstance(value, SequenceNode) and not value.flow_style:
                found.append(value.start_mark.column > key.start_mark.column)
            found += styles(value)
        if isinstance(node, SequenceNode):
            for item in node.value:
                found += styles(item)
        return found

    found = styles(document.root)
    return sum(found) * 2 >= len(found)


def from_data(data: dict[str, Any], like: Document) -> Document:
    """A document that says `data`, indented as `like` is."""
    return parse(emit(data, indented=indents_sequences(like)) + "\n")


def apply(document: Document, edits: Sequence[Edit], source: Document, obsolete: Callable[[str], bool]) -> str:
    """The text of `document` with `edits` made; see `yaml_edit.apply`."""
    from scaffolder.merge import yaml_edit

    return yaml_edit.apply(document, edits, source, obsolete)
