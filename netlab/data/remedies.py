"""What can be done about a finding with one click: other options of the source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netlab.data.dataset import Source
from netlab.data.files import FileSource
from netlab.data.findings import Finding
from netlab.language import tr

USUAL_SHARE = 0.15


@dataclass(frozen=True)
class Remedy:
    """A change of the source's options.

    Attributes:
        label: for a button.
        options: new values.
        anew: whether the file has to be looked at again.
    """

    label: str
    options: dict[str, Any] = field(default_factory=dict)
    anew: bool = False


def remedies(source: Source, finding: Finding) -> tuple[Remedy, ...]:
    """What helps against a finding; nothing where only the file can be mended."""
    options = source.options()
    match finding.code:
        case "changed_file" if isinstance(source, FileSource):
            return (Remedy(tr("Use the changed file"), anew=True),)
        case "no_validation" if not source.values["validation"]:
            return (Remedy(tr("Keep {share:.0%} for validation", share=USUAL_SHARE), {"validation": USUAL_SHARE}),)
        case "unseen_class" if "split" in options and source.values["split"] != "stratified":
            return (Remedy(tr("Split stratified"), {"split": "stratified"}),)
        case "duplicates" | "leak" if source.values.get("copies") == "keep":
            return (Remedy(tr("Leave copies out"), {"copies": "drop"}),)
        case "constant" if finding.column and "features" in options:
            return _without(source, finding.column)
        case "cut":
            return _longer(source, finding)
        case _:
            return ()


def _without(source: Source, column: str) -> tuple[Remedy, ...]:
    """Leave a column out of the features."""
    fields = source.fields()
    names = [name for name in source.values["features"] or _columns(source) if name != column]
    names = [name for name in names if name not in source.values.get("target", ())]
    return (Remedy(tr("Leave {column} out", column=column), {"features": tuple(names)}),) if fields and names else ()


def _columns(source: Source) -> list[str]:
    """The columns that are read where none are chosen."""
    seen = {name.partition("=")[0] for f in source.fields() if f.kind == "features" for name in f.names}
    facts = getattr(source, "facts", None)
    return [column.name for column in getattr(facts, "columns", ()) if column.name in seen]


def _longer(source: Source, finding: Finding) -> tuple[Remedy, ...]:
    """Read more of each text."""
    name = finding.column
    if name not in source.options():
        return ()
    return (
        Remedy(tr("Double {name}", name=tr(source.options()[name].label).lower()), {name: source.values[name] * 2}),
    )
