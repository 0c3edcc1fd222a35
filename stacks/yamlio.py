"""The only user of YAML: the bytes of a file to a tree of nodes with line numbers, and plain values back to text."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from stacks.definition.traps import trap
from stacks.definition.tree import Items, Node, Scalar, Table, YamlFault
from stacks.definition.yamlwords import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 256 * 1024  # an agency of 40 services is some 60 KiB
MAX_NODES = 20_000  # counted after aliases are followed: ten nested ones can stand for billions
MAX_DEPTH = 40
FOREIGN_BYTES = 1024 * 1024  # files of other tools: an API's description is longer than an agency
FOREIGN_NODES = 200_000

# YAML 1.2, section 5.1, c-printable, turned around
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _PlainComposer(Composer):
    """Stops at a tag, and at a depth that no definition has: the parser's own time grows with the square of it."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose one node and what is below it."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _too_deep(self.parser.peek_event().start_mark.line + 1)
        event = self.parser.peek_event()
        if getattr(event, "tag", None) is not None:
            raise YamlFault(
                event.start_mark.line + 1,
                f'the tag "{str(event.tag).replace("tag:yaml.org,2002:", "!!")[:40]}"',
                "values without tags",
                "remove the word that begins with an exclamation mark",
            )
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


@dataclass(slots=True)
class _Walk:
    """Converts nodes and counts them."""

    left: int = MAX_NODES
    merges: bool = False  # follow merge keys, as the tools do whose files are imported
    open_nodes: set[int] = field(default_factory=set)

    def node(self, raw: YamlNode, depth: int, *, is_flow: bool = False) -> Node:
        line = raw.start_mark.line + 1
        self.left -= 1
        if self.left < 0:
            raise YamlFault(
                line,
                f"more than {FOREIGN_NODES if self.merges else MAX_NODES} values once its aliases are followed",
                "a file that a person can read",
                "write things out instead of nesting aliases",
            )
        if depth > MAX_DEPTH:
            raise _too_deep(line)
        if id(raw) in self.open_nodes:
            raise YamlFault(line, "an alias stands inside the thing that it names", "no circles", "remove the alias")
        if isinstance(raw, ScalarNode):
            return Scalar(text=raw.value, line=line, is_plain=not raw.style, is_flow=is_flow)
        if not isinstance(raw, SequenceNode | MappingNode):
            raise TypeError(raw)
        self.open_nodes.add(id(raw))
        try:
            is_flow = is_flow or bool(raw.flow_style)
            if isinstance(raw, SequenceNode):
                return Items(items=tuple(self.node(item, depth + 1, is_flow=is_flow) for item in raw.value), line=line)
            return self._table(raw, depth, line, is_flow=is_flow)
        finally:
            self.open_nodes.discard(id(raw))

    def _table(self, raw: MappingNode, depth: int, line: int, *, is_flow: bool) -> Table:
        entries: list[tuple[Scalar, Node]] = []
        merged: list[tuple[int, Node]] = []
        for raw_key, raw_value in raw.value:
            key = self.node(raw_key, depth + 1, is_flow=is_flow)
            if not isinstance(key, Scalar):
                raise YamlFault(key.line, "a key is a list or a mapping", "text", "write a name before the colon")
            if key.is_plain and key.text == "<<":
                if self.merges:
                    merged.append((key.line, self.node(raw_value, depth + 1, is_flow=is_flow)))
                    continue
                raise YamlFault(
                    key.line,
                    'a merge key "<<"',
                    "each mapping written out",
                    "write the keys out; a whole value may be repeated by an alias",
                )
            entries.append((key, self.node(raw_value, depth + 1, is_flow=is_flow)))
        for merge_line, node in merged:
            entries.extend(_merged(merge_line, node, {key.text for key, _ in entries}))
        return Table(entries=tuple(entries), line=line, is_flow=is_flow)


