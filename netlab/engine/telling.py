"""Says in a run what ended it."""

from __future__ import annotations

from netlab.engine.distributed import Team
from netlab.engine.faults import TrainingFault
from netlab.language import sentences, tr
from netlab.runs.writer import RunWriter


def tell(writer: RunWriter, fault: TrainingFault, team: Team) -> None:
    """Write a fault into the log and the status of a run, with what may be done about it.

    ``micro_batches`` are parts with which the run could go on, ``broken`` is the step at which the device was lost.
    """
    if team.lost:
        _tell_loss(writer, team, fault)
        return
    writer.log("error", fault.message, fault.node, fault.detail)
    writer.status(state="failed", message=fault.message, node=fault.node, micro_batches=fault.micro_batches or "")
    writer.status(broken=(fault.step or "") if fault.broken else "")


def _tell_loss(writer: RunWriter, team: Team, fault: TrainingFault) -> None:
    goes_on = tr("The last checkpoint is good.")
    if team.may_restart:
        goes_on = tr("All start again from the last checkpoint.")
    message = sentences(tr("One of the {count} processes ended unexpectedly.", count=team.size), goes_on)
    writer.log("warning" if team.may_restart else "error", message, detail=fault.detail)
    writer.status(state="starting" if team.may_restart else "failed", message=message)
