"""Tables from files: guessed, read in bounded memory, good rows kept, every bad one listed with its place."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from netlab.data.dataset import DataError, source_of
from netlab.data.delimited import sniff
from netlab.data.findings import Cancelled, Ledger
from netlab.data.look import guess, look
from netlab.data.remedies import remedies
from netlab.data.sources.table import Table

HEAD = "size,weight,kind,name\n"
ROWS = [f"{i % 7}.5,{i},{'abc'[i % 3]},n{i}\n" for i in range(60)]


def written(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def looked(path: Path, **options: Any) -> tuple[Table, Any]:
    source, seen = look(guess(path).with_options(**options))
    assert isinstance(source, Table)
    return source, seen


def codes(seen: Any) -> set[str]:
    return {finding.code for finding in seen.findings}


def test_a_clean_table_is_classified(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "".join(ROWS))
    source, seen = looked(path, target=["kind"], features=["size", "weight"])
    assert seen.task == "classification"
    assert [(c.name, c.kind) for c in seen.columns] == [
        ("size", "number"),
        ("weight", "number"),
        ("kind", "category"),
        ("name", "text"),
    ]
    assert dict(seen.classes) == {"a": 20, "b": 20, "c": 20}
    assert sum(seen.splits.values()) == seen.rows == 60
    dataset = source.load()
    x = dataset.columns["features"][dataset.splits["train"]]
    assert np.allclose(x.mean(0), 0, atol=1e-5)
    assert np.allclose(x.std(0), 1, atol=1e-5)
    assert source.fields() == dataset.fields


FAULTS = {  # a line, the code and the column it is listed with
    "word": ("oops,2,a,x", "bad_number", "size"),
    "infinite": ("1,inf,a,x", "bad_number", "weight"),
    "huge": ("1,1e999,a,x", "bad_number", "weight"),
    "unit": ("1,12 kg,a,x", "bad_number", "weight"),
    "short": ("1,2,a", "too_few_fields", "name"),
    "long": ("1,2,a,x,y", "too_many_fields", "name"),
    "open quote": ('1,2,"a,x', "quotes", "kind"),
    "quote inside": ('1,"2"3,a,x', "quotes", "weight"),
    "nul": ("1,2\0,a,x", "nul", "weight"),
    "two points": ("1.2.3,2,a,x", "bad_number", "size"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_line_costs_one_row(tmp_path: Path, fault: str) -> None:
    line, code, column = FAULTS[fault]
    path = written(tmp_path, HEAD + "".join(ROWS[:30]) + line + "\n" + "".join(ROWS[30:]))
    source, seen = looked(path, target=["kind"], features=["size", "weight"])
    bad = [finding for finding in seen.findings if finding.costs]
    assert [(f.code, f.line, f.column, f.text) for f in bad if f.code != "bad_number"] == (
        [] if code == "bad_number" else [(code, 32, column, line)]
    )
    assert [(f.code, f.line, f.column) for f in bad] == [(code, 32, column)]
    assert source.facts.rows == 60
    assert source.facts.bad == 1
    assert sum(seen.splits.values()) == 60


def test_a_byte_that_is_not_utf8_costs_one_row(tmp_path: Path) -> None:
    path = written(tmp_path, (HEAD + "".join(ROWS)).encode() + b"1,2,\xff\xfe,x\n")
    source, _ = looked(path, target=["kind"])
    findings = source.look()[1]
    assert [(f.code, f.line, f.column) for f in findings if f.costs] == [("encoding", 62, "kind")]
    assert "0xFF" in next(f for f in findings if f.costs).message


def test_twelve_kinds_of_faults_at_random_are_all_found_and_nothing_else(tmp_path: Path) -> None:
    chance, wrong, lines = random.Random(7), {}, []
    for i in range(20_000):
        if chance.random() < 0.01:
            name = chance.choice(list(FAULTS))
            wrong[i + 2] = FAULTS[name][1:]
            lines.append(FAULTS[name][0])
        elif chance.random() < 0.01:
            lines.append(f'{chance.random():.3f},{i},a,"a ""name"", quoted"')
        else:
            lines.append(f"{chance.random():.3f},{i},{chance.choice('abc')},n{i}")
    source, findings = guess(written(tmp_path, HEAD + "\n".join(lines))).look()
    assert {f.line: (f.code, f.column) for f in findings if f.costs} == wrong
    assert source.facts.rows == 20_000 - len(wrong)


def test_a_quoted_field_may_have_lines_and_delimiters(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + '1,2,a,"one,\ntwo ""three"""\n' + "".join(ROWS))
    dialect = sniff(path)
    source, seen = looked(path, target=["kind"])
    assert dialect.names == ("size", "weight", "kind", "name")
    assert source.facts.rows == 61
    assert not any(f.costs for f in seen.findings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "gb18030"])
