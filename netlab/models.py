"""The commands that ask trained models and that let models in and out. Heavy imports stand inside the functions."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

FINE = 0


def add_to(command: Callable[..., Any]) -> None:
    """Declare predict, generate, attention, trust and export."""
    predict = command(
        "predict", _predict, "ask a trained model about rows of its data, values, image files or text", "target"
    )
    predict.add_argument("inputs", nargs="+", metavar="INPUT")
    predict.add_argument("--beam", type=int, default=1, metavar="N", help="rows to go on with while a text is written")
    _generate_arguments(command("generate", _generate, "let a trained language model continue a text", "target"))
    attention = command("attention", _attention, "where every layer and head looks in a text", "target")
    attention.add_argument("--text", required=True)
    trust = command("trust", _trust, "read the Python code in a project and agree that it may run", "file", json=False)
    trust.add_argument("--yes", action="store_true", help="agree without being asked")
    export = command(
        "export", _export, "write the model of a run or project in another format", "target", "out", json=False
    )
    export.add_argument("--to", required=True, choices=["python", "onnx", "pt2", "safetensors"])


def _generate_arguments(generate: argparse.ArgumentParser) -> None:
    generate.add_argument("--prompt", required=True)
    generate.add_argument("--max-tokens", type=int, default=200)
    generate.add_argument("--temperature", type=float, default=1.0)
    generate.add_argument("--top-k", type=int)
    generate.add_argument("--top-p", type=float)
    generate.add_argument("--seed", type=int, default=0)


def _predict(options: Any) -> int:
    from netlab.engine.explore import Model, predict

    answers = predict(Model.of(options.target), options.inputs, options.beam)
    if options.json:
        print(json.dumps(answers, ensure_ascii=False, indent=2))
    else:
        print("\n".join(f"{told['input']}: {_said(told)}" for told in answers))
    return FINE


def _said(told: dict[str, Any]) -> str:
    """An answer in one line: a class, labels, a text, tokens or numbers."""
    if "labels" in told:
        return ", ".join(told["answer"]) or "none of its labels"
    keys = ("answer", "text", "tokens", "value", "shape")
    return str(next(told[key] for key in keys if key in told))


def _generate(options: Any) -> int:
    from netlab.engine.decoding import Sampling
    from netlab.engine.explore import Model, generate

    sampling = Sampling(options.temperature, options.top_k, options.top_p, options.seed)
    pieces = generate(Model.of(options.target), options.prompt, options.max_tokens, sampling)
    if options.json:
        print(json.dumps({"prompt": options.prompt, "text": "".join(pieces)}, ensure_ascii=False))
        return FINE
    print(options.prompt, end="")
    for piece in pieces:
        print(piece, end="", flush=True)
    print()
    return FINE


def _attention(options: Any) -> int:
    from netlab.engine.attending import attention
    from netlab.engine.explore import Model

    layers = attention(Model.of(options.target), options.text)
    if options.json:
        print(json.dumps(layers, ensure_ascii=False))
        return FINE
    for layer in layers:
        for head, rows in enumerate(layer["weights"]):
            print(f"{layer['name']}, head {head + 1}")
            print(f"  {'':>6}  " + " ".join(f"{token:>4}" for token in layer["keys"]))
            for token, row in zip(layer["tokens"], rows, strict=True):
                print(f"  {token:>6}  " + " ".join(f"{weight:.2f}" for weight in row))
    return FINE


def _trust(options: Any) -> int:
    from netlab.compiler.check import check
    from netlab.compiler.consent import unread
    from netlab.compiler.problem import label_among
    from netlab.document import file
    from netlab.document.trust import trust
    from netlab.runs.store import PROJECT

    path = Path(options.file)
    project = file.load(path / PROJECT if path.is_dir() else path)
    texts = unread(check(project, fixes=False))
    for text, nodes in texts.items():
        print(f"--- {', '.join(label_among(project.graph, node) for node in nodes)}\n{text}")
        if not options.yes and input("May this code run on this machine? [y/N] ").strip().lower() not in ("y", "yes"):
            print("It stays as it is: it will not run.")
            return 1
        trust(text)
    print(f"Agreed to {len(texts)}." if texts else "There is no code that you have not agreed to.")
    return FINE


def _export(options: Any) -> int:
    from netlab.engine.exporting import export

    print(export(Path(options.target), options.to, Path(options.out)))
    return FINE
