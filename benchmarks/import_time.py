"""What does `import jaxsched` cost on top of `import jax`?

Each in a fresh process, which imports jax first, with the bytecode already written.

    python -m benchmarks.import_time
"""

import os
import subprocess
import sys

import numpy as np

from benchmarks.measure import Row, compare, section


ROUNDS = 21
CODE = """
import time
start = time.perf_counter()
import jax
middle = time.perf_counter()
import jaxsched
print(middle - start, time.perf_counter() - middle)
"""
WITH_BYTECODE = {name: x for name, x in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds() -> list[float]:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=WITH_BYTECODE)
    return [float(x) for x in done.stdout.split()]


def run() -> list[Row]:
    seconds()  # writes the bytecode
    jax, jaxsched = 1e3 * np.array([seconds() for _ in range(ROUNDS)]).T
    return [compare("import jaxsched", jaxsched, "import jax", jax, "ms")]


if __name__ == "__main__":
    print(section(__doc__, run()))
