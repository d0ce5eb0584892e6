"""Hypothesis: any schedule of ordinary numbers, at any step.

Ordinary: 0, or not much smaller than 10⁻³ and not larger than 10. Beyond that the contract holds for single curves
(`test_numerics.py`), but a product of a few of them has gradients that float32 cannot hold.
"""

from typing import Any

from hypothesis import strategies as st

import jaxsched as js


LAST = 2**31 - 1

values = st.just(0.0) | st.floats(0.001, 10.0) | st.floats(-10.0, -0.001)
lengths = st.integers(0, 3) | st.integers(0, 200) | st.integers(0, LAST)
exponents = st.just(0.0) | st.floats(0.001, 4.0)
flags = st.booleans()
steps = st.integers(0, 5) | st.integers(0, 1000) | st.integers(0, LAST)


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
        st.builds(js.Cosine, values, values, lengths, exponents),
        st.builds(js.Polynomial, values, values, lengths, exponents),
        st.builds(js.ExponentialDecay, values, lengths, rates(growth), flags, st.none() | values),
        st.builds(js.NaturalExponentialDecay, values, st.floats(-1.0 if growth else 0.0, 1.0), lengths, flags),
        st.builds(js.InverseTimeDecay, values, lengths, rates(growth), flags),
        st.builds(js.StepDecay, values, lengths, rates(growth)),
        st.builds(js.MultiStep, values, tables(lengths), rates(growth)),
        st.builds(js.CosineAnnealing, values, values, lengths),
        pieces(),
    )


@st.composite
def recipes(draw: st.DrawFn, growth: bool) -> js.Schedule:
    warmup, stable, cooldown = (draw(st.integers(0, 200)) for _ in range(3))
    words = {"peak_value": draw(values), "init_value": draw(values), "warmup_steps": warmup}
    ends = {"total_steps": warmup + stable + cooldown, "end_value": draw(values)}
    return draw(
        st.sampled_from(
            [
                js.warmup_constant(**words),
                js.warmup_cosine(**words, **ends, exponent=draw(exponents)),
                js.warmup_linear(**words, **ends),
                js.warmup_exponential(**words, transition_steps=stable, decay_rate=draw(rates(growth))),
                js.wsd(**words, **ends, cooldown_steps=cooldown),
            ]
        )
    )


def composed(inner: st.SearchStrategy[js.Schedule]) -> st.SearchStrategy[js.Schedule]:
    @st.composite
    def joins(draw: st.DrawFn) -> js.Schedule:
        schedules = draw(st.lists(inner, min_size=1, max_size=3))
        return js.sequence(schedules, [draw(lengths) for _ in schedules[1:]])

    return st.one_of(
        joins(),
        st.builds(js.shift, inner, st.integers(-LAST, LAST)),
        st.builds(lambda a, b: a + b, inner, inner | values),
        st.builds(lambda a, b: a - b, inner | values.map(js.Constant), inner),
        st.builds(lambda a, b: a * b, inner, inner | values),
        st.builds(lambda a, b: a / (b * b + 1.0), values | inner, inner),
    )


def schedules(growth: bool) -> st.SearchStrategy[js.Schedule]:
    """Any schedule; without growth, rates are at most 1."""
    return st.recursive(curves(growth) | recipes(growth), composed, max_leaves=4)