def test_encodings_are_guessed(tmp_path: Path, encoding: str) -> None:
    word = "数据集合" if encoding == "gb18030" else "größe"
    text = f"size,{word}{word}\n" + "".join(f"{i},{word if i % 2 else 'x'}\n" for i in range(50))
    source, seen = looked(written(tmp_path, text.encode(encoding)))
    assert set(seen.classes) == {word, "x"}
    assert source.facts.rows == 50


@pytest.mark.parametrize(("sign", "name"), [(";", "a.csv"), ("\t", "a.tsv"), ("|", "a.csv"), (",", "a.csv")])
def test_delimiters_and_decimal_commas_are_guessed(tmp_path: Path, sign: str, name: str) -> None:
    point = "." if sign == "," else ","
    text = "".join(f"{i}{point}5{sign}{i * 3}\r\n" for i in range(40))
    source, seen = looked(written(tmp_path, text, name))
    assert [c.name for c in seen.columns] == ["column 1", "column 2"]
    assert (seen.columns[0].low, seen.columns[0].high) == (0.5, 39.5)
    assert source.task == "regression"


def test_empty_files_and_files_with_names_only_are_told(tmp_path: Path) -> None:
    for content in (b"", b"\n\n", b"\xef\xbb\xbf\n"):
        with pytest.raises(DataError, match="empty"):
            guess(written(tmp_path, content)).look()
    source, seen = looked(written(tmp_path, "a,b,c\n"))
    assert {"no_rows", "blocked"} <= codes(seen)
    assert source.facts.rows == 0


def test_duplicate_columns_are_renamed_and_told(tmp_path: Path) -> None:
    _, seen = looked(written(tmp_path, "a,a,b\n" + "".join(f"{i},{i * i},{i % 2}\n" for i in range(30))))
    assert [c.name for c in seen.columns] == ["a", "a (2)", "b"]
    assert "duplicate_column" in codes(seen)


def test_one_class_only_blocks(tmp_path: Path) -> None:
    _, seen = looked(written(tmp_path, "a,b\n" + "".join(f"{i},yes\n" for i in range(30))))
    assert [f.severity for f in seen.findings if f.code == "one_class"] == ["error"]


def test_mixed_columns_are_text_or_category_and_not_numbers(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"{i if i % 3 else 'x' + str(i % 5)},{i}\n" for i in range(300))
    _, seen = looked(written(tmp_path, text))
    assert seen.columns[0].kind == "text"
    assert sum(seen.splits.values()) == 0 or not any(f.costs for f in seen.findings)


def test_missing_values_are_counted_and_filled_with_the_training_mean(tmp_path: Path) -> None:
    text = "a,b,c\n" + "".join(f"{'NA' if i % 10 == 0 else i * 7 % 100},{i % 4},{i % 2}\n" for i in range(100))
    source, seen = looked(written(tmp_path, text), target=["c"])
    assert seen.columns[0].missing == 10
    dataset = source.load()
    missing = [i for i in range(100) if i % 10 == 0]
    assert (dataset.columns["features"][missing, 0] == 0).all()
    assert "filled" in codes(seen)
    assert "missing" not in codes(seen), "the gaps are told twice"


