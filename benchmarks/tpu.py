"""Does every schedule compile for a TPU, and how long does that take?

Every row of the tests' catalogue, with its numbers as arguments and for 1,000 steps, ahead of time for a TPU v5e. It
needs libtpu, which holds the compiler, and no TPU. Against a constant.

    pip install libtpu && python -m benchmarks.tpu
"""

import importlib.util
import os
import sys
import time

import jax
import numpy as np
from jax.experimental import topologies

import jaxsched as js
from benchmarks.measure import Row, section
from tests.catalogue import ROWS


STEPS = np.arange(1_000, dtype=np.int32)

WITHOUT_A_TPU = {"TPU_SKIP_MDS_QUERY": "1", "TPU_ACCELERATOR_TYPE": "v5litepod-4", "TPU_WORKER_HOSTNAMES": "localhost"}
"""What libtpu asks the machine for, which has none of it."""


def v5e() -> jax.sharding.Sharding:
    """One device of a TPU that need not be there."""
    for name, value in WITHOUT_A_TPU.items():
        os.environ.setdefault(name, value)
    jax.config.update("jax_platforms", "cpu")
    topology = topologies.get_topology_desc(platform="tpu", topology_name="v5e:2x2")
    return jax.sharding.SingleDeviceSharding(topology.devices[0])


def seconds(schedule: js.Schedule, device: jax.sharding.Sharding) -> float:
    """How long it takes to trace, lower and compile its call."""

    def abstract(x: np.ndarray) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(np.shape(x), x.dtype, sharding=device)

    arguments = jax.tree.map(abstract, (schedule, STEPS))
    start = time.perf_counter()
    jax.jit(lambda schedule, steps: schedule(steps), out_shardings=device).lower(*arguments).compile()
    return time.perf_counter() - start


def run() -> list[Row]:
    device = v5e()
    seconds(js.Constant(0.5), device)  # what is compiled first pays for what all share
    constant = seconds(js.Constant(0.5), device)
    rows = []
    for name, row in ROWS.items():
        x = seconds(row.build(), device)
        rows.append(Row(name, x, "Constant", constant, "s", x / constant))
    return rows


def main() -> None:
    if importlib.util.find_spec("libtpu") is None:
        sys.exit("benchmarks.tpu: needs libtpu, the compiler for TPUs, and no TPU: pip install libtpu")
    print(section(__doc__, run()))


if __name__ == "__main__":
    main()
