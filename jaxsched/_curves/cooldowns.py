"""More ways from `init_value` to `end_value`: the shapes of cooldowns, and the rarer ones.

As in `transitions`, a shape turns the parts `left` and `done` of the length into two others that add up to 1.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import check_numbers, is_traced
from jaxsched._data.messages import brief, in_row
from jaxsched._numerics.counts import positive, steps_left, timescales
from jaxsched._numerics.doubles import double
from jaxsched._numerics.exponentials import LOG2_E, exp2, exp2_minus_one, exponent, exponent_at, log2_of_factor
from jaxsched._numerics.floats import as_float, clip, inverse, where
from jaxsched._numerics.ways import (
    WAVE,
    between,
    fractions,
    one_minus_cos,
    one_minus_sqrt,
    one_minus_square,
    symmetric,
    way,
)
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Number
from jaxsched.fields import Factor, Length, Rate, TimeConstant, Value


class OneMinusSqrt(Schedule):
    """Steep at first, then slower and slower: the cooldown that does best after a constant rate.

        η(t) = η_T + (η_0 - η_T) (1 - √q),    q = min(t / T, 1)

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.

    >>> [round(float(OneMinusSqrt(1.0, 0.0, 100)(t)), 3) for t in (0, 1, 25, 100)]
    [1.0, 0.9, 0.5, 0.0]

    Hägele et al. (2024), arXiv:2405.18392; Transformers, timm and Megatron offer it as the tail of WSD.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length

    def formula(self, step: jax.Array) -> Number:
        parts = fractions(steps_left(step, self.transition_steps), self.transition_steps)
        return between(self.init_value, self.end_value, *one_minus_sqrt(parts))


class OneMinusSquare(Schedule):
    """Slow at first, then faster and faster.

        η(t) = η_T + (η_0 - η_T) (1 - q²),    q = min(t / T, 1)

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.

    >>> [float(OneMinusSquare(1.0, 0.0, 100)(t)) for t in (0, 50, 100)]
    [1.0, 0.75, 0.0]

    Hägele et al. (2024), arXiv:2405.18392, the cooldowns; as a warmup, the square of `scenic` and `axolotl` mirrored.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length

    def formula(self, step: jax.Array) -> Number:
        parts = fractions(steps_left(step, self.transition_steps), self.transition_steps)
        return between(self.init_value, self.end_value, *one_minus_square(parts))


class Rex(Schedule):
    """Reflected exponential: between a line and a constant that drops at the end.

        η(t) = η_T + (η_0 - η_T) u / (1 - d + d u),    u = max(T - t, 0) / T

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.
        bend: d, from 0 (a line) to less than 1 (close to a constant); a traced one is held within that.

    Raises:
        ValueError: if `bend` is 1 or more.

    >>> [round(float(Rex(1.0, 0.0, 100)(t)), 3) for t in (0, 50, 90, 100)]
    [1.0, 0.667, 0.182, 0.0]

    Chen et al. (2021), REX, arXiv:2107.04197, with d = ½.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length
    bend: Rate = 0.5

    def check(self) -> None:
        check_numbers("Rex", "bend", self.bend, lambda d: d < 1, "must be less than 1")

    def formula(self, step: jax.Array) -> Number:
        # u / (1 - d + du) = 1 / (1 + (1 - d) (1 - u) / u): the odds are divided by 1 - d, and multiplied from the end
        left, path = steps_left(step, self.transition_steps), way(self.init_value, self.end_value)
        length = positive(self.transition_steps, like=left)
        gone = path.steps(left, length)
        flatter = 1 - clip(self.bend, 0, 1 - 1e-6)
        odds_against = as_float(length - gone) / as_float(positive(gone))
        part = 1 / (1 + where(path.first_is_far, flatter, inverse(flatter)) * odds_against)
        return path.at(where(gone == 0, 0, part), gone == length)


