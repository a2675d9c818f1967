#!/bin/bash
# One run in shards: one task of a Slurm array runs one shard.
#   sbatch --array=1-8 --export=ALL,PLAN=/shared/plan.json,OUT=/shared/runs/today docs/scale/slurm.sh
# A task that is cut off goes on when it is queued again. When all are done: docs/scale/merge.sh
#SBATCH --job-name=glovebox
#SBATCH --cpus-per-task=2
#SBATCH --mem=8G
#SBATCH --time=08:00:00
#SBATCH --requeue
set -euo pipefail
: "${PLAN:?the plan file}" "${OUT:?a folder that all nodes share}"
: "${SLURM_ARRAY_TASK_ID:?run this as an array: sbatch --array=1-N}"
index=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
# Slurm runs a copy of this file elsewhere, in the folder that the job was sent from: the checkout.
exec "${SCALE:-docs/scale}/shard.sh" "$index" "$SLURM_ARRAY_TASK_COUNT"