def test_rows_without_a_target_are_left_out(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"{i},{'' if i < 5 else 'xy'[i % 2]}\n" for i in range(100))
    _, seen = looked(written(tmp_path, text), features=["a"])
    assert sum(seen.splits.values()) == 95
    assert [f.line for f in seen.findings if f.code == "no_target"] == [2, 3, 4, 5, 6]


def test_categories_unseen_in_training_are_zeros(tmp_path: Path) -> None:
    text = "a,c,y\n" + "".join(f"{i},{'rare' if i == 99 else 'pq'[i % 2]},{i % 2}\n" for i in range(100))
    source, _ = looked(written(tmp_path, text), target=["y"], split="in order", features=["a", "c"])
    dataset = source.load()
    assert dataset.field("features").names == ("a", "c=p", "c=q", "c=rare")
    assert (dataset.columns["features"][99, 1:] == 0).all()
    assert dataset.columns["features"][98, 1:].sum() == 1


def test_copies_and_leaks_are_counted(tmp_path: Path) -> None:
    rows = [f"{i},{i * 1.5},{'ab'[i % 2]}\n" for i in range(50)]
    _, seen = looked(written(tmp_path, "u,v,y\n" + "".join(rows * 2)), features=["u", "v"])
    found = {f.code: f for f in seen.findings}
    assert found["duplicates"].count == 50
    assert 0 < found["leak"].count <= 30


@pytest.mark.parametrize("way", ["random", "stratified", "in order", "by group"])
def test_ways_to_split(tmp_path: Path, way: str) -> None:
    text = "day,who,x,y\n" + "".join(
        f"2024-{i % 12 + 1:02d}-{i % 28 + 1:02d},p{i % 20},{i * 0.37 % 1:.3f},{'ab'[i % 5 == 0]}\n" for i in range(400)
    )
    by = {"in order": "day", "by group": "who"}.get(way, "")
    source, _ = looked(written(tmp_path, text), split=way, split_by=by, target=["y"], features=["x"])
    dataset, frame = source.load(), pl.read_csv(tmp_path / "data.csv")
    parts = {name: frame[rows] for name, rows in dataset.splits.items()}
    assert sum(map(len, parts.values())) == 400
    assert all(40 <= len(parts[name]) <= 80 for name in ("val", "test"))
    if way == "in order":
        assert parts["train"]["day"].max() <= parts["val"]["day"].min() <= parts["test"]["day"].min()
    if way == "by group":
        assert not set(parts["train"]["who"]) & set(parts["test"]["who"])
    if way == "stratified":
        assert all(abs((part["y"] == "b").mean() - 0.2) < 0.01 for part in parts.values())


def test_several_targets(tmp_path: Path) -> None:
    text = "x,p,q,r\n" + "".join(f"{i % 13},{i % 2},{i // 2 % 2},{i * 0.5}\n" for i in range(100))
    path = written(tmp_path, text)
    source, seen = looked(path, target=["p", "q"], features=["x"])
    assert seen.task == "multi_label"
    assert dict(seen.classes) == {"p": 50, "q": 50}
    assert source.load().columns["labels"].shape == (100, 2)
    source, seen = looked(path, target=["p", "r"], features=["x"])
    assert seen.task == "regression"
    assert source.load().columns["target"].shape == (100, 2)


def test_parquet_and_csv_give_the_same(tmp_path: Path) -> None:
    text = HEAD + "".join(ROWS)
    csv, parquet = written(tmp_path, text), tmp_path / "data.parquet"
    pl.read_csv(csv).with_columns(pl.Series("nested", [[1]] * 60)).write_parquet(parquet)
    sources = [looked(path, target=["kind"], features=["size", "weight"]) for path in (csv, parquet)]
    a, b = (source.load() for source, _ in sources)
    assert np.array_equal(a.columns["features"], b.columns["features"])
    assert np.array_equal(a.columns["label"], b.columns["label"])
    assert "nested_column" in codes(sources[1][1])
    parquet.write_bytes(b"PAR1 this is none")
    with pytest.raises(DataError, match="cannot be read as a table"):
        guess(parquet).look()


