"""What does `import jaxsched` cost on top of `import jax`? Prints medians over fresh processes.

python benchmarks/import_time.py
"""

import os
import statistics
import subprocess
import sys


CODE = """
import time
start = time.perf_counter()
import jax
middle = time.perf_counter()
import jaxsched
print(middle - start, time.perf_counter() - middle)
"""
WITH_BYTECODE = {name: x for name, x in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=WITH_BYTECODE)
    jax, jaxsched = map(float, done.stdout.split())
    return jax, jaxsched


def main() -> None:
    seconds()  # writes the bytecode
    runs = [seconds() for _ in range(21)]
    jax, jaxsched = (1000 * statistics.median(times) for times in zip(*runs, strict=True))
    ratio = statistics.median(jaxsched / jax for jax, jaxsched in runs)
    print(f"import jax: {jax:.0f} ms, then import jaxsched: {jaxsched:.0f} ms, {ratio:.1%} more")


if __name__ == "__main__":
    main()
