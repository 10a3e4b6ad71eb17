"""Python's own documentation as text, for language models."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from functools import cache
from pathlib import Path

import numpy as np

from netlab.data import tokenizer
from netlab.data.dataset import Dataset, Field, Source
from netlab.data.files import parts
from netlab.data.findings import Progress, silent
from netlab.data.remembered import Remembered
from netlab.data.texts import next_token
from netlab.data.tokenizer import Tokenizer
from netlab.options import Bool, Choice, Float, Int

OTHERS = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "turtledemo", "__pycache__"}
SHORTEST = 40


class PythonDocs(Source):
    """The help topics that every Python carries: half a million characters of technical English.

    A row is a window of `context` tokens; `next_token` is the same window one token later. The parts are cut from
    the text in order, so that no validation window overlaps a training one.
    """

    title = "Python documentation"
    about = "What comes next in Python's own help text? About 465,000 characters, by characters or byte pairs."
    task = "next_token"
    licence = "PSF-2.0"
    origin = "pydoc_data.topics of the running Python"
    size = 465_000
    validation = Float(0.1, min=0.0, max=0.9, help="Share of the text, behind the training part, for validation.")
    test = Float(0.1, min=0.0, max=0.9, help="Share of the text, at the end, for the final test.")
    tokenizer = Choice("char", ("char", "bpe"), help="One token a character, or byte pairs learned from the text.")
    vocab_size = Int(1024, min=257, max=32768, unit="tokens", help="Size of the byte-pair vocabulary; unused by char.")
    context = Int(64, min=2, max=4096, unit="tokens", help="Length of a window.")
    docstrings = Bool(False, help="Mix in the docstrings of the standard library: three times the text, some seconds.")

    def fields(self) -> tuple[Field, ...]:
        size = _char_tokenizer().size if self.tokenizer == "char" else self.vocab_size
        shape = f"T={self.context}"
        return Field("tokens", shape, "int", "tokens", size), Field("next_token", shape, "int", "tokens", size)

    def load(self, progress: Progress = silent) -> Dataset:
        reading, learning = parts(progress, 4, 1)
        whole = text(self.docstrings, progress=reading)
        cuts = self.cut(np.arange(len(whole)))  # by characters, so that the vocabulary sees training text only
        bounds = [len(cuts["train"]), len(cuts["train"]) + len(cuts["val"])]
        texts = [whole[: bounds[0]], whole[bounds[0] : bounds[1]], whole[bounds[1] :]]
        words = _char_tokenizer() if self.tokenizer == "char" else _bpe(texts[0], self.vocab_size, progress=learning)
        columns, splits = next_token(texts, words, self.context)
        return Dataset(self.fields(), columns, splits, tokenizer=words)


@Remembered
def text(docstrings: bool, progress: Progress) -> str:
    """All help topics in alphabetical order; or mixed with the docstrings of the standard library."""
    from pydoc_data.topics import topics

    told = [topics[name].strip() for name in sorted(topics)]
    if docstrings:
        told += _docstrings(progress=progress)
        told = [told[i] for i in np.random.Generator(np.random.Philox(0)).permutation(len(told))]
    return "\n\n".join(told)


@Remembered
def _docstrings(progress: Progress) -> tuple[str, ...]:
    """The docstrings of the standard library that have a sentence or more, each once."""
    root = Path(sysconfig.get_path("stdlib"))
    found: dict[str, None] = {}
    paths = [path for path in sorted(root.rglob("*.py")) if not OTHERS & set(path.relative_to(root).parts)]
    for number, path in enumerate(paths, 1):
        progress(number / len(paths))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # odd escapes in old modules
                tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):  # deliberately broken files of tests
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                told = ast.get_docstring(node)
                if told and len(told) >= SHORTEST:
                    found[told] = None
    return tuple(found)


@cache
def _char_tokenizer() -> Tokenizer:
    return tokenizer.train("char", text(False))


@Remembered
def _bpe(part: str, vocab_size: int, progress: Progress) -> Tokenizer:
    return tokenizer.train("bpe", part, vocab_size, progress=progress)
