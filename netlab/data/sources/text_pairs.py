"""Text pairs: two columns of texts that mean the same, for models that translate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netlab.data import splitting
from netlab.data.columns import ColumnFacts, cells
from netlab.data.dataset import DataError, Dataset, Field
from netlab.data.files import parts
from netlab.data.findings import Ledger, Progress, silent
from netlab.data.judging import judge
from netlab.data.tables import TableFacts, TableFile, head_of, read_all
from netlab.data.texts import PAIR_SPECIALS, TokenOptions, cut_short, pairs
from netlab.language import tr
from netlab.options import Int, Text

LONGEST = 512


class TextPairs(TokenOptions, TableFile):
    """Two columns of texts. ``source`` is read; ``target_in`` is what was written so far, one step behind ``target``.

    Both share a vocabulary, learned from the training rows. Padding has the index 0.
    """

    title = "Text pairs"
    about = "Two columns of texts in a table, the second to be made of the first: translation, spelling, dates."
    task = "sequence_to_sequence"
    source_column = Text("", suggests="columns", max_length=1000, help="What is read; without one, the first text.")
    target_column = Text("", suggests="columns", max_length=1000, help="What is to be written; else the second text.")
    context = Int(64, min=2, max=4096, unit="tokens", help="Length of the texts that are read.")
    target_context = Int(64, min=2, max=4096, unit="tokens", help="Length of the texts that are written.")

    @classmethod
    def likes(cls, path: Path) -> float:
        if not super().likes(path):
            return 0.0
        kinds = [column.kind for column in head_of(path)]
        texts = kinds.count("text")
        return 0.7 if texts >= 2 and len(kinds) <= 4 and "number" not in kinds else 0.0

    def advise(self, facts: TableFacts) -> dict[str, Any]:
        try:
            source, target = self._columns(facts)
        except DataError:
            return {}
        if self.tokenizer not in ("char", "byte"):
            return {}
        return {"context": _fitting(source), "target_context": _fitting(target)}

    def fields(self) -> tuple[Field, ...]:
        columns = self._columns(self.facts)
        size = self.tokens_at_most(sum(column.letters for column in columns), len(PAIR_SPECIALS))
        target = f"T={self.target_context + 1}"
        return (
            Field("source", f"T={self.context}", "int", "tokens", size),
            Field("target_in", target, "int", "tokens", size),
            Field("target", target, "int", "tokens", size),
        )

    def load(self, progress: Progress = silent) -> Dataset:
        fields, ledger = self.fields(), Ledger()
        reading, learning = parts(progress, 1, 1)
        sources, targets = self._texts(ledger, reading)
        try:
            splits = splitting.at_random(len(sources), self.validation, self.test, self.split_seed)
        except splitting.SplitError as error:
            raise DataError(str(error)) from error
        train = splits["train"].tolist()
        texts = [text for row in train for text in (sources[row], targets[row])]
        words = self.learned(texts, PAIR_SPECIALS, learning)
        read, written = words.encode_all(sources), words.encode_all(targets)
        cut_short(read, self.context, "context", ledger)
        cut_short(written, self.target_context, "target_context", ledger)
        columns = pairs(read, written, (self.context, self.target_context))
        judge(columns, fields[:1], splits, ledger)
        draws = self.dropped(words, "source", "target_in")
        return Dataset(fields, columns, splits, tokenizer=words, findings=ledger.findings(), draws=draws)

    def _columns(self, facts: TableFacts) -> tuple[ColumnFacts, ColumnFacts]:
        texts = [c for c in facts.columns if c.kind in ("text", "category")]
        chosen = [facts.column(name) for name in (self.source_column, self.target_column) if name]
        chosen += [c for c in texts if c not in chosen]
        if len(chosen) < 2:
            raise DataError(tr("The table has no two columns of texts. Choose another file, or another delimiter."))
        if self.target_column and not self.source_column:
            return chosen[1], chosen[0]
        return chosen[0], chosen[1]

    def _texts(self, ledger: Ledger, progress: Progress) -> tuple[list[str], list[str]]:
        source, target = self._columns(self.facts)
        found: tuple[list[str], list[str]] = ([], [])
        for chunk in read_all(self, ledger, progress):
            rows = zip(cells(chunk.frame[source.name]), cells(chunk.frame[target.name]), chunk.lines, strict=True)
            for read, written, line in rows:
                if read is None or written is None:
                    column = source.name if read is None else target.name
                    ledger.bad_row("no_text", tr("the pair lacks one of its texts"), int(line), column)
                    continue
                found[0].append(read)
                found[1].append(written)
        if not found[0]:
            raise DataError(tr("{name} has no pair of texts to train on.", name=self.place.name))
        return found


def _fitting(column: ColumnFacts) -> int:
    return min(max(column.longest, 2), LONGEST)
