"""How far is a curve from the truth?

The largest error at steps drawn over horizons up to 2^31 - 1, against 40 digits of mpmath, as tests/test_accuracy.py
draws and counts them.

    python -m benchmarks.accuracy
"""

from collections.abc import Iterator

from benchmarks.measure import Row, quick, section
from tests.test_accuracy import CURVES, HORIZONS, errors


def run() -> Iterator[Row]:
    for name, cases in list(CURVES.items())[: 3 if quick() else None]:
        some, horizons = (cases[:1], HORIZONS[-1:]) if quick() else (cases, HORIZONS)
        found = [max(errors(case, T, seed))[0] for seed, case in enumerate(some) for T in horizons]
        worst, bound = max(found), cases[0].bound
        yield Row(name, worst, "its bound", bound, "ulp", worst / bound, at_most=1)


if __name__ == "__main__":
    print(section(__doc__, run()))
