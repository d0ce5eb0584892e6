"""Hypothesis: any schedule, at any step."""

from typing import Any

from hypothesis import strategies as st

import jaxsched as js


LAST = 2**31 - 1

values = st.floats(-10.0, 10.0, width=32)
rates = st.floats(0.0, 2.0)
lengths = st.one_of(st.integers(0, 3), st.integers(0, 200), st.integers(0, LAST))
flags = st.booleans()


def tables(entries: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[list[Any]]:
    return st.lists(entries, min_size=least, max_size=least + 3)


@st.composite
def pieces(draw: st.DrawFn) -> js.Schedule:
    boundaries = sorted(draw(tables(lengths)))
    return js.PiecewiseConstant(boundaries, [draw(values) for _ in range(len(boundaries) + 1)])


curves = st.one_of(
    st.builds(js.Constant, values),
    st.builds(js.Linear, values, values, lengths),
    st.builds(js.Cosine, values, values, lengths, st.floats(0.0, 4.0)),
    st.builds(js.Polynomial, values, values, lengths, st.floats(0.0, 4.0)),
    st.builds(js.ExponentialDecay, values, lengths, rates, flags, st.none() | values),
    st.builds(js.NaturalExponentialDecay, values, st.floats(-1.0, 1.0), lengths, flags),
    st.builds(js.InverseTimeDecay, values, lengths, rates, flags),
    st.builds(js.StepDecay, values, lengths, rates),
    st.builds(js.MultiStep, values, tables(lengths), rates),
    st.builds(js.CosineAnnealing, values, values, lengths),
    pieces(),
)


@st.composite
def recipes(draw: st.DrawFn) -> js.Schedule:
    warmup, stable, cooldown = (draw(st.integers(0, 200)) for _ in range(3))
    total = warmup + stable + cooldown
    words = {"peak_value": draw(values), "init_value": draw(values), "warmup_steps": warmup}
    ends = {"total_steps": total, "end_value": draw(values)}
    return draw(
        st.sampled_from(
            [
                js.warmup_constant(**words),
                js.warmup_cosine(**words, **ends, exponent=draw(st.floats(0.0, 4.0))),
                js.warmup_linear(**words, **ends),
                js.warmup_exponential(**words, transition_steps=stable, decay_rate=draw(rates)),
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
        st.builds(lambda a, b: a / b, values, inner),
    )


schedules = st.recursive(curves | recipes(), composed, max_leaves=4)
steps = st.one_of(st.integers(0, 5), st.integers(0, 1000), st.integers(0, LAST))
