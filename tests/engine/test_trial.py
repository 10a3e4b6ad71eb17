"""Custom code in its cell: what a test tells, and that hostile code neither hangs nor escapes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from netlab.compiler import tested
from netlab.engine import trial as trials
from netlab.layers.custom import DEFAULT, CustomCode
from netlab.layers.layer import Shape
from netlab.protocol.trial import Outcome, Trial, decode_outcome, encode

ROOT = Path(__file__).resolve().parents[2]


def trial(definition: str, rule: str = "same", **inputs: str | None) -> Trial:
    return Trial(dict(CustomCode(definition=definition, rule=rule).values), inputs or {"x": "B d=8"})


def start(asked: Trial, **environment: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "netlab.engine", "try"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    assert process.stdin is not None
    process.stdin.write(encode(asked))
    process.stdin.close()
    process.stdin = None
    return process


def in_cell(asked: Trial) -> Outcome:
    process = start(asked)
    out, _ = process.communicate(timeout=100)
    return decode_outcome(out)


def test_it_tells_the_weights() -> None:
    outcome = trials.run(trial(DEFAULT))
    assert outcome == Outcome({"gate.weight": [8, 8], "gate.bias": [8]})


@pytest.mark.parametrize(
    ("text", "rule", "inputs", "said", "line"),
    [
        ("def f(x):\n    return x[:1]\n", "same", "B d=8", "y is 1 × 8 where the shape rule says", 0),
        ("def f(x):\n    return x.reshape(-1, 5 * 8)\n", "B T d -> B 5*d", "B T d=8", "invalid for input", 2),
        ("def f(x):\n    return x.argmax(-1)\n", "B d -> B", "B d=8", "int64", 0),
        ("def f(x):\n    return x, x\n", "same", "B d=8", "returns 2 values", 0),
        ("def f(x):\n    return 'x'\n", "same", "B d=8", "is a str", 0),
        ("import sys\ndef f(x):\n    sys.exit('so')\n", "same", "B d=8", "SystemExit: so", 3),
        ("1 / 0\ndef f(x):\n    return x\n", "same", "B d=8", "ZeroDivisionError", 1),
        ("def f(x):\n    return torch.cat([x, x[:, :1]], 1)\n", "B T d -> B T+1 d", "B T d=3", "", 0),
        ("def f(x):\n    return x[:, 1:]\n", "B a d -> B a-1 d", "B T+1 d=3", "", 0),
    ],
)
def test_it_tells_what_is_wrong(text: str, rule: str, inputs: str, said: str, line: int) -> None:
    outcome = trials.run(trial(text, rule, x=inputs))
    assert said in outcome.fault
    assert bool(said) == bool(outcome.fault)
    assert outcome.line == line


def test_a_test_makes_the_weights_known() -> None:
    layer, shapes = CustomCode(), {"x": Shape.parse("B 8")}
    assert tested.weights(layer, shapes) is None
    tested.remember(layer, shapes, Outcome({"gate.weight": [8, 8]}))
    assert tested.weights(layer, shapes) == {"gate.weight": (8, 8)}
    assert tested.weights(layer, {"x": Shape.parse("B 9")}) is None
    assert tested.weights(CustomCode(definition=DEFAULT + "#"), shapes) is None


def test_a_cell_lets_nothing_out(tmp_path: Path) -> None:
    """One process for many tries, since each has to load torch: prints, files, network, other processes."""
    text = f"""import os, pathlib, socket
print("forged", flush=True)
os.write(1, b"forged")
tries = []

def attempt(what, name):
    try:
        what()
    except BaseException:
        return
    tries.append(name)

def f(x):
    attempt(lambda: pathlib.Path({str(tmp_path / "file")!r}).write_text("x"), "file")
    attempt(lambda: socket.create_connection(("127.0.0.1", int(os.environ["NETLAB_TEST_PORT"])), 1), "network")
    if os.fork() == 0:
        os.setsid()
        import time
        time.sleep(300)
    assert not tries, tries
    return x
"""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        process = start(trial(text), NETLAB_TEST_PORT=str(server.getsockname()[1]))
        out, _ = process.communicate(timeout=100)  # waits until nobody holds the pipe, a forked child included
    outcome = decode_outcome(out)
    if sys.platform == "linux" and os.geteuid() == 0:
        assert outcome == Outcome()
    assert b"forged" not in out
    assert not (tmp_path / "file").exists() or not (tmp_path / "file").read_text()


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import os; os._exit(0)",
        "x = [bytearray(1 << 28) for _ in range(1 << 20)]",
    ],
)
def test_hostile_code_comes_to_an_end(body: str) -> None:
    program = "import netlab.engine.trial as t; t.SECONDS = 2; t.main()"
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, _ = process.communicate(encode(trial(f"def f(x):\n    {body}\n    return x\n")), timeout=100)
    assert decode_outcome(out).fault


def test_a_cell_dies_with_who_asked() -> None:
    process = start(trial("import time\ndef f(x):\n    time.sleep(300)\n"))
    until = time.monotonic() + 60
    while sys.platform == "linux" and not psutil.Process(process.pid).children() and time.monotonic() < until:
        time.sleep(0.05)
    process.terminate()
    process.communicate(timeout=60)  # ends only when nobody holds the pipe any more


@pytest.mark.parametrize(
    "junk", [b"", b"{", b'{"weights": {"a": ["x"]}}', b'{"fault": 3}', b"[" * 100000, b"x" * 2000000]
)
def test_what_comes_out_is_checked(junk: bytes) -> None:
    assert decode_outcome(junk).fault


def test_the_limits_hold() -> None:
    """Without namespaces, the limits alone still end it."""
    program = (
        "import netlab.engine.cell as c; c._unshare = lambda: False\n"
        "import netlab.engine.trial as t; t.SECONDS = 2; t.main()"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, _ = process.communicate(encode(trial("def f(x):\n    while True: pass\n")), timeout=100)
    assert decode_outcome(out).fault
