"""Shapes of every port, weights of every node, and what does not fit. No torch, linear in nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from operator import is_

from netlab.compiler import block_shapes, complaints, tested
from netlab.compiler.blocks import ancestors, class_of
from netlab.compiler.fields import fields_of
from netlab.compiler.passages import AROUND, end_bypass, is_passage, let_through
from netlab.compiler.problem import ERROR, Problem, label
from netlab.compiler.sharing import find_shared
from netlab.data.dataset import Field
from netlab.document.graph import BLOCK_INPUT, Edge, Graph, Node
from netlab.document.project import Project
from netlab.language import sentences, tr
from netlab.layers.block import Block
from netlab.layers.layer import Fix, Layer, Shape, ShapeError

UNWIRED: Mapping[str, Edge] = {}


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found at a node: it holds as long as the node, what arrives there and its content stay as they are."""

    node: Node
    layer: Layer
    arrived: dict[str, Shape | None]
    weights: dict[str, tuple[int, ...]] | None  # None: nobody knows them before the code has run
    inputs: dict[tuple[str, str], Shape]  # by node and port, as `Inferred` has them
    outputs: dict[tuple[str, str], Shape]
    inside: list[Node] | None = None  # of a block, in order

    @property
    def sent(self) -> dict[str, Shape]:
        """The shape at each output."""
        return {port: shape for (_, port), shape in self.outputs.items()}


@dataclass(frozen=True)
class Inferred:
    """What is known of a project without running it.

    Attributes:
        order: node ids so that every wire points forward; nodes on a cycle are missing.
        layers: the layer of every node whose type is known and whose options are valid.
        inputs, outputs: shape of every port reached, by (node id, port name).
        weights: shapes of the learned tensors, by node id and tensor name.
        fields: the fields of the data set, by name.
        problems: what is wrong, in the order of the graph.
        members: the nodes inside of a block that learn, at any depth, by the block's id.
        copies: how many sets of weights a node inside of blocks has, by node id; 1 where nothing is said.
        shared: names of the tensors that a node has from another one, by node id.
        untested: nodes whose weights nobody knows before their code has run once.
        judged: what was found at each faultless node, so that the next `infer` need not find it again.
        graph: of which all this is known.
    """

    order: tuple[str, ...] = ()
    layers: Mapping[str, Layer] = field(default_factory=dict)
    inputs: Mapping[tuple[str, str], Shape] = field(default_factory=dict)
    outputs: Mapping[tuple[str, str], Shape] = field(default_factory=dict)
    weights: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    copies: Mapping[str, int] = field(default_factory=dict)
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    untested: frozenset[str] = frozenset()
    judged: Mapping[str, Judged] = field(default_factory=dict, repr=False, compare=False)
    graph: Graph = field(default_factory=Graph, repr=False, compare=False)

    def parameters(self, node: str | None = None) -> int:
        """How many numbers one node learns, in all its copies, or all nodes together; shared ones count at their owner."""
        if node is None:
            return sum(self.parameters(node) for node in self.weights)
        if node in self.members:
            return sum(self.parameters(member) for member in self.members[node])
        shared = self.shared.get(node, ())
        own = [shape for name, shape in self.weights.get(node, {}).items() if name not in shared]
        return self.copies.get(node, 1) * sum(prod(shape) for shape in own)

    def learns(self, node: str) -> bool:
        """Whether a node has weights; one whose weights nobody knows may have some."""
        return bool(self.weights.get(node)) or node in self.untested

    def problems_of(self, node: str) -> list[Problem]:
        return [problem for problem in self.problems if problem.node == node]

    @property
    def blocking(self) -> list[Problem]:
        """The problems that stand between this project and a training run."""
        return [problem for problem in self.problems if problem.severity == ERROR]


def infer(project: Project, before: Inferred | None = None) -> Inferred:
    """Shapes and weights of the whole graph.

    A node behind a faulty one gets no shape and no complaint of its own, so that each mistake is told once. What
    `before` says of nodes that an edit left as they were is taken over, so that an edit costs little in a large graph.
    """
    return _Walk(project, before).run()


