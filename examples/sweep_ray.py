"""Share the sweep over digits between Ray tasks, on one machine or on a cluster, through one folder.

    pip install -e '.[examples]' ray && python examples/sweep_ray.py FOLDER 2

Each task calls the same sweep on the folder, which all of them must see (a POSIX file system, not an object store). A
task does its own share first and then what is missing, so one that dies costs nothing but time. The same command goes
on where an earlier one was stopped.
"""

import argparse
from pathlib import Path

import ray  # pyright: ignore[reportMissingImports]
from sweep_digits import all_configs, train

import jaxsched as js


def work(store: str, worker: int, workers: int) -> None:
    js.sweep(train, all_configs(), store=store, worker=(worker, workers), progress=False)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store", type=Path, help="a folder that all machines see")
    parser.add_argument("tasks", type=int, help="how many Ray tasks share the work")
    arguments = parser.parse_args()

    store = str(arguments.store.absolute())  # a task may run in another folder
    task = ray.remote(num_cpus=1)(work)  # with accelerators, num_gpus=1
    ray.get([task.remote(store, worker, arguments.tasks) for worker in range(arguments.tasks)])
    print(js.Results.load(store).best("loss"))


if __name__ == "__main__":
    main()
