"""Hypothesis: any schedule of ordinary numbers, at any step.

Ordinary: 0, or not much smaller than 10⁻³ and not larger than 10. Beyond that the contract holds for single curves
(`test_extremes.py`), but a product of a few of them has gradients that float32 cannot hold.
"""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import jaxsched as js


LAST = 2**31 - 1


def close_to_zero(lowest: float, highest: float) -> st.SearchStrategy[float]:
    """Numbers of which float32 makes a 0 only where they are one."""
    return st.floats(lowest, highest).map(lambda x: float(np.float32(x)))


values = st.just(0.0) | st.floats(0.001, 10.0) | st.floats(-10.0, -0.001)
whole = st.integers(0, 3) | st.integers(0, 200) | st.integers(0, LAST)
lengths = whole | st.floats(1.0, 200.0) | st.floats(1.0, LAST)
constants = whole.map(lambda steps: max(steps, 1)) | st.floats(0.01, 200.0) | st.floats(1.0, LAST)
exponents = st.just(0.0) | st.floats(0.001, 4.0)
flags = st.booleans()
growths = st.none() | st.integers(1, 4) | st.floats(1.01, 4.0)
counts = st.none() | st.integers(1, 9)
steps = st.integers(0, 5) | st.integers(0, 1000) | st.integers(0, LAST)


