"""The session: the one open document, what is known of it, what is selected, and the run that is watched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from netlab.app.training.follower import RunFollower
from netlab.app.training.jobs import Jobs
from netlab.app.training.steering import edited_since, is_of, steer
from netlab.app.trials import Trials
from netlab.compiler.check import check
from netlab.compiler.consent import unread
from netlab.compiler.forecast import Forecast, forecast
from netlab.compiler.infer import Inferred
from netlab.compiler.problem import Problem
from netlab.compiler.repair import with_fixes
from netlab.document import blocks, edits, file
from netlab.document.diff import Diff
from netlab.document.graph import BLOCK
from netlab.document.history import Document
from netlab.document.home import journals
from netlab.document.journal import Journal, JournalError, Recovery
from netlab.document.project import DataChoice, Project
from netlab.document.training import Training
from netlab.document.values import plain
from netlab.language import tr
from netlab.layers.block import Block
from netlab.options import OptionError
from netlab.protocol import commands
from netlab.runs.reader import LIVE
from netlab.runs.store import PROJECT, split_batches

FIX_MS = 150


class Session(QObject):
    """What the panels share. Panels change the document only through `apply`, and follow by the signals."""

    changed = Signal(object, object)  # project, diff
    replaced = Signal()  # another document was opened
    inferred_changed = Signal(object)
    selection_changed = Signal(object)
    scope_changed = Signal(str)  # the block that is open, "" for the model
    run_changed = Signal(object)
    fault_changed = Signal()
    message = Signal(str, str)  # a sentence, and "info" or "error"
    title_changed = Signal()

    def __init__(self, keep_journal: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keep_journal = keep_journal
        self.jobs = Jobs(self)
        self.run: RunFollower | None = None
        self.steers = False  # whether the watched run was made from the open project, and follows its changes
        self.fault: Problem | None = None  # what ended the watched run, at its node
        self.selection: list[str] = []
        self.frames: list[str] = []  # the selected frames
        self.scope = ""
        self._fixing = QTimer(self)  # fixes are tried when the hands rest
        self._fixing.setSingleShot(True)
        self._fixing.setInterval(FIX_MS)
        self._fixing.timeout.connect(self._find_fixes)
        self.digest: str | None = None  # of the file, when it was last loaded or saved
        self._forecast: tuple[Inferred, Forecast] | None = None
        self.document = Document()
        self.inferred: Inferred = check(self.document.project)
        self.trials = Trials(self)
        self.take(_fresh_project())

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return self.document.project

    @property
    def forecast(self) -> Forecast:
        """What training the project as it is will cost; found when first asked for after an edit."""
        if self._forecast is None or self._forecast[0] is not self.inferred:
            self._forecast = (self.inferred, forecast(self.project, self.inferred))
        return self._forecast[1]

    # --- editing

    def apply(
        self, label: str, edit: Callable[..., Project], *args: Any, merge: str | None = None, **more: Any
    ) -> bool:
        """Carry out an edit as one undo step; what it refuses becomes a message. True if it was done."""
        try:
            self.document.apply(label, edit, *args, merge=merge, **more)
        except (edits.EditError, OptionError) as error:
            self.message.emit(str(error), "error")
            return False
        return True

    def undo(self) -> None:
        """Take the last step back, and select what it touched."""
        self._select_touched(self.document.undo())

    def redo(self) -> None:
        """Make the last undone step again, and select what it touched."""
        self._select_touched(self.document.redo())

    def go_to(self, position: int) -> None:
        """Go to a place in the history, as if by so many undos or redos."""
        self.document.go_to(position)

    def _select_touched(self, change: Any) -> None:
        if change is not None:
            nodes = self.project.graph.nodes
            touched = [node for node in change.diff.ids("node") if node in nodes]
            self.select([node for node in touched if nodes[node].parent == self.scope] or touched)

    def select(self, ids: Iterable[str]) -> None:
        """Select these nodes, and nothing else."""
        nodes = self.project.graph.nodes
        wanted = [node for node in ids if node in nodes]
        if wanted and nodes[wanted[0]].parent != self.scope:
            self.enter(nodes[wanted[0]].parent)
        wanted = [node for node in wanted if nodes[node].parent == self.scope]
        if wanted != self.selection:
            self.selection = wanted
            self.selection_changed.emit(wanted)

    def enter(self, block: str) -> None:
        """Open a block on the canvas; "" goes back to the model."""
        if block != self.scope and (not block or block in self.project.graph.nodes):
            self.scope = block
            self.selection = []
            self.scope_changed.emit(block)
            self.selection_changed.emit([])

    def leave(self) -> None:
        """Close the open block, and select it."""
        block = self.scope
        if block:
            self.enter(self.project.graph.nodes[block].parent)
            self.select([block])

    def make_block(self) -> None:
        """Put the selected nodes into a block of their own."""
        before = set(self.project.graph.nodes)
        if self.apply(tr("Make block"), blocks.make_block, self.selection, options=plain(Block().values)):
            self.select(n.id for n in self.project.graph.nodes.values() if n.id not in before and n.type == BLOCK)

    def dissolve_block(self) -> None:
        """Put the content of the selected block where the block is."""
        block = self.selection[0] if self.selection else ""
        if block:
            inside = [node.id for node in self.project.graph.inside(block)]
            if self.apply(tr("Dissolve block"), blocks.dissolve_block, block):
                self.select(inside)

    def _let_go(self, project: Project) -> None:
        """Close a block that is gone, and select no longer what is gone or lies elsewhere."""
        if self.scope and self.scope not in project.graph.nodes:
            self.enter("")
        nodes = project.graph.nodes
        left = [node for node in self.selection if node in nodes and nodes[node].parent == self.scope]
        if left != self.selection:
            self.selection = left
            self.selection_changed.emit(left)

    def _on_change(self, project: Project, diff: Diff) -> None:
        self._let_go(project)
        self.changed.emit(project, diff)
        self.inferred = check(project, self.inferred, fixes=False)
        self._fixing.start()
        self.inferred_changed.emit(self.inferred)
        steer(self, diff)
        self.title_changed.emit()
        if self.document.journal_problem:
            self.message.emit(self.document.journal_problem, "error")

    def recheck(self) -> None:
        """Find out anew what is known of the project, because code was agreed to or tried."""
        self.inferred = check(self.project, fixes=False)
        self._fixing.start()
        self.inferred_changed.emit(self.inferred)

    def _find_fixes(self) -> None:
        inferred = with_fixes(self.project, self.inferred)
        if inferred is not self.inferred:
            self.inferred = inferred
            self.inferred_changed.emit(inferred)

    # --- files

    def new(self) -> None:
        """Start an empty project."""
        self.take(_fresh_project())

    def open(self, path: Path | str, as_copy: bool = False) -> bool:
        """Open a project, or a copy, new and unsaved; what is wrong with it becomes a message and changes nothing."""
        path = Path(path)
        try:
            project, digest = file.load(path), file.digest(path)
        except file.FileError as error:
            self.message.emit(f"{path.name}: {error.message} {error.fix}", "error")
            return False
        self.take(project) if as_copy else self.take(project, path, digest)
        return True

    def save(self, path: Path | str | None = None) -> bool:
        """Write the project; never over a file that somebody else has changed. True if it is on disk."""
        target = Path(path) if path is not None else self.document.path
        if target is None:
            return False
        expected = self.digest if target == self.document.path else None
        try:
            self.digest = file.save(self.project, target, expected)
        except file.FileError as error:
            self.message.emit(f"{error.message} {error.fix}", "error")
            return False
        self.document.mark_saved(target, self.digest)
        self.title_changed.emit()
        self.message.emit(tr("Saved {file}.", file=target.name), "info")
        return True

    def restore(self, recovery: Recovery) -> bool:
        """Make the changes again that a crash left in a journal."""
        try:
            journal = Journal.reopen(recovery.journal)
            base = journal.base()
            _, changes, _ = journal.replay(base)
        except JournalError as error:
            self.message.emit(str(error), "error")
            return False
        self.take(base, recovery.path, journal.saved_hash or None)
        self.document.restore(changes)
        journal.discard()
        self.message.emit(tr("{count} changes are back.", count=len(changes)), "info")
        return True

    def take(self, project: Project, path: Path | None = None, digest: str | None = None) -> None:
        """Make another document the open one, new and unsaved if it has no path."""
        self._close_journal()
        journal = None
        if self._keep_journal:
            try:
                journal = Journal.open(journals(), path, base=project, saved_hash=digest or "")
            except JournalError as error:
                self.message.emit(str(error), "error")
        self.adopt(Document(project, path, journal), digest)

    def adopt(self, document: Document, digest: str | None) -> None:
        """Make a document with a history and a journal of its own the open one."""
        self._close_journal()
        self.document, self.digest = document, digest
        self.document.subscribe(self._on_change)
        self.inferred = check(document.project)
        self.steers = self.run is not None and is_of(document.project, self.run.folder)
        self.selection = []
        was_inside, self.scope = bool(self.scope), ""
        self.replaced.emit()
        if was_inside:
            self.scope_changed.emit("")
        self.inferred_changed.emit(self.inferred)
        self.selection_changed.emit([])
        self.title_changed.emit()

    def _close_journal(self) -> None:
        journal = self.document.journal
        if journal is not None:
            journal.discard()
            self.document.journal = None

    def close(self) -> None:
        """Let go of everything; a running job goes on by itself."""
        self._fixing.stop()
        self.trials.shutdown()
        self._close_journal()
        self.attach(None)
        self.jobs.shutdown()

    # --- training

    def train(self) -> bool:
        """Start a run of the project as it is now; a blocking problem becomes a message instead."""
        blocking = self.inferred.blocking
        if blocking:
            self.message.emit(tr("This cannot be trained yet. {reason}", reason=blocking[0].message), "error")
            self.select([blocking[0].node] if blocking[0].node else [])
            return False
        if unread(self.inferred):
            said = tr("The project holds Python code that you have not agreed to run. Read it first.")
            self.message.emit(said, "error")
            return False
        if self.is_running:
            self.message.emit(tr("A run is under way. Stop it before you start another."), "error")
            return False
        try:
            folder = self.jobs.start(file.encode(self.project), self.runs_folder())
        except (file.FileError, ValueError, OSError) as error:
            self.message.emit(tr("The run could not be started: {fault}", fault=error), "error")
            return False
        self.attach(folder)
        return True

    def runs_folder(self) -> Path:
        """Runs lie beside the project's file, or in the folder for runs if it has none yet."""
        from netlab.runs.store import default_root

        path = self.document.path
        return path.parent / "runs" if path is not None and path.parent.name != "examples" else default_root()

    @property
    def is_running(self) -> bool:
        """Whether the watched run is alive."""
        return self.run is not None and self.run.status.get("state") in LIVE

    def attach(self, folder: Path | None, awaited: bool = False) -> None:
        """Watch a run, live or over; None watches nothing. `awaited`: an engine is just starting on it."""
        if self.run is not None:
            self.run.close()
        self.run = RunFollower(folder, self, awaited) if folder is not None else None
        self.steers = folder is not None and is_of(self.project, folder)
        self._note_fault({})
        self.run_changed.emit(self.run)
        if self.run is not None:
            self.run.status_changed.connect(self._note_fault)
            self.run.start()

    def problems_of(self, node: str) -> list[Problem]:
        """What is wrong with a node: by the rules, and by the last run."""
        found = list(self.inferred.problems_of(node))
        return [*found, self.fault] if self.fault is not None and self.fault.node == node else found

    def _note_fault(self, status: dict[str, str]) -> None:
        failed = status.get("state") == "failed"
        fault = Problem("run", status.get("message", ""), status.get("node", "")) if failed else None
        if fault != self.fault:
            self.fault = fault
            self.fault_changed.emit()

    def resume_run(self) -> None:
        """Let a lost, failed or stopped run go on from its last checkpoint; in smaller parts if memory ran out."""
        if self.run is not None and not self.is_running:
            folder = self.run.folder
            if self.run.status.get("micro_batches"):
                split_batches(folder, int(self.run.status["micro_batches"]))
            try:
                self.jobs.resume(folder)
            except OSError as error:
                self.message.emit(tr("The run could not be told: {fault}.", fault=error), "error")
                return
            self.attach(folder, awaited=True)
            if self.steers and edited_since(self.project, folder):
                self.message.emit(tr("The run goes on with the project it began with, without later changes."), "info")

    def pause(self) -> None:
        """Let the run wait after its present step."""
        self.command(commands.Pause())

    def resume(self) -> None:
        """Let a paused run go on."""
        self.command(commands.Resume())

    def stop(self) -> None:
        """End the run with a checkpoint."""
        self.command(commands.Stop())

    def set_learning_rate(self, value: float) -> None:
        """Change the learning rate of the project, and of the run if there is one."""
        try:
            value = Training.options()["learning_rate"].check(value)
        except OptionError as error:
            self.message.emit(str(error), "error")
            return
        self.apply(tr("Set learning rate"), edits.set_training, "learning_rate", value, merge="training/learning_rate")

    def command(self, command: commands.Command) -> None:
        """Tell the watched run something, if it is alive."""
        if self.run is not None and self.is_running:
            try:
                commands.append(self.run.folder, command)
                self.run.note(command)
            except OSError as error:
                self.message.emit(tr("The run could not be told: {fault}.", fault=error), "error")


def _fresh_project() -> Project:
    """What New gives: no nodes, the points as data, default training."""
    from netlab.data.dataset import source_of

    data = DataChoice("points", plain(source_of("points", {}).values))
    return Project(data=data, training=plain(Training().values))


def project_in(folder: Path) -> Path:
    """The project that a run was made from."""
    return folder / PROJECT
