# pyright: reportArgumentType=false, reportCallIssue=false, reportOperatorIssue=false, reportIndexIssue=false
"""Bad input that can be known is an error that names the class, the argument, the rule, and what came."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js


LINE = js.Linear(1.0, 0.0, 10)

BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: js.Linear(1.0, 0.0, -1), ValueError, "Linear: `transition_steps` must not be negative, got -1."),
    (lambda: js.Linear(1.0, 0.0, 100.0), TypeError, "Linear: `transition_steps` must be an integer number of steps, got 100.0."),
    (lambda: js.Linear(1.0, 0.0, True), TypeError, "Linear: `transition_steps` must be an integer number of steps, got True."),
    (lambda: js.Linear(1.0, 0.0, None), TypeError, "Linear: `transition_steps` must be an integer number of steps, got None (NoneType)."),
    (lambda: js.Linear(1.0, 0.0, 2**31), ValueError, "Linear: `transition_steps` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 2147483648."),
    (lambda: js.Linear(1.0, 0.0, 10**30), ValueError, "Linear: `transition_steps` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 1000000000000000000000000000000."),
    (lambda: js.Linear(10**400, 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got inf."),
    (lambda: js.Linear(np.float16(np.nan), 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got nan."),
    (lambda: js.Linear(1.0, 0.0, "100"), TypeError, "Linear: `transition_steps` must be an integer number of steps, got '100' (str)."),
    (lambda: js.Linear(float("nan"), 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got nan."),
    (lambda: js.Linear(1.0, float("-inf"), 10), ValueError, "Linear: `end_value` must be finite in float32, got -inf."),
    (lambda: js.Linear(1e39, 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got 1e+39."),
    (lambda: js.Linear("1", 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got '1' (str)."),
    (lambda: js.Linear(1j, 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got 1j (complex)."),
    (lambda: js.Linear(LINE, 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got Linear("),
    (lambda: js.Linear(True, 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got True."),
    (lambda: js.Linear(np.array(["a"]), 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got array(["),
    (lambda: js.Linear([1.0, np.nan], 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got nan in row 1."),
    (lambda: js.Linear(1.0, 0.0, np.array([5, -3])), ValueError, "Linear: `transition_steps` must not be negative, got -3 in row 1."),
    (lambda: js.Linear(np.ones(2), np.ones(3), 10), ValueError, "Linear: the fields of a stack must have one shape, got (2,), (3,), ()."),
    (lambda: js.Linear(1.0, 0.0, jnp.int32(-1)), ValueError, "Linear: `transition_steps` must not be negative, got -1."),
    (lambda: jax.jit(lambda x: js.Linear(1.0, 0.0, x)(0))(1.5), TypeError, "Linear: `transition_steps` must be an integer number of steps, got "),
    (lambda: dataclasses.replace(LINE, transition_steps=-1), ValueError, "Linear: `transition_steps` must not be negative, got -1."),
    (lambda: js.Cosine(1.0, 0.0, 10, -0.5), ValueError, "Cosine: `exponent` must not be negative, got -0.5."),
    (lambda: js.Polynomial(1.0, 0.0, 10, -2), ValueError, "Polynomial: `power` must not be negative, got -2."),
    (lambda: js.ExponentialDecay(1.0, 10, -0.9), ValueError, "ExponentialDecay: `decay_rate` must not be negative, got -0.9."),
    (lambda: js.ExponentialDecay(1.0, 10, 0.9, end_value="0"), TypeError, "ExponentialDecay: `end_value` must be a real number, got '0' (str)."),
    (lambda: js.ExponentialDecay(1.0, 10, 0.9, staircase=[1]), TypeError, "ExponentialDecay: `staircase` must be True or False, got [1]."),
    (lambda: js.InverseTimeDecay(1.0, 10, -1.0), ValueError, "InverseTimeDecay: `decay_rate` must not be negative, got -1.0."),
    (lambda: js.StepDecay(1.0, 10.5, 0.1), TypeError, "StepDecay: `step_size` must be an integer number of steps, got 10.5."),
    (lambda: js.StepDecay(1.0, 10, -0.1), ValueError, "StepDecay: `factor` must not be negative, got -0.1."),
    (lambda: js.PiecewiseConstant([20, 10], [1.0, 0.5, 0.1]), ValueError, "PiecewiseConstant: `boundaries` must be in increasing order, got 10 at index 1."),
    (lambda: js.PiecewiseConstant([10, 20], [1.0, 0.5]), ValueError, "PiecewiseConstant: `values` must have one entry more than `boundaries`, got 2 values for 2 boundaries."),
    (lambda: js.PiecewiseConstant([-1], [1.0, 0.5]), ValueError, "PiecewiseConstant: `boundaries` must not be negative, got -1 at index 0."),
    (lambda: js.PiecewiseConstant([1.5], [1.0, 0.5]), TypeError, "PiecewiseConstant: `boundaries` must be a sequence, each entry an integer number of steps, got [1.5]."),
    (lambda: js.PiecewiseConstant(10, [1.0, 0.5]), TypeError, "PiecewiseConstant: `boundaries` must be a sequence, each entry an integer number of steps, got 10."),
    (lambda: js.PiecewiseConstant([10], ["a", "b"]), TypeError, "PiecewiseConstant: `values` must be a sequence, each entry a real number, got ['a', 'b'] (list)."),
    (lambda: js.PiecewiseConstant({10: 0.1}, [1.0]), TypeError, "PiecewiseConstant: `boundaries` must be a sequence, each entry an integer number of steps, got {10: 0.1} (dict)."),
    (lambda: js.MultiStep(1.0, [5, -5], 0.1), ValueError, "MultiStep: `boundaries` must not be negative, got -5 at index 1."),
    (lambda: js.Constant(np.nan), ValueError, "Constant: `value` must be finite in float32, got nan."),
    (lambda: js.FromFunction(0.1), TypeError, "FromFunction: `fn` must be a function of the step, got 0.1."),
    (lambda: js.FromFunction(lambda t: np.ones(3))(0), TypeError, "FromFunction: the value must be a real scalar, got array([1., 1., 1.], dtype=float32)."),
    (lambda: js.FromFunction(lambda t: jnp.sqrt(jnp.complex64(-1)))(0), TypeError, "FromFunction: `fn(step)` must be a real number, got "),
    (lambda: js.FromFunction(lambda t: "x")(0), TypeError, "FromFunction: `fn(step)` must be a real number, got 'x' (str)."),
    (lambda: js.join_schedules([LINE, LINE], []), ValueError, "join_schedules: `boundaries` must have one entry fewer than `schedules`, got 0 boundaries for 2 schedules."),
    (lambda: js.join_schedules([LINE, LINE], [5, 9]), ValueError, "join_schedules: `boundaries` must have one entry fewer than `schedules`, got 2 boundaries for 2 schedules."),
    (lambda: js.join_schedules([LINE] * 3, [9, 5]), ValueError, "join_schedules: `boundaries` must be in increasing order, got 5 at index 1."),
    (lambda: js.join_schedules([LINE, 0.1], [5]), TypeError, "join_schedules: `schedules[1]` must be a schedule, such as Constant(...), got 0.1."),
    (lambda: js.join_schedules([LINE, abs], [5]), TypeError, "join_schedules: `schedules[1]` must be a schedule, such as FromFunction(...), got <built-in function abs>."),
    (lambda: js.join_schedules([], []), TypeError, "join_schedules: `schedules` must be a list of at least one schedule, got []."),
    (lambda: js.sequence([LINE, LINE], [5, 9]), ValueError, "sequence: `durations` must have one entry fewer than `schedules`, got 2 durations for 2 schedules."),
    (lambda: js.sequence([LINE, LINE], [-5]), ValueError, "sequence: `durations` must not be negative, got -5 at index 0."),
    (lambda: js.sequence(LINE, []), TypeError, "sequence: `schedules` must be a list of at least one schedule, got Linear("),
    (lambda: js.Rex(1.0, 0.0, 10, 1.0), ValueError, "Rex: `bend` must be less than 1, got 1.0."),
    (lambda: js.Exponential(1.0, 0.0, 10, [0.5, 1.0]), ValueError, "Exponential: `decay_rate` must lie between 0 and 1, got 1.0 in row 1."),
    (lambda: js.Geometric(1.0, 0.0, 10), ValueError, "Geometric: `end_value` must have the sign of `init_value`, and neither may be 0, got 0.0."),
    (lambda: js.Geometric([1.0, -1.0], 0.5, 10), ValueError, "Geometric: `end_value` must have the sign of `init_value`, and neither may be 0, got 0.5 in row 1."),
    (lambda: js.Tabulated([]), ValueError, "Tabulated: `values` must have at least one entry, got none."),
    (lambda: js.PiecewiseInterpolate([5], [1.0, 2.0]), ValueError, "PiecewiseInterpolate: `values` must have one entry for each of `boundaries`, and at least one, got 2 values for 1 boundaries."),
    (lambda: js.PiecewiseInterpolate([], []), ValueError, "PiecewiseInterpolate: `values` must have one entry for each of `boundaries`, and at least one, got 0 values"),
    (lambda: js.PiecewiseInterpolate([5], [1.0], "cubic"), ValueError, "PiecewiseInterpolate: `interpolation` must be \"linear\" or \"cosine\", got 'cubic'."),
    (lambda: js.CosineRestarts(1.0, 0.0, 10, growth=0.5), ValueError, "CosineRestarts: `growth` must be at least 1, got 0.5."),
    (lambda: js.CosineRestarts(1.0, 0.0, 10, cycles=2.5), TypeError, "CosineRestarts: `cycles` must be an integer number of steps, got 2.5."),
    (lambda: js.Triangular(0.0, 1.0, 5, scale_by="epoch"), ValueError, "Triangular: `scale_by` must be \"cycle\" or \"step\", got 'epoch'."),
    (lambda: js.repeat(LINE, 10, growth=0), ValueError, "repeat: `growth` must be at least 1, got 0."),
    (lambda: js.repeat(LINE, 10, count=0), ValueError, "repeat: `count` must be at least 1, got 0."),
    (lambda: js.repeat(js.Tabulated([1.0]), 10, growth=2), TypeError, "repeat: a schedule without lengths cannot be stretched, got Tabulated("),
    (lambda: js.stretch(LINE + js.FromFunction(abs), 10, 20), TypeError, "stretch: a schedule without lengths cannot be stretched, got FromFunction("),
    (lambda: js.stretch(LINE, 0, 20), ValueError, "stretch: `total_steps` must be at least 1, got 0."),
    (lambda: js.stretch(0.1, 10, 20), TypeError, "stretch: `schedule` must be a schedule, such as Constant(...), got 0.1."),
    (lambda: js.every(LINE, -1), ValueError, "every: `k` must not be negative, got -1."),
    (lambda: js.reverse(LINE, 1.5), TypeError, "reverse: `total_steps` must be an integer number of steps, got 1.5."),
    (lambda: js.minimum(LINE), TypeError, "minimum: at least two operands are needed, got 1."),
    (lambda: js.maximum(0.1, 0.2), TypeError, "maximum: at least one operand must be a schedule, got (0.1, 0.2)."),
    (lambda: js.clip(LINE, "a", 1.0), TypeError, "Arithmetic: `operands` must be a real number, got 'a' (str)."),
    (lambda: js.splice(LINE, 5, 0.1), TypeError, "splice: `then` must be a schedule, such as Constant(...), got 0.1."),
    (lambda: js.decay_from(LINE, 5, 10, cooldown="steep"), ValueError, "decay_from: `cooldown` must be one of 'linear', 'cosine', "),
    (lambda: js.wsd(peak_value=1.0, warmup_steps=1, cooldown_steps=1, total_steps=9, cooldown="steep"), ValueError, "wsd: `cooldown` must be one of 'linear', 'cosine', "),
    (lambda: js.wsd(peak_value=1.0, warmup_steps=1, cooldown_steps=1, total_steps=9, warmup=3), ValueError, "wsd: `warmup` must be one of 'linear', 'cosine', "),
    (lambda: js.wsd(peak_value=1.0, warmup_steps=1, cooldown_steps=1, total_steps=9, cooldown=lambda *_: 1.0), TypeError, "wsd: `cooldown(...)` must be a schedule, such as Constant(...), got 1.0."),
    (lambda: js.warmup_constant(peak_value=1.0, warmup_steps=1, first="one"), ValueError, "warmup_constant: `first` must be \"zero\" or \"one_over_n\", got 'one'."),
    (lambda: js.wsd_s(peak_value=1.0, warmup_steps=1, cooldown_steps=[1], period_steps=[5, 5]), ValueError, "wsd_s: `cooldown_steps` must have one entry for each of `period_steps`, and at least one, got 1 cooldowns for 2 periods."),
    (lambda: js.wsd_s(peak_value=1.0, warmup_steps=3, cooldown_steps=[3], period_steps=[5]), ValueError, "wsd_s: `period_steps` must be at least `warmup_steps` + `cooldown_steps`, got period_steps=5, warmup_steps=3, cooldown_steps=3 in row 0."),
    (lambda: js.warmup_cosine(peak_value=1.0, warmup_steps=[1, 2], total_steps=[5, 6, 7]), ValueError, "warmup_cosine: the lengths of a stack must have one shape, got total_steps of shape (3,), warmup_steps of shape (2,)."),
    (lambda: js.trapezoid(peak_value=1.0, warmup_steps=6, cooldown_steps=6, total_steps=10), ValueError, "trapezoid: `total_steps` must be at least `warmup_steps` + `cooldown_steps`, got total_steps=10, warmup_steps=6, cooldown_steps=6."),
    (lambda: js.sgdr(peak_value=1.0, period_steps=6, growth=0.5), ValueError, "sgdr: `growth` must be at least 1, got 0.5."),
    (lambda: js.inverse_sqrt(peak_value=1.0, warmup_steps=1, total_steps=9), TypeError, "inverse_sqrt: `cooldown_steps` and `total_steps` belong together"),
    (lambda: js.onecycle(peak_value=1.0, warmup_steps=6, total_steps=10, three_phase=True), ValueError, "onecycle: `total_steps` must be at least `warmup_steps` + `warmup_steps_again`, got total_steps=10, warmup_steps=6, warmup_steps_again=6."),
    (lambda: js.join_schedules(LINE, [5]), TypeError, "join_schedules: `schedules` must be a list of schedules, or a stack, got Linear("),
    (lambda: js.shift(LINE, 0.5), TypeError, "shift: `steps` must be an integer number of steps, got 0.5."),
    (lambda: js.shift(0.1, 5), TypeError, "shift: `schedule` must be a schedule, such as Constant(...), got 0.1."),
    (lambda: LINE / 0, ValueError, "Arithmetic: a schedule cannot be divided by zero, got 0.0."),
    (lambda: LINE * np.nan, ValueError, "Arithmetic: `operands` must be finite in float32, got nan."),
    (lambda: js.warmup_cosine(peak_value=1.0, warmup_steps=20, total_steps=10), ValueError, "warmup_cosine: `total_steps` must be at least `warmup_steps`, got total_steps=10, warmup_steps=20."),
    (lambda: js.wsd(peak_value=1.0, warmup_steps=-1, cooldown_steps=0, total_steps=10), ValueError, "wsd: `warmup_steps` must not be negative, got -1."),
    (lambda: js.warmup_linear(peak_value=1.0, warmup_steps=0.1, total_steps=10), TypeError, "warmup_linear: `warmup_steps` must be an integer number of steps, got 0.1."),
    (lambda: js.warmup_constant(peak_value="1", warmup_steps=5), TypeError, "warmup_constant: `peak_value` must be a real number, got '1' (str)."),
    (lambda: LINE(1.0), TypeError, "Linear: `step` must be an integer or an array of integers, got 1.0 (float)."),
    (lambda: LINE(True), TypeError, "Linear: `step` must be an integer or an array of integers, got True (bool)."),
    (lambda: LINE("1"), TypeError, "Linear: `step` must be an integer or an array of integers, got '1' (str)."),
    (lambda: LINE([1, 2]), TypeError, "Linear: `step` must be an integer or an array of integers, got [1, 2] (list)."),
    (lambda: LINE(np.arange(3.0)), TypeError, "Linear: `step` must be an integer or an array of integers, got array([0., 1., 2.]) (ndarray)."),
    (lambda: LINE(jnp.array(True)), TypeError, "Linear: `step` must be an integer or an array of integers, got Array(True"),
    (lambda: jax.jit(LINE)(1.0), TypeError, "Linear: `step` must be an integer or an array of integers, got "),
    (lambda: LINE(2**31), ValueError, "Linear: `step` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 2147483648."),
    (lambda: LINE(np.array([2**40])), ValueError, "Linear: `step` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 1099511627776."),
    (lambda: LINE[0], TypeError, "Linear: of shape (), it is no stack and has no rows."),
    (lambda: len(LINE), TypeError, "Linear: of shape (), it is no stack and has no rows."),
    (lambda: js.Constant(np.ones(3))[3], IndexError, "Constant: index 3 is out of range for a stack of shape (3,)."),
    (lambda: js.stack([]), ValueError, "stack: at least one schedule is needed, got none."),
    (lambda: js.stack([LINE, js.Constant(1.0)]), ValueError, "stack: all schedules must have the structure of the first, Linear("),
    (lambda: js.stack([LINE, 0.1]), TypeError, "stack: entry 1 must be a schedule, got 0.1."),
    (lambda: js.stack([LINE, js.stack([LINE, LINE])]), ValueError, "stack: all schedules must have the structure of the first, Linear("),
    (lambda: js.Linear(0.0, 0.0, 10, 10), TypeError, "takes 4 positional arguments"),
]  # fmt: skip


@pytest.mark.parametrize("call, error, message", BAD, ids=[message[:60] for _, _, message in BAD])
def test_bad_input_is_named(call: Callable[[], Any], error: type[Exception], message: str):
    with pytest.raises(error, match=re.escape(message)) as raised:
        call()
    assert type(raised.value) is error


def test_a_function_that_cannot_be_traced_is_told_how():
    with pytest.raises(jax.errors.TracerBoolConversionError) as raised:
        js.FromFunction(lambda t: 1.0 if t < 5 else 0.5)(3)
    assert "use jnp.where" in raised.value.__notes__[0]


def test_a_schedule_class_is_final_and_never_stateful():
    with pytest.raises(TypeError, match="every schedule class is final"):

        class Steeper(js.Linear):  # pyright: ignore[reportUnusedClass]
            pass

    with pytest.raises(TypeError, match="optax would take it for a stateful one"):

        class Stateful(js.Schedule):  # pyright: ignore[reportUnusedClass]
            def init(self): ...
            def update(self): ...
            def formula(self, step: jax.Array) -> float:
                return 0.0