def _merged(line: int, node: Node, own: set[str]) -> list[tuple[Scalar, Node]]:
    """Return what a merge key adds: the first mapping that has a key gives its value, the mapping's own stand."""
    found: dict[str, tuple[Scalar, Node]] = {}
    for table in node.items if isinstance(node, Items) else (node,):
        if not isinstance(table, Table):
            raise YamlFault(line, 'a merge key "<<" with no mapping', "a mapping to merge", "name a mapping after it")
        for key, value in table.entries:
            if key.text not in own:
                found.setdefault(key.text, (key, value))
    return list(found.values())


def read(data: bytes) -> Table:
    """Read the bytes of one file into its tree. YamlFault where it is not one YAML mapping of bearable size."""
    if len(data) > MAX_BYTES:
        raise YamlFault(
            1,
            f"the file has {len(data)} bytes",
            f"at most {MAX_BYTES}",
            "split it; one file describes one agency",
        )
    filled = _composed(_decoded(data))
    tree = _Walk().node(filled, 0)
    if not isinstance(tree, Table):
        is_list = isinstance(tree, Items)
        raise YamlFault(
            tree.line,
            "the file holds a list" if is_list else "the file holds one text",
            "a mapping of keys to values",
            'begin with "version: 1"',
        )
    return tree


def read_foreign(text: str) -> Node:
    """Read a file of another tool: larger than a definition may be, merge keys followed. YamlFault as ``read``."""
    size = len(text.encode())
    if size > FOREIGN_BYTES:
        raise YamlFault(1, f"the file has {size} bytes", f"at most {FOREIGN_BYTES} of YAML", "split it, or give JSON")
    _refuse_unprintable(text)
    return _Walk(left=FOREIGN_NODES, merges=True).node(_composed(text), 0)


def _composed(text: str) -> YamlNode:
    """Return the one document of a file."""
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.Composer = _PlainComposer
        documents = list(yaml.compose_all(io.StringIO(text)))
    except MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = mark.line + 1 if mark is not None else 1
        opened = exc.context_mark.line + 1 if exc.context_mark is not None else line
        raise explain(str(exc.problem or ""), line=line, opened=opened, text=text) from exc
    except RecursionError as exc:
        raise _too_deep(1) from exc
    except (YAMLError, ValueError, LookupError, AttributeError, TypeError, AssertionError) as exc:
        # The parser was made for well-meant files; hostile ones break it in ways of its own.
        raise YamlFault(
            1, "not readable as YAML", "one YAML document", "begin anew from the commented example"
        ) from exc
    filled = [node for node in documents if node is not None]
    if not filled or (isinstance(filled[0], ScalarNode) and not filled[0].value):
        raise YamlFault(1, "the file is empty", "a definition", 'begin with "version: 1"')
    if len(documents) > 1:
        second = documents[1]
        line = second.start_mark.line + 1 if second is not None else 1
        raise YamlFault(line, "a second document begins", "one document a file", 'remove this "---" or split the file')
    node: YamlNode = filled[0]
    return node


def write(value: Mapping[str, Any]) -> str:
    """Write mappings, lists, text, whole numbers, booleans and ``Verbatim`` numbers as YAML, keys in their order."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # declared None, read as a flag
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.representer.add_representer(Verbatim, lambda dumper, data: dumper.represent_scalar(data.tag, data.text))
    yaml.representer.add_representer(str, _represent_text)
    stream = io.StringIO()
    yaml.dump(dict(value), stream)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A number that is written digit by digit as its text says."""

    text: str
    tag: str = "tag:yaml.org,2002:float"


def _represent_text(dumper: Any, text: str) -> Any:
    is_risky = trap(text) is not None or text.lower() in {"", "~", "null"}
    style = "|" if "\n" in text.strip("\n") else ('"' if is_risky else None)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise YamlFault(
            line,
            f"byte {data[exc.start]:#04x} is not UTF-8",
            "text in UTF-8",
            "save the file again as UTF-8",
        ) from exc
    _refuse_unprintable(text)
    return text


def _refuse_unprintable(text: str) -> None:
    found = _UNPRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise YamlFault(line, f"control character {ord(found.group()):#04x}", "printable text", "remove the character")


def _too_deep(line: int) -> YamlFault:
    return YamlFault(line, f"more than {MAX_DEPTH} levels of nesting", "a shallow file", "take levels out")