def test_a_file_that_vanishes_or_changes_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "".join(ROWS))
    source, _ = looked(path, target=["kind"])
    path.write_text(HEAD + "".join(ROWS) + "1,2,z,new\n")
    findings = source.load().findings
    assert {f.code for f in findings} >= {"changed_file", "unknown_class"}
    path.write_text("other,columns\n1,2\n")
    with pytest.raises(DataError, match="not those it had"):
        source.load()
    path.unlink()
    with pytest.raises(DataError, match="not there"):
        source.load()
    assert source.fields()  # the project still opens


def test_a_project_without_facts_or_with_foreign_ones_is_told(tmp_path: Path) -> None:
    for options, told in (
        ({}, "No file is chosen"),
        ({"path": str(tmp_path / "x.csv")}, "not been looked at"),
        ({"path": "x.csv", "seen": {"sha256": 3}}, "makes no sense"),
        ({"path": "x.csv", "seen": {"sha256": "", "bytes": 0, "rows": 0, "bad": 0, "columns": []}}, "No column"),
    ):
        with pytest.raises(DataError, match=told):
            source_of("table", options).fields()


def test_looking_tells_its_progress_and_can_be_cancelled(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "".join(ROWS) * 2000)
    shares: list[float] = []
    guess(path).look(shares.append)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 1
    assert shares[-1] == pytest.approx(1)

    def stop(share: float) -> None:
        if share > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        guess(path).look(stop)


def test_a_ledger_counts_beyond_what_it_lists() -> None:
    ledger = Ledger(listed=2)
    for line in range(5):
        ledger.bad_row("nul", "the line holds a NUL", line)
    assert ledger.bad == 5
    assert [f.code for f in ledger.findings()] == ["nul", "nul", "more"]
    assert ledger.findings()[-1].count == 3


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    """The least that is an Excel file."""
    import zipfile

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)
    return path


def test_a_sheet_is_read_or_the_package_for_it_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", [["size", "kind"], *[[i * 7 % 40, "ab"[i % 2]] for i in range(60)]])
    if importlib.util.find_spec("fastexcel") is None:
        with pytest.raises(DataError, match=r"netlab\[excel\]"):
            guess(path).look()
        return
    source, seen = looked(path)
    assert dict(seen.classes) == {"a": 30, "b": 30}
    assert source.facts.rows == 60


@pytest.mark.parametrize(("how", "low", "high"), [("standard", -2.5, 2.5), ("range", 0.0, 1.0), ("none", 0.0, 39.0)])
def test_features_are_scaled_as_asked_and_told_in_units_of_the_file(
    tmp_path: Path, how: str, low: float, high: float
) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("a,b,y\n" + "".join(f"{i},{i * 2},{i % 2}\n" for i in range(40)))
    source, _ = look(guess(path).with_options(scaling=how, split="in order", validation=0.0, test=0.0, features=["a"]))
    dataset = source.load()
    x = dataset.columns["features"][:, 0]
    assert x.min() >= low - 1e-6
    assert x.max() <= high + 1e-6
    shift, scale = (np.asarray(part) for part in dataset.normalisation["features"])
    assert np.allclose(x * scale + shift, np.arange(40), atol=1e-4)


def test_copies_are_left_out_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "copies.csv"
    rows = [f"{i},{i % 3},{'yes' if i % 2 else 'no'}" for i in range(60)]
    path.write_text("\n".join(["a,b,y", *rows, *rows[:20]]) + "\n")
    source, seen = look(guess(path))
    found = {finding.code: finding for finding in seen.findings}
    assert found["duplicates"].count == 20
    (remedy,) = remedies(source, found["duplicates"])
    dataset = source.with_options(**remedy.options).load()
    assert sum(map(len, dataset.splits.values())) == 60
    assert not {finding.code for finding in dataset.findings} & {"duplicates", "leak"}
