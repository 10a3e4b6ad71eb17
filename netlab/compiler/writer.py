"""Writes one class of the generated source: the model, or the content of a block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from netlab.compiler.blocks import scan_ports
from netlab.compiler.infer import Inferred
from netlab.compiler.names import RESERVED, Namespace, identifier
from netlab.compiler.sharing import alike
from netlab.document.graph import Edge, Graph, Node
from netlab.layers.block import REPEAT, SCAN, Block
from netlab.layers.layer import Code, Layer, Shape

INDENT = " " * 8
DEEPER = " " * 12
UNUSED = re.compile(r"\(_(, _)*\)")  # a part of a result of which nothing is used


@dataclass
class Book:
    """What the classes of one source have in common.

    Attributes:
        into: edges by target node and port.
        codes: the code of every layer that is needed; blocks have none of their own.
        globals: names at the outermost level that no variable may hide.
        classes: name of the class of every block.
        texts: classes written so far, without their first line, to the name they got.
        lines: finished lines, with the node each came from.
        tree: for every class, by block id: the attribute and node of each module in it.
        owners: for each node that uses the weights of another in this source, that other node.
    """

    graph: Graph
    inferred: Inferred
    into: dict[str, dict[str, Edge]]
    codes: dict[str, Code]
    names: Namespace
    globals: set[str] = field(default_factory=set)
    classes: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)
    tree: dict[str, dict[str, str]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    @cached_property
    def inside(self) -> dict[str, list[str]]:
        """The nodes directly in each block, in the order in which they run."""
        found: dict[str, list[str]] = {}
        for id in self.inferred.order:
            found.setdefault(self.graph.nodes[id].parent, []).append(id)
        return found


class ClassWriter:
    """The lines of one class. A value is called ``x`` while no other ``x`` is still needed."""

    def __init__(self, book: Book, nodes: Sequence[str], returned: Iterable[str]) -> None:
        self.book, self.nodes = book, list(nodes)
        self.returned = set(returned)
        self.lines: list[tuple[str, str]] = []
        self.modules = self._name_modules()
        self.values: dict[tuple[str, str], str] = {}
        self.position = {node: i for i, node in enumerate(self.nodes)}
        self.last_use = self._last_uses()
        self.x_needed_until = -1
        self.variables = Namespace(RESERVED | book.globals)

    def put(self, *lines: str, node: str = "") -> None:
        """Add lines; those of a node lead back to it."""
        self.lines += [(line, node) for line in lines]

    def layer(self, node: str) -> Layer:
        """The layer of a node."""
        return self.book.inferred.layers[node]

    def record(self, node: str) -> Node:
        """The node."""
        return self.book.graph.nodes[node]

    def name_of(self, node: str) -> str:
        """An identifier that looks like what the user calls the node."""
        record = self.record(node)
        return identifier(record.name or record.type, record.type)

    def value(self, node: str, port: str) -> str:
        """The variable that arrives at an input port, ``None`` for an open one."""
        edge = self.book.into[node].get(port)
        return "None" if edge is None else self.values[edge.source, edge.source_port]

    def _name_modules(self) -> dict[str, str]:
        names = Namespace()
        made = [n for n in self.nodes if self.layer(n).role == "block" or self.book.codes[n].init]
        return {node: names.take(self.name_of(node)) for node in made}

    def write_init(self) -> None:
        """The constructor: one line a module."""
        self.put("    def __init__(self):", f"{INDENT}super().__init__()")
        tied = [node for node in self.modules if node in self.book.owners]
        for node, name in self.modules.items():
            if node not in tied or not self._is_one_module(node):
                self.put(f"{INDENT}self.{name} = {self._constructor(node)}", node=node)
        for node in tied:
            self._write_tie(node)

    def _is_one_module(self, node: str) -> bool:
        """Whether a node and the owner of its weights are made alike, so that one module serves both."""
        owner = self.book.owners[node]
        return self.layer(node).role == "block" or self.book.codes[node].init == self.book.codes[owner].init

    def _write_tie(self, node: str) -> None:
        """The line or lines that give a node the weights of another."""
        mine, theirs = (f"self.{self.modules[id]}" for id in (node, self.book.owners[node]))
        ends = [""] if self._is_one_module(node) else [f".{n}" for n in sorted(self.book.inferred.shared[node])]
        for end in (re.sub(r"\.(\d+)\b", r"[\1]", end) for end in ends):
            self.put(f"{INDENT}{mine}{end} = {theirs}{end}  # shared weights", node=node)

    def _constructor(self, node: str) -> str:
        layer = self.layer(node)
        if not isinstance(layer, Block):
            return self.book.codes[node].init
        made = f"{self.book.classes[node]}()"
        return f"nn.ModuleList([{made} for _ in range({layer.copies})])" if layer.is_list else made

    def write_nodes(self, nodes: Iterable[str]) -> None:
        """The lines of `forward` for these nodes."""
        for node in nodes:
            layer = self.layer(node)
            if isinstance(layer, Block):
                self._write_block(node, layer)
            elif layer.role in ("", "loss"):
                arguments = {port: self.value(node, port) for port in layer.inputs()}
                module = f"self.{self.modules[node]}" if node in self.modules else ""
                code = self.book.codes[node]
                self._assign(node, layer, code.forward.format(self=module, **arguments), code.targets)

    def _names_for(self, node: str, layer: Layer) -> dict[str, str]:
        """``x`` for the only value used if the last ``x`` is not read after this line, else fresh names, ``_`` unused."""
        ports = list(layer.outputs())
        used = [port for port in ports if (node, port) in self.last_use or layer.role == "loss"] or ports[:1]
        found = dict.fromkeys(ports, "_")
        if self.x_needed_until <= self.position[node] and len(used) == 1 and layer.role != "loss":
            self.x_needed_until = self.last_use.get((node, used[0]), -1)
            return found | {used[0]: "x"}
        name = self.name_of(node)
        for port in used:
            title = identifier(layer.outputs()[port].title, "y")
            found[port] = self.variables.take(name if port == ports[0] else f"{name}_{title}")
        return found

    def _assign(self, node: str, layer: Layer, expression: str, targets: str = "") -> dict[str, str]:
        made = self._names_for(node, layer)
        self.values |= {(node, port): name for port, name in made.items()}
        targets = targets or ", ".join(f"{{{port}}}" for port in made)
        targets = UNUSED.sub("_", targets.format(**made))
        self.put(f"{INDENT}{targets} = {expression}{self._comment(node, layer)}", node=node)
        return made

    def _comment(self, node: str, layer: Layer) -> str:
        shape = self.book.inferred.outputs.get((node, next(iter(layer.outputs()))))
        return f"  # {_sizes(shape)}" if shape is not None and shape.rank else ""

    def _write_block(self, node: str, layer: Block) -> None:
        arguments = [self.value(node, port) for port in layer.inputs()]
        module = f"self.{self.modules[node]}"
        if layer.mode == SCAN:
            self._write_scan(node, layer, module)
        elif layer.mode == REPEAT:
            self._write_repeat(node, layer, module, arguments)
        else:
            self._assign(node, layer, f"{module}({', '.join(arguments)})")

    def _write_repeat(self, node: str, layer: Block, module: str, arguments: list[str]) -> None:
        made = self._names_for(node, layer)
        self.values |= {(node, port): name for port, name in made.items()}
        out = next(iter(made.values()))
        if out != arguments[0]:
            self.put(f"{INDENT}{out} = {arguments[0]}", node=node)
        one = self.variables.take("layer") if layer.is_list else module
        head = f"for {one} in {module}:" if layer.is_list else f"for _ in range({layer.repeat}):"
        targets = ", ".join(made.values())
        call = f"{one}({', '.join([out, *arguments[1:]])})"
        self.put(f"{INDENT}{head}", f"{DEEPER}{targets} = {call}{self._comment(node, layer)}", node=node)

    def _write_scan(self, node: str, layer: Block, module: str) -> None:
        """States first, then a loop over time that collects what is stacked behind it."""
        ports = scan_ports(self.book.graph, node)
        sequence = self.value(node, ports.sequence)
        step = self.variables.take("step")
        names = {port: self.value(node, port) for port in (*ports.constants, ports.sequence)}
        names[ports.sequence] = step
        result: dict[str, str] = {}
        for start, end in ports.states:
            state = self.variables.take(identifier(layer.inputs()[start].title, "state"))
            size = self.record(start).options.get("size", 64)
            given = self.value(node, start)
            first = f"{sequence}.new_zeros({sequence}.shape[0], {size})" if given == "None" else given
            self.put(f"{INDENT}{state} = {first}", node=node)
            names[start] = result[end] = state
        lists = {}
        for port in ports.stacked:
            result[port] = self.variables.take(identifier(layer.outputs()[port].title, "y"))
            lists[port] = self.variables.take(f"{result[port]}_steps")
            self.put(f"{INDENT}{lists[port]} = []", node=node)
        call = f"{module}({', '.join(names[port] for port in layer.inputs())})"
        self.put(f"{INDENT}for {step} in {sequence}.unbind(1):", node=node)
        self.put(f"{DEEPER}{', '.join(result[port] for port in layer.outputs())} = {call}", node=node)
        for port, steps in lists.items():
            self.put(f"{DEEPER}{steps}.append({result[port]})", node=node)
        for port, steps in lists.items():
            comment = _sizes(self.book.inferred.outputs[node, port])
            self.put(f"{INDENT}{result[port]} = torch.stack({steps}, 1)  # {comment}", node=node)
        self.values |= {(node, port): name for port, name in result.items()}

    def _last_uses(self) -> dict[tuple[str, str], int]:
        """The position of the last node that reads each value; what is returned is read at the very end."""
        found: dict[tuple[str, str], int] = {}
        for node, position in self.position.items():
            at = len(self.position) if node in self.returned else position
            for edge in self.book.into[node].values():
                key = (edge.source, edge.source_port)
                found[key] = max(at, found.get(key, -1))
        return found


def write_block_class(book: Book, block: str, needed: set[str]) -> None:
    """The class of a block, after those of the blocks inside; content like that of another block is written once."""
    graph = book.graph
    if block in book.classes:
        return
    if block in book.owners:
        _take_class(book, block, needed)
        return
    nodes = [id for id in book.inside.get(block, ()) if id in needed]
    for node in nodes:
        if graph.nodes[node].type == "block":
            write_block_class(book, node, needed)
    layer = book.inferred.layers[block]
    outputs = list(layer.outputs())
    writer = ClassWriter(book, nodes, outputs)
    parameters = Namespace((RESERVED | book.globals) - {"x"})
    for port, declared in layer.inputs().items():
        wanted = "x" if declared.title == "x" else identifier(declared.title, "x")
        writer.values[port, "y"] = name = parameters.take(wanted)
        if name == "x":
            writer.x_needed_until = writer.last_use.get((port, "y"), -1)
    taken = [writer.values[port, "y"] for port in layer.inputs()]
    writer.variables = Namespace(RESERVED | book.globals | set(taken))
    writer.write_init()
    writer.put("", f"    def forward({', '.join(['self', *taken])}):")
    writer.write_nodes([n for n in nodes if n not in layer.inputs() and n not in outputs])
    writer.put(f"{INDENT}return {', '.join(writer.value(port, 'x') for port in outputs)}")
    book.tree[block] = writer.modules
    text = "\n".join(line for line, _ in writer.lines)
    if text not in book.texts:
        record = graph.nodes[block]
        words = identifier(record.name or "block", "block").rstrip("0123456789_").split("_")
        book.texts[text] = book.names.take("".join(word.capitalize() for word in words) or "Block")
        book.lines.append((f"class {book.texts[text]}(nn.Module):", block))
        book.lines += [*writer.lines, ("", ""), ("", "")]
    book.classes[block] = book.texts[text]


def _take_class(book: Book, block: str, needed: set[str]) -> None:
    """Of a block that uses the weights of another: the class and the names of its modules are those of the other."""
    owner = book.owners[block]
    write_block_class(book, owner, needed)
    twins = dict(alike(book.graph, owner, block))
    for theirs, mine in twins.items():
        if theirs in book.classes:
            book.classes[mine] = book.classes[theirs]
            book.tree[mine] = {twins[node]: name for node, name in book.tree[theirs].items()}


def _sizes(shape: Shape) -> str:
    """A shape in ASCII, as people write it in code: ``(B, 64, 128)``."""
    return "(" + ", ".join(identifier(str(a), "d").upper() if a.size is None else str(a.size) for a in shape) + ")"
