#!/bin/bash
# Share the sweep over digits between the tasks of a SLURM array:  sbatch examples/sweep_slurm.sh
#
# All tasks run the same line on one folder, which must be on a POSIX file system that they all see (no object store).
# A task does its own share first, and then whatever is missing: one that dies costs nothing but time, because the
# others do its rows, and so does this script when it is submitted again, with as many tasks as you like.
#SBATCH --job-name=digits
#SBATCH --array=0-7
#SBATCH --cpus-per-task=2
#SBATCH --time=00:30:00

# In an array, each task is a job with SLURM_PROCID=0, so it is told which one it is.
python examples/sweep_digits.py --store "$SCRATCH/digits" \
  --worker "$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN))" "$SLURM_ARRAY_TASK_COUNT"
