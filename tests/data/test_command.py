"""``netlab datasets FILE``: each source of files looks at one, tells what is in it, and gives it to a project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from data.made import MADE, table

from netlab.cli import main
from netlab.compiler.fields import fields_of
from netlab.document import file
from netlab.document.project import Project


@pytest.mark.parametrize("key", MADE)
def test_a_file_is_looked_at_and_given_to_a_project(key: str, tmp_path: Path, capsys: Any) -> None:
    project = tmp_path / "p.netlab"
    file.save(Project(), project)
    assert main(["datasets", str(MADE[key](tmp_path)), "--json", "--into", str(project)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["source"] == key
    assert told["rows"] == sum(told["splits"].values()) > 0
    chosen = file.load(project).data  # written, read back, and known without the file
    fields, problems = fields_of(chosen)
    assert not problems
    assert [f.name for f in fields] == [f["name"] for f in told["fields"]]
    assert chosen.source == key


def test_a_bad_file_is_told_in_words_and_given_to_nobody(tmp_path: Path, capsys: Any) -> None:
    project = tmp_path / "p.netlab"
    file.save(Project(), project)
    path = tmp_path / "one.csv"
    path.write_text("a,b\n" + "1,yes\n" * 30)
    assert main(["datasets", str(path), "--into", str(project)]) == 1
    assert "one class" in capsys.readouterr().err
    assert not file.load(project).data.source
    assert main(["datasets", str(tmp_path / "none.csv")]) == 1
    assert "is not there" in capsys.readouterr().err
    assert main(["datasets", str(path), "--source", "tabel"]) == 1
    assert "No source of files is called 'tabel'" in capsys.readouterr().err
    assert main(["datasets", str(path), "--set", "target"]) == 1
    assert "NAME=VALUE" in capsys.readouterr().err


def test_a_table_of_ones_own_is_trained_on(tmp_path: Path, capsys: Any) -> None:
    from netlab.compiler.builder import Graph

    g = Graph()
    scores = g.add("linear", g.add("input", field="features"), out_features=2)
    g.add("output", scores)
    g.add("cross_entropy_loss", scores, g.add("input", field="label"))
    project = tmp_path / "p.netlab"
    file.save(g.project("t", "points"), project)
    path = table(tmp_path)
    path.write_text(path.read_text() + "oops,1,x\n")
    assert main(["datasets", str(path), "--set", "target=kind", "--into", str(project)]) == 0
    assert "1 row is left out" in capsys.readouterr().out
    assert (
        main(["train", str(project), "--steps", "3", "--device", "cpu", "--run", str(tmp_path / "run"), "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["state"] == "finished"
