"""Text classes: a table with a column of texts and one of classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from netlab.data import splitting
from netlab.data.columns import ColumnFacts, cells
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.files import parts
from netlab.data.findings import Ledger, Progress, silent
from netlab.data.judging import judge
from netlab.data.tables import TableFacts, TableFile, head_of, read_all
from netlab.data.texts import TokenOptions, cut_short, padded
from netlab.language import tr
from netlab.options import Int, Text

SPECIALS = ("[PAD]",)
LONGEST = 256


class TextClasses(TokenOptions, TableFile):
    """Texts with a class each. The vocabulary is learned from the training rows; padding has the index 0."""

    title = "Texts with classes"
    about = "A table with a column of texts and one of classes: mood, topic, language, spam."
    task = "classification"
    text_column = Text(
        "", suggests="columns", max_length=1000, help="The texts; without one, the first column of texts."
    )
    label_column = Text("", suggests="columns", max_length=1000, help="The classes; else the first with few values.")
    context = Int(64, min=1, max=4096, unit="tokens", help="How many tokens of a text are read.")

    @classmethod
    def likes(cls, path: Path) -> float:
        if not super().likes(path):
            return 0.0
        columns = head_of(path)
        return 0.7 if sorted(c.kind for c in columns if not c.counting) in (
            ["category", "text"], ["number", "text"]
        ) and any(c.classes for c in columns) else 0.0  # fmt: skip

    def advise(self, facts: TableFacts) -> dict[str, Any]:
        try:
            text = self._columns(facts)[0]
        except DataError:
            return {}
        return {"context": min(max(text.longest, 2), LONGEST)} if self.tokenizer in ("char", "byte") else {}

    def fields(self) -> tuple[Field, ...]:
        text, label = self._columns(self.facts)
        size = self.tokens_at_most(text.letters, len(SPECIALS))
        tokens = Field("tokens", f"T={self.context}", "int", "tokens", size)
        return tokens, Field("label", "", "int", "label", len(label.classes), label.classes)

    def load(self, progress: Progress = silent) -> Dataset:
        fields, ledger = self.fields(), Ledger()
        reading, learning = parts(progress, 1, 1)
        text, label = self._columns(self.facts)
        index = {name: i for i, name in enumerate(label.classes)}
        texts, labels = [], []
        for chunk in read_all(self, ledger, reading):
            for read, named, line in zip(
                cells(chunk.frame[text.name]), cells(chunk.frame[label.name]), chunk.lines, strict=True
            ):
                if read is None or named not in index:
                    message = tr("there is no text") if read is None else tr("{name!r:.80} is no class", name=named)
                    column = text.name if read is None else label.name
                    ledger.bad_row(
                        "no_text" if read is None else "unknown_class", message, int(line), column, read or ""
                    )
                    continue
                texts.append(read)
                labels.append(index[named])
        if not texts:
            raise DataError(tr("{name} has no text with a class to train on.", name=self.place.name))
        y = np.array(labels, np.int64)
        try:
            splits = splitting.stratified(y, self.validation, self.test, self.split_seed)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        words = self.learned([texts[row] for row in splits["train"].tolist()], SPECIALS, learning)
        ids = words.encode_all(texts)
        cut_short(ids, self.context, "context", ledger)
        columns = {"tokens": padded(ids, self.context), "label": y}
        judge(columns, fields, splits, ledger)
        draws = self.dropped(words, "tokens")
        return Dataset(fields, columns, splits, tokenizer=words, findings=ledger.findings(), draws=draws)

    def _columns(self, facts: TableFacts) -> tuple[ColumnFacts, ColumnFacts]:
        text = facts.column(self.text_column) if self.text_column else None
        label = facts.column(self.label_column) if self.label_column else None
        text = text or next((c for c in facts.columns if c.kind == "text" and c is not label), None)
        few = [c for c in facts.columns if c.classes and c is not text]
        label = label or next(iter(sorted(few, key=lambda c: len(c.classes))), None)
        if text is None or label is None or not label.classes:
            raise DataError(tr("The table has no column of texts beside one of classes. Choose both by name."))
        return text, label
