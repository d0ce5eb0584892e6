"""Where do the coefficients of the polynomials in `jaxsched/_numerics` come from?

Each is the best polynomial of its degree for its function: the largest relative error is as small as it can be
(Remez, 1934). Shown are the coefficients, the highest power first, and that error.

    python -m benchmarks.polynomials

Needs mpmath, which is in the extra `test`.
"""

import itertools
from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

from mpmath import MPContext


mp = MPContext()
mp.dps = 40  # digits

HALF = mp.log(2) / 2
TINY = mp.mpf(10) ** -15


class Fit(NamedTuple):
    """A polynomial P of `degree` for which start + factor · P is closest to the function, relatively, from low to high.

    The functions are of `x`, and P is a polynomial in `variable(x)`. `where` names the constant that holds it.
    """

    where: str
    function: Callable[[Any], Any]
    start: Callable[[Any], Any]
    factor: Callable[[Any], Any]
    degree: int
    low: Any
    high: Any
    variable: Callable[[Any], Any] = lambda x: x

    def error(self, x: Any, coefficients: list[Any]) -> Any:
        """The relative one."""
        polynomial = reduce(lambda value, c: value * self.variable(x) + c, coefficients)
        return (self.start(x) + self.factor(x) * polynomial) / self.function(x) - 1


FITS = [
    Fit(
        "exponentials.EXP",
        mp.exp, lambda t: 1 + t, lambda t: t**2, 4, -HALF, HALF,
    ),
    Fit(
        "exponentials.EXP_BEYOND_SQUARE",
        lambda t: mp.expm1(t) - t - t**2 / 2, lambda t: mp.mpf(0), lambda t: t**3, 4, -HALF, HALF,
    ),
    Fit(
        "exponentials.LOG1P",
        mp.log1p, lambda t: t, lambda t: t**2, 8, mp.sqrt(0.5) - 1, mp.sqrt(2) - 1,
    ),
    Fit(
        "ways.SINE",
        lambda y: mp.sqrt(2) * mp.sin(y / mp.sqrt(2)), lambda y: y, lambda y: y**3, 2,
        TINY, mp.pi / mp.sqrt(8), lambda y: y**2,
    ),
]  # fmt: skip


def best(fit: Fit) -> tuple[list[float], float]:
    """The coefficients in nine digits, the highest power first, and the largest relative error: Remez's exchange."""
    count = fit.degree + 2
    middle, radius = (fit.high + fit.low) / 2, (fit.high - fit.low) / 2

    def spread(n: int) -> list[Any]:
        """Points from low to high, closer together near the ends (Chebyshev)."""
        return [middle - radius * mp.cos(mp.pi * (i + mp.mpf(1) / 2) / n) for i in range(n)]

    points, grid = spread(count), spread(2000)
    for _ in range(20):
        powers = [[fit.variable(x) ** k for k in reversed(range(fit.degree + 1))] for x in points]
        rows = [
            [*(fit.factor(x) / fit.function(x) * power for power in row), mp.mpf((-1) ** i)]
            for i, (x, row) in enumerate(zip(points, powers, strict=True))
        ]
        wanted = [1 - fit.start(x) / fit.function(x) for x in points]
        *coefficients, level = mp.lu_solve(mp.matrix(rows), mp.matrix(wanted))
        errors = [fit.error(x, coefficients) for x in grid]
        # of every run of errors of one sign, the largest is the next point
        runs = [list(run) for _, run in itertools.groupby(range(len(grid)), key=lambda i: errors[i] > 0)]
        peaks = [max(run, key=lambda i: abs(errors[i])) for run in runs]
        while len(peaks) > count:
            peaks.remove(min(peaks[0], peaks[-1], key=lambda i: abs(errors[i])))
        points = [grid[i] for i in peaks]
        largest = max(abs(errors[i]) for i in peaks)
        if largest < abs(level) * mp.mpf("1.0001"):
            return [float(f"{float(c):.9g}") for c in coefficients], float(largest)
    raise ArithmeticError(f"{fit.where}: no best polynomial was found.")


def main() -> None:
    for fit in FITS:
        coefficients, error = best(fit)
        print(f"{fit.where} = ({', '.join(map(str, coefficients))}), error {error:.1e}")


if __name__ == "__main__":
    main()