class MirrorCosine(Schedule):
    """The mirror image of half a cosine in the line: steep at both ends, flat in the middle.

        η(t) = η_T + (η_0 - η_T) (2u - sin²(πu/2)),    u = max(T - t, 0) / T

    Beyond 2^22 steps, where neighbours differ by less than float32 can show, it may waver by a unit in the last place.

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.

    >>> [round(float(MirrorCosine(1.0, 0.0, 100)(t)), 3) for t in (0, 25, 50, 75, 100)]
    [1.0, 0.646, 0.5, 0.354, 0.0]

    Hägele et al. (2024), arXiv:2405.18392, the cooldowns.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length

    def formula(self, step: jax.Array) -> Number:
        # twice the part is 4u - 2 sin²(πu/2) = 4u - (1 - cos πu), with u = y / WAVE
        left = steps_left(step, self.transition_steps)
        twice = lambda y: (4 / WAVE) * y - one_minus_cos(y)  # noqa: E731
        return symmetric(twice, self.init_value, self.end_value, left, self.transition_steps)


class Exponential(Schedule):
    """An exponential decay that lands on `end_value`.

        η(t) = η_T + (η_0 - η_T) (r^q - r) / (1 - r),    q = min(t / T, 1)

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.
        decay_rate: r, between 0 and 1: the less, the steeper at first. A traced one is held within
            2^-64 and 1 - 10^-6.

    Raises:
        ValueError: if `decay_rate` is 0, 1 or more.

    >>> [round(float(Exponential(1.0, 0.0, 100)(t)), 3) for t in (0, 50, 100)]
    [1.0, 0.414, 0.0]

    Megatron, the exponential tail of WSD, 2 · 0.5^q - 1; timm `WSDLRScheduler`, with r = 0.1.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length
    decay_rate: Factor = 0.5

    def check(self) -> None:
        rule = "must lie between 0 and 1"
        check_numbers("Exponential", "decay_rate", self.decay_rate, lambda r: (r > 0) & (r < 1), rule)

    def formula(self, step: jax.Array) -> Number:
        # with r = 2^-b: (r^q - r) / (1 - r) = (2^bu - 1) / (2^b - 1), and the rest is (2^-bq - 1) / (2^-b - 1)
        left, done, *_ = fractions(steps_left(step, self.transition_steps), self.transition_steps)
        b = clip(-log2_of_factor(self.decay_rate).total, 1e-6, 64)
        minus_one = lambda x: exp2_minus_one(exponent(double(x)))  # noqa: E731
        part_init = where(done == 0, 1, minus_one(b * left) * inverse(minus_one(b)))
        part_end = where(left == 0, 1, minus_one(-b * done) * inverse(minus_one(-b)))
        return between(self.init_value, self.end_value, part_init, part_end)


class Geometric(Schedule):
    """The same factor at each step: a straight line on a logarithmic axis.

        η(t) = η_0^(1-q) η_T^q,    q = min(t / T, 1)

    Args:
        init_value: η_0, the value at step 0, not 0.
        end_value: η_T, the value from step T onwards, not 0, and of the same sign.
        transition_steps: T, the length in steps; 0 means already at `end_value`.

    Raises:
        ValueError: if one of the values is 0, or their signs differ. Where that is traced, the value stays at
            `init_value` up to T.

    >>> [round(float(Geometric(1.0, 0.01, 100)(t)), 3) for t in (0, 50, 100, 200)]
    [1.0, 0.1, 0.01, 0.01]

    The decay of fairseq's tri-stage; rising, the range test of fastai.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length

    def check(self) -> None:
        check_ends("Geometric", "`init_value` and `end_value`", self.init_value, self.end_value)

    def formula(self, step: jax.Array) -> Number:
        # η_0 2^(rt), with r = (log₂ η_T - log₂ η_0) / T
        init, end = jnp.asarray(self.init_value), jnp.asarray(self.end_value)
        possible = jnp.sign(init) * jnp.sign(end) > 0
        log2_init, log2_end = (log2_of_factor(where(possible, jnp.abs(x), 1)) for x in (init, end))
        left = steps_left(step, self.transition_steps)
        length = positive(self.transition_steps, like=left)
        value = init * exp2(exponent_at(length - left, (log2_end - log2_init) / double(length)))
        return where(left == 0, end, where(left == length, init, value))


STEEPEST = 2.0**20
"""Where on the tangent a `Tanh` may begin and end: beyond that, it could not tell where between them it is 0."""


def check_ends(owner: str, ends: str, init_value: Any, end_value: Any) -> None:
    """Raise where one cannot come to the other by a factor."""
    known = not any(map(is_traced, (init_value, end_value)))
    if known and (bad := ~(np.sign(init_value) * np.sign(end_value) > 0)).any():
        row = tuple(np.argwhere(bad)[0].tolist())
        first, last = (x[row] for x in np.broadcast_arrays(init_value, end_value))
        rule = "must have one sign, and neither may be 0"
        raise ValueError(f"{owner}: {ends} {rule}, got {brief(first)} and {brief(last)}{in_row(row)}.")


class Tanh(Schedule):
    """A hyperbolic tangent: flat, steep, flat.

        η(t) = η_T + ½ (η_0 - η_T) (1 - tanh(L (1-q) + U q)),    q = min(t / T, 1)

    The ends are approached and not met: with the defaults, step 0 is 8·10^-7 below `init_value`, and from step T on
    the value is 0.25% of the way above `end_value`.

    Args:
        init_value: η_0, the value far before.
        end_value: η_T, the value far after.
        transition_steps: T, the length in steps, after which the value holds.
        lower: L, where on the tangent it begins; beyond ±2^20 it counts as that.
        upper: U, where on the tangent it ends; likewise.

    >>> [round(float(Tanh(1.0, 0.0, 100)(t)), 3) for t in (0, 50, 70, 100, 200)]
    [1.0, 0.982, 0.5, 0.002, 0.002]

    Hsueh, Li & Wu (2018), HTD, arXiv:1806.01593; timm `TanhLRScheduler`.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length
    lower: Value = -7.0
    upper: Value = 3.0

    def formula(self, step: jax.Array) -> Number:
        # ½ (1 - tanh x) = 1 / (1 + e^2x), and the rest of it is 1 / (1 + e^-2x)
        left, path = steps_left(step, self.transition_steps), way(self.init_value, self.end_value)
        length = positive(self.transition_steps, like=left)
        log2_e2 = double(2 * LOG2_E) * path.toward_far(1.0)
        lower, upper = (log2_e2 * clip(x, -STEEPEST, STEEPEST) for x in (self.lower, self.upper))
        done = length - left
        x = exponent_at(done, (upper - lower) / double(length), start=lower, least=-100, most=100)
        return path.at(1 / (1 + exp2(x)))


