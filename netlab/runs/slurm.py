"""A batch script for SLURM that trains a project on many machines, and goes on with the run when it is queued again."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Wish:
    """What to ask SLURM for. `time` is as ``sbatch --time`` takes it."""

    nodes: int = 1
    gpus: int = 1
    cpus: int = 8
    time: str = "24:00:00"
    partition: str = ""


def script(title: str, project: str, run: str, wish: Wish, more: list[str]) -> str:
    """The text of the script. `more` are further words for ``netlab train``; everything is quoted for the shell."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", title).strip("-") or "netlab"
    partition = f"#SBATCH --partition={shlex.quote(wish.partition)}\n" if wish.partition else ""
    words = shlex.join(more)
    return f"""#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --nodes={wish.nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node={wish.gpus}
#SBATCH --cpus-per-task={wish.cpus}
#SBATCH --time={shlex.quote(wish.time)}
#SBATCH --signal=TERM@120
#SBATCH --requeue
{partition}
# Written by netlab slurm. One task a node starts torchrun, which starts one process a GPU; they meet at the first node.
# Two minutes before the time is over the run writes a checkpoint and ends. Submit the script again to go on.
set -euo pipefail
project={shlex.quote(project)}
run={shlex.quote(run)}

if [ -e "$run/project.netlab" ]; then
    what=(--resume "$run")
else
    what=("$project" --run "$run")
fi
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + SLURM_JOB_ID % 10000))  # another job on that node has another
srun --cpus-per-task "$SLURM_CPUS_PER_TASK" torchrun \\
    --nnodes "$SLURM_NNODES" --nproc-per-node {max(1, wish.gpus)} --max-restarts 3 \\
    --rdzv-id "$SLURM_JOB_ID" --rdzv-backend c10d --rdzv-endpoint "$head:$port" \\
    -m -- netlab train "${{what[@]}}" {words}
"""