def optional(given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | given


def tables(entries: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(entries, max_size=3)


@st.composite
def pieces(draw: st.DrawFn) -> js.Schedule:
    boundaries = sorted(draw(tables(lengths)))
    return js.PiecewiseConstant(boundaries, [draw(values) for _ in range(len(boundaries) + 1)])


def rates(growth: bool) -> st.SearchStrategy[float]:
    return st.just(0.0) | st.floats(0.001, 2.0 if growth else 1.0)


def curves(growth: bool) -> st.SearchStrategy[js.Schedule]:
    return st.one_of(
        st.builds(js.Constant, values),
        st.builds(js.Linear, values, values, lengths),
        st.builds(js.Cosine, values, values, lengths, optional(exponents), optional(exponents)),
        st.builds(js.Polynomial, values, values, lengths, exponents, optional(exponents)),
        st.builds(js.ExponentialDecay, values, constants, rates(growth), flags, st.none() | values),
        st.builds(js.NaturalExponentialDecay, values, close_to_zero(-1.0 if growth else 0.0, 1.0), constants, flags),
        st.builds(js.InverseTimeDecay, values, constants, rates(growth), flags),
        st.builds(js.StepDecay, values, constants, rates(growth)),
        st.builds(js.MultiStep, values, tables(lengths), rates(growth)),
        st.builds(js.CosineAnnealing, values, values, lengths),
        pieces(),
        st.builds(js.MirrorCosine, values, values, lengths),
        st.builds(js.OneMinusSqrt, values, values, lengths),
        st.builds(js.OneMinusSquare, values, values, lengths),
        st.builds(js.Rex, values, values, lengths, close_to_zero(0.0, 0.99)),
        st.builds(js.Exponential, values, values, lengths, st.floats(0.01, 0.99)),
        st.builds(js.Geometric, st.floats(0.001, 10.0), st.floats(0.001, 10.0), lengths),
        st.builds(js.Tanh, values, values, lengths, close_to_zero(-9.0, 0.0), close_to_zero(0.0, 9.0)),
        st.builds(js.InverseRoot, values, values, lengths, close_to_zero(0.0, 100.0)),
        st.builds(js.Logarithmic, values, values, lengths, constants),
        st.builds(js.HalfLife, values, constants),
        st.builds(js.InverseSqrt, values, constants, lengths),
        st.builds(js.PowerLaw, values, constants, exponents, lengths),
        st.builds(js.Logistic, values, values, lengths, lengths),
        st.builds(js.Gaussian, values, constants),
        st.builds(js.Tabulated, st.lists(values, min_size=1, max_size=4)),
        st.builds(js.CosineRestarts, values, values, lengths, growths, st.none() | rates(growth=False), counts),
        st.builds(js.Triangular, values, values, lengths, st.none() | lengths, values),
        knots(),
    )


@st.composite
def knots(draw: st.DrawFn) -> js.Schedule:
    boundaries = sorted(draw(st.lists(lengths, min_size=1, max_size=3)))
    interpolation: Any = draw(st.sampled_from(["linear", "cosine"]))
    return js.PiecewiseInterpolate(boundaries, [draw(values) for _ in boundaries], interpolation)


SHAPES = [
    "linear",
    "cosine",
    "mirror_cosine",
    "one_minus_sqrt",
    "one_minus_square",
    "exponential",
    "rex",
    "inverse_root",
    "logarithmic",
]
shapes = st.sampled_from(SHAPES)
positive = st.floats(0.001, 10.0)  # between which "geometric" can go


@st.composite
def recipes(draw: st.DrawFn, growth: bool) -> js.Schedule:
    warmup, stable, cooldown = (draw(st.integers(0, 200) | st.floats(1.0, 200.0)) for _ in range(3))
    constant = max(stable, 1)
    phases = {"warmup_steps": warmup, "total_steps": warmup + stable + cooldown}
    words = {"peak_value": draw(values), "init_value": draw(values), "warmup_steps": warmup}
    words |= {"warmup": draw(shapes | st.just("constant")), "first": draw(st.sampled_from(["zero", "one_over_n"]))}
    ends = {"total_steps": phases["total_steps"], "end_value": draw(values)}
    peak = words["peak_value"]
    shape: Any = draw(shapes)
    low, high, last = (draw(positive) for _ in range(3))
    geometric = {"peak_value": high, "end_value": last, "cooldown_steps": cooldown, **phases}
    return draw(
        st.sampled_from(
            [
                js.warmup_constant(**words),
                js.warmup_cosine(**words, **ends, exponent=draw(exponents)),
                js.warmup_linear(**words, **ends),
                js.warmup_polynomial(**words, **ends, power=draw(exponents)),
                js.warmup_exponential(**words, transition_steps=constant, decay_rate=draw(rates(growth))),
                js.warmup_step(**words, step_size=constant, factor=draw(rates(growth))),
                js.warmup_multistep(**words, boundaries=[stable, cooldown], factor=draw(rates(growth))),
                js.wsd(**words, **ends, cooldown_steps=cooldown, cooldown=shape),
                js.wsd_s(
                    **words, cooldown_steps=[0, cooldown], period_steps=[warmup, cooldown + stable], cooldown=shape
                ),
                js.trapezoid(peak_value=peak, cooldown_steps=cooldown, **phases),
                js.tri_stage(**geometric, init_value=low),
                js.infinite(**geometric, init_value=draw(values), constant_value=low, decay_steps=stable),
                js.exponential_range_test(init_value=low, end_value=high, total_steps=stable),
                js.onecycle(peak_value=peak, **phases, three_phase=stable + cooldown >= warmup, ramp=shape),
                js.sgdr(**words, period_steps=stable, growth=draw(growths), cycles=draw(counts)),
                js.warmup_restarts(
                    peak_values=[peak, low],
                    warmup_steps=[0, warmup],
                    period_steps=[stable, warmup + cooldown],
                    init_value=draw(values),
                ),
                js.slanted_triangular(peak_value=peak, **phases),
                js.noam(model_size=int(stable) + 1, warmup_steps=warmup + 1, scale=peak),
                js.inverse_sqrt(**words, timescale=constant, total_steps=ends["total_steps"], cooldown_steps=cooldown),
                js.power(peak_value=peak, **phases, timescale=constant, cooldown_steps=cooldown, cooldown=shape),
            ]
        )
    )


def composed(inner: st.SearchStrategy[js.Schedule]) -> st.SearchStrategy[js.Schedule]:
    @st.composite
    def joins(draw: st.DrawFn) -> js.Schedule:
        schedules = draw(st.lists(inner, min_size=1, max_size=3))
        return js.sequence(schedules, [draw(lengths) for _ in schedules[1:]])

    @st.composite
    def alike(draw: st.DrawFn) -> js.Schedule:
        one, two = (st.builds(js.Cosine, values, values, lengths), st.builds(js.HalfLife, values, constants))
        schedules = draw(st.lists(draw(st.sampled_from([one, two])), min_size=2, max_size=12))
        return js.join_schedules(schedules, sorted(draw(lengths) for _ in schedules[1:]))

    stretchable = inner.filter(lambda schedule: "Tabulated" not in repr(schedule))

    return st.one_of(
        joins(),
        alike(),
        st.builds(js.shift, inner, st.integers(-LAST, LAST) | st.floats(-LAST, LAST)),
        st.builds(js.every, inner, lengths),
        st.builds(js.reverse, inner, lengths),
        st.builds(
            js.repeat,
            stretchable,
            lengths,
            count=counts,
            growth=st.none() | st.integers(1, 3) | st.floats(1.01, 3.0),
            decay=st.none() | rates(False),
        ),
        st.builds(js.stretch, stretchable, *2 * [st.integers(1, LAST) | st.floats(1.0, LAST)]),
        st.builds(js.decay_from, inner, lengths, lengths, values, shapes),
        st.builds(lambda a, t, b: js.splice(a, t, js.maximum(b, 0.5)), inner, lengths, inner),
        st.builds(lambda a, b, c: js.clip(js.minimum(a, b), -9.0, js.maximum(b, c)), inner, inner, values),
        st.builds(lambda i, a, b: js.select(i, [a, b]), st.integers(0, 1), inner, inner),
        st.builds(lambda a, b: a + b, inner, inner | values),
        st.builds(lambda a, b: js.maximum(a, 0.5) ** b, inner, st.floats(-2.0, 3.0).map(lambda x: round(x, 3))),
        st.builds(lambda a, b: a**b, st.floats(0.25, 2.0), inner),
        st.builds(lambda a, b: a - b, inner | values.map(js.Constant), inner),
        st.builds(lambda a, b: a * b, inner, inner | values),
        st.builds(lambda a, b: a / js.maximum(b, 0.5), values | inner, inner),
    )


def schedules(growth: bool) -> st.SearchStrategy[js.Schedule]:
    """Any schedule; without growth, rates are at most 1."""
    return st.recursive(curves(growth) | recipes(growth), composed, max_leaves=4)