class InverseRoot(Schedule):
    """An inverse square root, bent to land on `end_value`.

        η(t) = η_0 + (η_T - η_0) h(q) / h(1),    h(q) = 1/√(1 + aq) - 1,    q = min(t / T, 1)

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.
        bend: a, not negative: the more, the steeper at first; 0 is a line.

    >>> [round(float(InverseRoot(1.0, 0.0, 100)(t)), 3) for t in (0, 10, 50, 100)]
    [1.0, 0.581, 0.153, 0.0]

    One of the two ways down of an infinite schedule in Ibrahim et al. (2024), arXiv:2403.08763.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length
    bend: Rate = 10.0

    def formula(self, step: jax.Array) -> Number:
        # 1 - h(q) / h(1) and h(q) / h(1), rationalised: 1/a - 1/b = (b² - a²) / (ab (a + b))
        left, done, *_ = fractions(steps_left(step, self.transition_steps), self.transition_steps)
        bend = jnp.maximum(self.bend, 0)
        now, last = jnp.sqrt(1 + bend * done), jnp.sqrt(1 + bend)
        part_init = left * (last + 1) / (now * (last + now))
        part_end = done * (last * (last + 1)) / (now * (now + 1))
        return between(self.init_value, self.end_value, part_init, part_end)


class Logarithmic(Schedule):
    """Slow at first, then faster and faster, to a drop at the end; backwards, a warmup that rises at once.

        η(t) = η_T + (η_0 - η_T) log(1 + u/τ) / log(1 + T/τ),    u = max(T - t, 0)

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.
        timescale: τ, in steps, not 0: the less, the later the drop.

    >>> [round(float(Logarithmic(1.0, 0.0, 7)(t)), 3) for t in (0, 4, 6, 7)]
    [1.0, 0.667, 0.333, 0.0]

    Backwards, the warmup of DeepSpeed `WarmupLR` and `WarmupDecayLR`, log(1 + t) / log(1 + T).
    """

    init_value: Value
    end_value: Value
    transition_steps: Length
    timescale: TimeConstant = 1

    def formula(self, step: jax.Array) -> Number:
        # the rest of it is log((τ + T) / (τ + u)) / log(1 + T/τ), where the quotient is 1 + (T - u) / (τ + u)
        left = steps_left(step, self.transition_steps)
        length = positive(self.transition_steps, like=left)
        done = length - left
        to_go, gone, all_of_it = (timescales(x, self.timescale, 0) for x in (left, done, length))
        unit = inverse(jnp.log1p(all_of_it))
        part_init = where(done == 0, 1, jnp.log1p(to_go) * unit)
        part_end = where(left == 0, 1, jnp.log1p(gone / (1 + to_go)) * unit)
        return between(self.init_value, self.end_value, where(left == 0, 0, part_init), where(done == 0, 0, part_end))
