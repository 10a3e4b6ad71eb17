"""A model of which every process of a team holds a share: weights, gradients and the optimizer's state (FSDP2).

The weights of a part of the model are gathered from all processes just before it runs, forward or backward, and let go
of behind it; gradients are added up and shared out in the same way (Rajbhandari et al. 2019; Zhao et al. 2023). What a
process holds is a `DTensor`, which stands for the whole tensor and has some of its rows. Whoever wants the rows of the
others has to ask at the same moment as they do: a gathering in which one is missing waits for ever.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.optim.swa_utils import AveragedModel

from netlab.compiler.blocks import ancestors
from netlab.compiler.source import where
from netlab.engine.build import Built
from netlab.engine.distributed import Readings, Team, TeamError
from netlab.engine.optim import CURVATURE, averaged
from netlab.language import tr
from netlab.layers.block import PLAIN, Block

SHARDED = "fsdp"
LARGE = 1 << 18  # numbers from which on the weights of one node are gathered by themselves, not with the rest


class Sharded:
    """A model spread over a team. Every process makes it of the same model, and of the same settings.

    Attributes:
        average: the running mean of the weights, spread in the same way, if there is one.
        judged: the model to validate, which all have to run together: it gives readings, and no predictions.

    Raises:
        TeamError: this model, or these settings, need whole weights.
    """

    def __init__(self, built: Built, training: dict[str, Any], device: torch.device, team: Team) -> None:
        from torch.distributed.device_mesh import init_device_mesh  # loads slowly, and only shares need it

        _refuse_whole_weights(built, training)
        team.work_on(device)
        self._built, self._team = built, team
        self._bare = _without_weights(built.model)
        self.average: AveragedModel | None = averaged(built.model, training)
        mesh = init_device_mesh(device.type, (team.size,))
        self._root = _spread(built, built.model, mesh, compiles=training["compile"])
        judged = self._root if self.average is None else _spread(built, self.average.module, mesh)
        self.judged = replace(built, model=judged)

    def __call__(self, **fields: torch.Tensor) -> tuple[None, dict[str, torch.Tensor]]:
        """The readings of this process's rows; going backward leaves it its share of the mean of all gradients."""
        self._follow_the_leader()
        return self._root(**fields)

    def whole(self) -> Built | None:
        """The model with all its weights, on the CPU, for the leader to look into; None for the others."""
        state = {name: whole(tensor).cpu() for name, tensor in self._built.model.state_dict().items()}
        if not self._team.leads:
            return None
        model = copy.deepcopy(self._bare)
        model.load_state_dict(state, assign=True)
        model.__class__ = type(self._built.model)  # its text changes with the weight of a loss
        return replace(self._built, model=model.train(self._built.model.training))

    @torch.no_grad()
    def _follow_the_leader(self) -> None:
        """Take over the leader's buffers, such as the running means of a batch normalisation, as DDP does."""
        kinds: dict[torch.dtype, list[torch.Tensor]] = {}
        for buffer in self._built.model.buffers():
            kinds.setdefault(buffer.dtype, []).append(buffer)
        for buffers in kinds.values():
            joined = torch.cat([buffer.flatten() for buffer in buffers])
            dist.broadcast(joined, 0)
            for buffer, told in zip(buffers, joined.split([b.numel() for b in buffers]), strict=True):
                buffer.copy_(told.view_as(buffer))


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor with the rows of all processes, for the leader; the others, which have to ask as well, get an empty one.

    A tensor that is not shared out is given back as it is.
    """
    if not is_share(tensor):
        return tensor
    share: Any = tensor.detach()
    found = share.full_tensor()
    return found if share.device_mesh.get_rank() == 0 else found.new_empty(0)


def local(tensor: torch.Tensor) -> torch.Tensor:
    """What this process holds of a tensor: its rows of a shared one."""
    return tensor.to_local() if is_share(tensor) else tensor  # type: ignore[operator] - of a DTensor


def shared_as(tensor: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """A whole tensor, which every process has, shared out as `wanted` is; as it is where that is not shared out."""
    if not is_share(wanted):
        return tensor
    from torch.distributed.tensor import distribute_tensor

    spread: Any = wanted
    given = tensor.to(wanted.device)
    return distribute_tensor(given, spread.device_mesh, spread.placements, src_data_rank=None)


def is_share(tensor: torch.Tensor) -> bool:
    """Whether it is a `DTensor`; asked without the module of that name, which takes a while to load."""
    return hasattr(tensor, "full_tensor")


def _refuse_whole_weights(built: Built, training: dict[str, Any]) -> None:
    if training["optimizer"] in CURVATURE:
        raise TeamError(
            tr("L-BFGS needs all weights in one process. Choose another optimizer, or set parallel to ddp.")
        )
    nodes = built.nodes()
    for name, weight in built.model.named_parameters():
        if not weight.dim():
            place = where(built.project, nodes[name])
            message = tr(
                "{place} learns a single number without an axis. Give it the shape [1], or set parallel to ddp.",
                place=place,
            )
            raise TeamError(message)


def _without_weights(model: nn.Module) -> nn.Module:
    """A copy of a model, buffers included, whose weights are on the meta device and take no memory."""
    instead: dict[int, Any] = {
        id(p): nn.Parameter(torch.empty_like(p, device="meta"), p.requires_grad) for p in model.parameters()
    }
    return copy.deepcopy(model, instead)


def _spread(built: Built, model: nn.Module, mesh: Any, compiles: bool = False) -> nn.Module:
    """Share out the weights of a model, in place; what is returned is to be run in its stead.

    Nothing stays gathered behind a pass, neither the rest that belongs to no unit, as torch would have it: so between
    two passes every weight is a share, whoever asks for it.
    """
    from torch.distributed.fsdp import fully_shard

    for unit in _units(built, model):
        fully_shard(unit, mesh=mesh, reshard_after_forward=True)
    run: Any = torch.compile(model) if compiles else model
    root = Readings(run, built.loss_weights)  # the class of the model itself is to stay ours
    fully_shard(root, mesh=mesh, reshard_after_forward=True)
    return root


def _units(built: Built, model: nn.Module) -> Iterator[nn.Module]:
    """The parts whose weights are gathered by themselves: copies of repeated blocks, and nodes with many weights.

    What runs several times in one pass is none, nor is what uses the weights of another part.
    """
    holders: dict[nn.Parameter, set[nn.Module]] = {}
    for module in model.modules():
        for parameter in module.parameters(recurse=False):
            holders.setdefault(parameter, set()).add(module)
    taken: set[nn.Module] = set()
    for unit in (model.get_submodule(path) for path in _paths(built)):
        inside = set(unit.modules())
        if not inside & taken and all(holders[parameter] <= inside for parameter in unit.parameters()):
            taken |= inside
            yield unit


def _paths(built: Built) -> Iterator[str]:
    """Paths of modules that may be units, blocks before what is in them."""
    layers, graph = built.inferred.layers, built.project.graph
    for node, places in built.source.modules_of_node.items():
        layer = layers[node]
        around = [layers.get(block.id) for block in ancestors(graph, node)]
        if not all(isinstance(block, Block) and (block.is_list or block.mode == PLAIN) for block in around):
            continue
        for path, _ in places:
            if isinstance(layer, Block):
                yield from (f"{path}.{i}" for i in range(layer.copies) if layer.is_list)
            elif sum(p.numel() for p in built.model.get_submodule(path).parameters()) >= LARGE:
                yield path
