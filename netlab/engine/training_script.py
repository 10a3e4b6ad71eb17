"""A training script that needs only torch and numpy: the same rows, weights and numbers as the run in NetLab.

What the settings do not ask for is not in it. Rules that are more than a line (schedules, early stopping, what is drawn
anew in each epoch) are written out word for word from the modules that the engine follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from netlab.compiler.extract import definitions, import_lines
from netlab.data import draws as data_draws
from netlab.data.draws import Draw
from netlab.document import schedules
from netlab.document.optimizers import rule
from netlab.document.schedules import SCHEDULES
from netlab.document.training import Training
from netlab.engine import drawing, means, progress
from netlab.engine.build import Built
from netlab.engine.optim import CURVATURE, Group, frozen_epochs, grouped
from netlab.engine.precision import WORK_SPACE
from netlab.engine.training_texts import COUNTED_PARTS, DRAWS, MEANS, PARTS, SCRIPT, SEE, TEAM


@dataclass(frozen=True)
class _Plan:
    """What the script is made from: the model, its settings, and what of them is not as usual."""

    built: Built
    training: dict[str, Any]

    @property
    def follows(self) -> bool:
        """Whether the learning rate changes from step to step."""
        return self.training["schedule"] != "constant" or self.training["warmup_steps"] > 0

    @property
    def watches(self) -> bool:
        """Whether the validation loss decides on anything."""
        return self.training["early_stopping"] == "stop" or self.training["schedule"] == "plateau"

    @property
    def searches(self) -> bool:
        return self.training["optimizer"] in CURVATURE

    @property
    def scales(self) -> bool:
        return self.training["precision"] == "float16" and not self.searches

    @property
    def model(self) -> str:
        """What trains; `model` itself is what is judged and kept."""
        return "fast" if self.training["compile"] else "model"

    @property
    def split(self) -> bool:
        return self.training["micro_batches"] > 1

    @property
    def clips(self) -> bool:
        return self.training["clip"] != "none" and not self.searches

    @property
    def counted(self) -> dict[str, tuple[str, int]]:
        """Readings that are means over the targets that count, as the source has them, by what the model calls fields."""
        source = self.built.source
        return {name: (source.parameters[field], ignored) for name, (field, ignored) in source.counted.items()}

    @property
    def frozen(self) -> dict[str, int]:
        """Epochs for which weights stay as they are, by their names."""
        return frozen_epochs(self.built)


def training_script(built: Built, draws: Iterable[Draw] = ()) -> str:
    """The text of ``train.py``; it expects ``model.py`` and ``data.npz`` beside it.

    If the project begins with given weights they are in ``start.npz``, and if there are `draws` they are in ``draws.py``.
    """
    training = Training(**built.project.training).values
    plan, source = _Plan(built, training), built.source
    imports, written = _definitions(plan)
    imports |= {"import numpy as np", "import torch", "from model import Model"}
    imports |= {"import os"} if training["deterministic"] else set()
    imports |= {"from draws import DRAWS, drawn"} if draws else set()
    imports |= (
        {"from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn"} if training["ema_decay"] else set()
    )
    return SCRIPT.format(
        title=built.project.title.encode("ascii", "replace").decode().replace('"', "'"),
        imports=import_lines(imports),
        **{name: training[name] for name in ("seed", "epochs", "batch_size", "learning_rate")},
        inputs=repr([source.parameters[name] for name in (*source.inputs, *source.targets)]),
        team=TEAM.format(processes=training["processes"]) if training["processes"] > 1 else "",
        device=_device(training["device"].partition(":")[0]),  # which GPU it was is a matter of that machine
        constants="".join(f"{name} = {value!r}\n" for name, value in _constants(plan).items()),
        definitions=written + "\n\n\n" if written else "",
        evaluated="-(-BATCH_SIZE // MICRO_BATCHES)" if plan.split else "BATCH_SIZE",
        batch="batch"
        if not draws
        else "batch if epoch is None else drawn(batch, DRAWS, SEED, epoch, torch.from_numpy(part))",
        run=_run(plan),
        parts=(COUNTED_PARTS if plan.counted else PARTS) if plan.split else "",
        sums="sums = Sums(COUNTED, LOSS_WEIGHTS)" if plan.counted else "totals, count = {}, 0",
        see=_indented(3, ["sums.see(run(model, batch), batch)"] if plan.counted else SEE),
        means="sums.means()" if plan.counted else MEANS,
        prepare=_indented(1, _prepare(plan)),
        thaw=_indented(2, _thaw(plan)),
        rate=_indented(3, _rate(plan)),
        step=_indented(3, _step(plan)).rstrip("\n"),
        judged="average.module" if training["ema_decay"] else "model",
        judge=_indented(3, _judge(plan)),
    )


def draws_module(draws: tuple[Draw, ...]) -> str:
    """The text of ``draws.py``."""
    imports, written = definitions([Path(data_draws.__file__), Path(drawing.__file__)], ["drawn"])
    return DRAWS.format(imports=import_lines(imports), definitions=written, draws=repr(draws))


def _definitions(plan: _Plan) -> tuple[set[str], str]:
    """Functions of the schedule and of early stopping, and what they import."""
    imports: set[str] = set()
    texts: list[str] = []
    if plan.follows:
        shape = SCHEDULES[plan.training["schedule"]].factor.__name__
        found, text = definitions([Path(schedules.__file__)], ["warmed", shape])
        imports |= found
        texts.append(text)
    if plan.watches:
        found, text = definitions([Path(progress.__file__)], ["Progress"])
        imports |= found
        texts.append(text)
    if plan.counted:
        found, text = definitions([Path(means.__file__)], ["Sums", *(["contribution"] if plan.split else [])])
        imports |= found
        texts.append(text)
    return imports | ({"from __future__ import annotations"} if texts else set()), "\n\n\n".join(texts)


def _constants(plan: _Plan) -> dict[str, Any]:
    training, found = plan.training, dict[str, Any]()
    if plan.split:
        found["MICRO_BATCHES"] = training["micro_batches"]
    if plan.follows:
        names = ("warmup_steps", *SCHEDULES[training["schedule"]].settings)
        found["SCHEDULE"] = {name: training[name] for name in names}
    if plan.counted:
        found |= {"COUNTED": plan.counted, "LOSS_WEIGHTS": dict(plan.built.source.loss_weights)}
    if plan.frozen:
        found["FROZEN_EPOCHS"] = plan.frozen
    return found


def _device(wanted: str) -> str:
    return '"cuda" if torch.cuda.is_available() else "cpu"' if wanted == "auto" else repr(wanted)


def _run(plan: _Plan) -> str:
    call = f"return model(**batch{'' if plan.built.source.targets else ', compute_loss=True'})[1]"
    if plan.training["precision"] == "float32":
        return _indented(1, [call])
    return _indented(1, [f"with torch.autocast(DEVICE, torch.{plan.training['precision']}):", f"    {call}"])


def _prepare(plan: _Plan) -> list[str]:
    """From the fresh model to the optimizer."""
    training, lines = plan.training, list[str]()
    if training["start"]:
        lines += [
            'start = {name: torch.from_numpy(values) for name, values in np.load("start.npz").items()}',
            "model.load_state_dict(start)",
        ]
    if any(isinstance(module, nn.Conv2d | nn.ConvTranspose2d) for module in plan.built.model.modules()):
        lines.append("model = model.to(memory_format=torch.channels_last)")
    places = plan.built.source.modules_of_node
    for node in plan.built.project.graph.nodes.values():
        lines += [f"model.{name}.requires_grad_(False)" for name, _ in places.get(node.id, ()) if node.frozen]
    if training["deterministic"]:
        name, value = WORK_SPACE
        lines.append(f'os.environ["{name}"] = "{value}"  # else products on a GPU refuse')
        lines.append("torch.use_deterministic_algorithms(True)")
    if training["compile"]:
        lines.append("fast = torch.compile(model)")
    lines += _optimizers(plan)
    if training["ema_decay"]:
        lines.append(f"average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn({training['ema_decay']!r}))")
    if plan.scales:
        lines.append("scaler = torch.amp.GradScaler(DEVICE)")
    if plan.watches:
        lines.append("progress = Progress()")
    if plan.follows:
        lines += ['steps_per_epoch = len(data["split_train"]) // size']
    return lines


def _optimizers(plan: _Plan) -> list[str]:
    """One line for each optimizer of torch, and the weights of each group where they learn in different ways."""
    parts = grouped(plan.built, plan.training)
    lines = ["learning = [parameter for parameter in model.parameters() if parameter.requires_grad]"]
    made = []
    for key, groups in parts:
        told = {**plan.training, "optimizer": key}
        chosen = rule(told)
        keywords = {name: repr(value) for name, value in chosen.keywords(told).items()} | {"lr": "LEARNING_RATE"}
        if chosen.fused and not plan.frozen:
            keywords["fused"] = "True" if "cuda" in chosen.fused else f"DEVICE in {chosen.fused!r}"
        weights = "learning"
        if len(parts) > 1 or len(groups) > 1 or any(group.unusual for group in groups):
            weights = f"{key}_groups"
            lines += [f"{weights} = [", *[f"    {_group(plan, group)}" for group in groups], "]"]
        words = ", ".join(f"{name}={value}" for name, value in keywords.items())
        made.append(f"torch.optim.{chosen.torch_name}({weights}, {words})")
    if len(made) == 1:
        return [*lines, f"optimizer = {made[0]}"]
    return [*lines, "optimizers = [", *[f"    {one}," for one in made], "]"]


def _group(plan: _Plan, group: Group) -> str:
    factor, decay = group.learning_rate_factor, plan.training["weight_decay"] * group.weight_decay_factor
    told = {"lr": f"LEARNING_RATE * {factor!r}", "factor": repr(factor)}
    if rule(plan.training).decays:
        told["weight_decay"] = repr(decay)
    names = ", ".join(map(repr, group.names))
    words = ", ".join(f'"{name}": {value}' for name, value in told.items())
    return f'{{"params": [model.get_parameter(name) for name in ({names},)], {words}}},'


def _each(plan: _Plan, *lines: str) -> list[str]:
    """Lines about `optimizer`, for each that there is."""
    if len(grouped(plan.built, plan.training)) == 1:
        return list(lines)
    return ["for optimizer in optimizers:", *[f"    {line}" for line in lines]]


def _thaw(plan: _Plan) -> list[str]:
    if not plan.frozen:
        return []
    return [
        "for name, epochs in FROZEN_EPOCHS.items():",
        "    model.get_parameter(name).requires_grad_(epoch >= epochs)",
    ]


def _rate(plan: _Plan) -> list[str]:
    """The learning rate of the next update."""
    if not plan.follows:
        return []
    shape = SCHEDULES[plan.training["schedule"]].factor.__name__
    cuts = "progress.cuts" if plan.watches else "0"
    return [
        f"factor = warmed({shape}, SCHEDULE, step, EPOCHS * steps_per_epoch, steps_per_epoch, {cuts})",
        *_each(
            plan,
            "for group in optimizer.param_groups:",
            '    group["lr"] = LEARNING_RATE * factor * group.get("factor", 1.0)',
        ),
    ]


def _step(plan: _Plan) -> list[str]:
    """Forward, backward, update."""
    update = _search(plan) if plan.searches else _update(plan)
    if plan.training["ema_decay"]:
        update.append("average.update_parameters(model)")
    if plan.scales:
        update = [
            *_each(plan, "scaler.unscale_(optimizer)"),
            "if all(p.grad.isfinite().all() for p in learning if p.grad is not None):",
            *[f"    {line}" for line in update],
            "scaler.update()",
        ]
    gradients = [] if plan.searches and not plan.split else _backward(plan)
    forward = [f"readings = run({plan.model}, batch)"] if plan.searches and not plan.split else []
    return [*forward, *gradients, *update, "model.zero_grad(set_to_none=True)"]


def _backward(plan: _Plan) -> list[str]:
    scaled = "scaler.scale({})" if plan.scales else "{}"
    if not plan.split:
        loss = scaled.format('readings["loss"]')
        return [f"readings = run({plan.model}, batch)", f"{loss}.backward()"]
    told, share, detached = f"run({plan.model}, part)", "share", "value.detach() * share"
    loss = scaled.format('told["loss"] * share') if plan.scales else '(told["loss"] * share)'
    if plan.counted:
        told, share, detached = f"contribution({told}, share, shares, LOSS_WEIGHTS)", "share, shares", "value.detach()"
        loss = scaled.format('told["loss"]')
    return [
        "readings = {}",
        f"for part, {share} in parts(batch):",
        f"    told = {told}",
        f"    {loss}.backward()",
        "    for name, value in told.items():",
        f"        readings[name] = readings.get(name, 0) + {detached}",
    ]


def _update(plan: _Plan) -> list[str]:
    training, lines = plan.training, list[str]()
    if plan.clips:
        lines.append(f"torch.nn.utils.clip_grad_{training['clip']}_(learning, {training['clip_at']!r})")
    if not plan.scales:
        return lines + _each(plan, "optimizer.step()")
    if not plan.frozen:
        return lines + _each(plan, "scaler.step(optimizer)")
    learns = 'if any(p.grad is not None for group in optimizer.param_groups for p in group["params"]):'
    return lines + _each(plan, learns, "    scaler.step(optimizer)")


def _search(plan: _Plan) -> list[str]:
    """An optimizer that goes through the batch as often as it likes."""
    if plan.split:
        body = [
            "total = 0.0",
            "for part, share, shares in parts(batch):" if plan.counted else "for part, share in parts(batch):",
            f'    loss = contribution(run({plan.model}, part), share, shares, LOSS_WEIGHTS)["loss"]'
            if plan.counted
            else f'    loss = run({plan.model}, part)["loss"] * share',
            "    loss.backward()",
            "    total += loss.detach()",
            "return total",
        ]
    else:
        body = [f'loss = run({plan.model}, batch)["loss"]', "loss.backward()", "return loss"]
    again = ["", "def again():", *[f"    {line}" for line in ("model.zero_grad(set_to_none=True)", *body)], ""]
    return [*again, 'if optimizer.param_groups[0]["lr"] > 0:', "    optimizer.step(again)"]


def _judge(plan: _Plan) -> list[str]:
    """What the validation loss of an epoch decides."""
    training = plan.training
    if not plan.watches:
        return []
    lines = ['progress.see(step, told["loss"])']
    if training["schedule"] == "plateau":
        lines.append(f"progress.cut({training['schedule_epochs']})")
    if training["early_stopping"] == "stop":
        lines += [f"if progress.stale >= {training['patience']}:", "    break"]
    return lines


def _indented(depth: int, lines: Iterable[str]) -> str:
    return "".join(f"{'    ' * depth}{line}\n" if line else "\n" for line in lines)