class _Walk:
    """One pass over the graph in topological order."""

    def __init__(self, project: Project, before: Inferred | None) -> None:
        self.graph: Graph = project.graph
        self.known = before
        self.fields, self.problems = fields_of(project.data)
        same_data = before is not None and before.fields == {f.name: f for f in self.fields}
        self.before: Mapping[str, Judged] = before.judged if before is not None and same_data else {}
        self.judged: dict[str, Judged] = {}
        self.inside: dict[str, list[Node]] = {}
        self.copies: dict[str, int] = {}
        self.entering: dict[str, Shape] = {}
        self.sets = 1  # how many sets of weights there are where we are now
        self.layers: dict[str, Layer] = {}
        self.inputs: dict[tuple[str, str], Shape] = {}
        self.outputs: dict[tuple[str, str], Shape] = {}
        self.weights: dict[str, dict[str, tuple[int, ...]]] = {}

    def run(self) -> Inferred:
        order, circular = self._order()
        if circular:
            self._add(complaints.cycle(self.graph, circular))
        for id in order:
            node = self.graph.nodes[id]
            self.inside.setdefault(node.parent, []).append(node)
        for node in self.inside.get("", ()):
            self._visit(node)
        shared = find_shared(self.graph, self.layers, self.weights)
        return Inferred(
            tuple(order),
            self.layers,
            self.inputs,
            self.outputs,
            self.weights,
            {f.name: f for f in self.fields},
            (*self.problems, *shared.problems),
            self._members(),
            self.copies,
            shared.tensors,
            frozenset(node for node, found in self.judged.items() if found.weights is None),
            self.judged,
            self.graph,
        )

    def _order(self) -> tuple[list[str], list[str]]:
        """The order before, where neither a wire nor the list of nodes was touched, or another."""
        known = self.known
        if known is not None and self.graph.has_wires_of(known.graph) and len(known.order) == len(self.graph.nodes):
            return list(known.order), []
        return self.graph.order()

    def _into(self, node: str) -> Mapping[str, Edge]:
        return self.graph.incoming.get(node, UNWIRED)

    def _members(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for node in self.weights:
            for block in ancestors(self.graph, node):
                found.setdefault(block.id, []).append(node)
        return {block: tuple(nodes) for block, nodes in found.items()}

    def _still_holds(self, node: Node) -> bool:
        """Take over what was found before, if neither the node nor what arrives there, nor its content, is another."""
        if node.id in self.judged:  # looked at with the block around it, of which something else did not hold
            return True
        known = self.before.get(node.id)
        if known is None or known.node is not node:
            return False
        into = self._into(node.id)
        if node.type == BLOCK_INPUT and node.parent:  # nothing is wired to it: it sends what enters the block
            shape = self.entering.get(node.id)
            if shape is None or known.outputs.get((node.id, "y")) != shape:
                return False
        elif len(into) != len(known.inputs):
            return False
        for port, edge in into.items():
            shape = self.outputs.get((edge.source, edge.source_port))
            if shape is None or (known.arrived.get(port) is not shape and known.arrived.get(port) != shape):
                return False
        if known.inside is not None and not self._content_holds(known):
            return False
        self._record(known)
        return True

    def _content_holds(self, known: Judged) -> bool:
        """Take over what is in a block at which the same arrives, up to the first node of which more has to be known."""
        node, inside = known.node, self.inside.get(known.node.id, [])
        assert isinstance(known.layer, Block)
        assert known.inside is not None
        if len(inside) != len(known.inside) or not all(map(is_, inside, known.inside)):
            return False
        self.entering |= block_shapes.entering(self.graph, node, known.layer, known.arrived)
        outer, self.sets = self.sets, self.sets * known.layer.copies
        holds = all(map(self._still_holds, inside))
        self.sets = outer
        return holds

    def _record(self, found: Judged) -> None:
        id = found.node.id
        self.judged[id] = found
        if found.node.parent and (found.weights or found.layer.must_run):
            self.copies[id] = self.sets
        self.layers[id] = found.layer
        self.inputs |= found.inputs
        self.outputs |= found.outputs
        if found.weights:
            self.weights[id] = found.weights

    def _visit(self, node: Node) -> None:
        if self._still_holds(node):
            return
        layer = self._layer_of(node)
        if layer is None:
            return
        if not self._wires_known(node, layer):
            return
        shapes = self._arriving(node, layer)
        if shapes is None:
            return
        try:
            if is_passage(node, layer):
                made, weights = let_through(layer, shapes), {}
            elif layer.role == "block":
                made, weights = self._visit_block(node, layer, shapes), {}
                if made is None:
                    return
            elif layer.role == "block_input" and node.parent:
                made, weights = self.entering[node.id], {}
            else:
                self._refuse_misplaced(node, layer)
                made = self._input_shape(layer) if layer.role == "input" else layer.shapes(**shapes)
                weights = tested.weights(layer, shapes) if layer.must_run else layer.weights(**shapes)
        except ShapeError as error:
            self._complain_of_shape(node, error)
            return
        by_port = made if isinstance(made, dict) else dict.fromkeys(list(layer.outputs())[:1], made)
        arrived = {(node.id, port): shape for port, shape in shapes.items() if shape is not None}
        sent = {(node.id, port): shape for port, shape in by_port.items()}
        is_open = layer.role == "block" and not is_passage(node, layer)
        inside = self.inside.get(node.id, []) if is_open else None
        self._record(Judged(node, layer, shapes, weights, arrived, sent, inside))

    def _visit_block(self, node: Node, layer: Layer, shapes: dict[str, Shape | None]) -> dict[str, Shape] | None:
        """What the content of a block makes of these shapes; None if something inside is wrong, and told there."""
        assert isinstance(layer, Block)
        entering = block_shapes.entering(self.graph, node, layer, shapes)
        self.entering |= entering
        outer, self.sets = self.sets, self.sets * layer.copies
        told = len(self.problems)
        for child in self.inside.get(node.id, ()):
            self._visit(child)
        self.sets = outer
        leaving = {port: self.inputs.get((port, "x")) for port in layer.outputs()}
        if any(shape is None for shape in leaving.values()):
            if len(self.problems) == told:
                raise ShapeError(
                    tr("A block input inside feeds nothing that reaches its outputs; open the block and wire it.")
                )
            return None
        known = {port: shape for port, shape in leaving.items() if shape is not None}
        return block_shapes.leaving(self.graph, node, layer, entering, known, shapes)

    def _refuse_misplaced(self, node: Node, layer: Layer) -> None:
        if node.bypassed and layer.role not in AROUND:
            message = tr("{kind} nodes cannot be bypassed. End the bypass.", kind=tr(layer.title()))
            raise ShapeError(message, fixes=(end_bypass(),))
        if node.parent and layer.role in ("input", "output", "loss"):
            message = tr(
                "{kind} nodes belong outside of blocks. Lead the value through a block port.", kind=tr(layer.title())
            )
            raise ShapeError(message)

    def _layer_of(self, node: Node) -> Layer | None:
        cls = class_of(self.graph, node)
        if cls is None:
            self._add(complaints.unknown_type(node))
            return None
        faults = complaints.of_options(node, cls)
        if faults:
            self.problems += faults
            return None
        layer = self.layers[node.id] = cls(**node.options)
        return layer

    def _wires_known(self, node: Node, layer: Layer) -> bool:
        strange = [
            edge
            for port, edge in self._into(node.id).items()
            if port not in layer.inputs() and not self._is_told_inside(node, port)
        ]
        for edge in strange:
            known = ", ".join(port.title for port in layer.inputs().values()) or tr("none")
            message = tr(
                "{node} has no input {port!r} (it has: {known}). Remove this wire.",
                node=label(node),
                port=edge.target_port,
                known=known,
            )
            self._add(Problem("no_port", message, node.id, edge.target_port, edge.id, where=label(node)))
        return not strange

    def _is_told_inside(self, node: Node, port: str) -> bool:
        """Whether the port of a block is missing because its node inside is of an unknown type."""
        inside = self.graph.nodes.get(port)
        return inside is not None and inside.parent == node.id and class_of(self.graph, inside) is None

    def _arriving(self, node: Node, layer: Layer) -> dict[str, Shape | None] | None:
        """Shapes by input port, or None when something upstream is missing (told there, not here)."""
        shapes: dict[str, Shape | None] = {}
        complete = True
        for port, declared in layer.inputs().items():
            edge = self._into(node.id).get(port)
            if edge is None:
                shapes[port] = None
                if not declared.optional and not (node.bypassed and is_passage(node, layer)):
                    complete = False
                    where = label(node)
                    told = tr("Nothing is wired to input {port!r} of {where}.", port=declared.title, where=where)
                    message = sentences(told, tr(declared.help))
                    self._add(Problem("open_port", message, node.id, port, where=where))
                continue
            shape = self.outputs.get((edge.source, edge.source_port))
            if shape is None:
                complete = False
                self._check_source(node, edge)
                continue
            shapes[port] = self.inputs[node.id, port] = shape
        return shapes if complete else None

    def _check_source(self, node: Node, edge: Edge) -> None:
        layer = self.layers.get(edge.source)
        if layer is not None and edge.source_port not in layer.outputs():
            source = self.graph.nodes[edge.source]
            message = tr(
                "{node} has no output {port!r}. Remove this wire and draw it again.",
                node=label(source),
                port=edge.source_port,
            )
            self._add(Problem("no_port", message, node.id, edge.target_port, edge.id, where=label(node)))

    def _input_shape(self, layer: Layer) -> Shape:
        chosen = layer.values["field"]
        for known in self.fields:
            if known.name == chosen:
                return Shape.parse(f"{known.dtype} B {known.shape}")
        names = [known.name for known in self.fields]
        if not names:
            raise ShapeError(tr("There is no data yet. Choose a data set in the project settings."))
        fixes = [Fix(tr("Use {name}", name=name), "set_option", {"name": "field", "value": name}) for name in names]
        known = ", ".join(names)
        message = tr("No field is chosen; the data has: {known}.", known=known)
        if chosen:
            message = tr("The data has no field {name!r}; it has: {known}.", name=chosen, known=known)
        raise ShapeError(message, fixes=fixes)

    def _complain_of_shape(self, node: Node, error: ShapeError) -> None:
        arrived = {port: shape for port in self._into(node.id) if (shape := self.inputs.get((node.id, port)))}
        self._add(complaints.misfit(self.graph, node, error, self._into(node.id), arrived))

    def _add(self, problem: Problem) -> None:
        self.problems.append(problem)
