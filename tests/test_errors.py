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
from tests.helpers import enable_x64


LINE = js.Linear(1.0, 0.0, 10)

BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: js.Linear(1.0, 0.0, -1), ValueError, "Linear: `transition_steps` must not be negative, got -1. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(1.0, 0.0, 0.5), ValueError, "Linear: `transition_steps` must be a number of steps (steps_from_fraction makes one of a part of the run), got 0.5. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(1.0, 0.0, [True, 5]), TypeError, "Linear: `transition_steps` must be a number of steps, got [True, 5] (list)."),
    (lambda: js.Constant([True, 0.5]), TypeError, "Constant: `value` must be a real number, got [True, 0.5] (list)."),
    (lambda: js.Linear(1e-50, 0.0, 10), ValueError, "Linear: `init_value` must be 0, or at least 1.4e-45 from it in float32 (jax_enable_x64 lifts this), got 1e-50."),
    (lambda: js.Linear([0.0, 0.1, -1e-50], 0.0, 10), ValueError, "Linear: `init_value` must be 0, or at least 1.4e-45 from it in float32 (jax_enable_x64 lifts this), got -1e-50 in row 2."),
    (lambda: js.Tabulated([1e-30, 1e-60]), ValueError, "Tabulated: `values` must be 0, or at least 1.4e-45 from it in float32 (jax_enable_x64 lifts this), got 1e-60 at index 1."),
    (lambda: js.StepDecay(1.0, 10, 1e-50), ValueError, "StepDecay: `factor` must be 0, or at least 1.4e-45 from it in float32"),
    (lambda: js.warmup_constant(peak_value=1e-50, warmup_steps=5), ValueError, "warmup_constant: `peak_value` must be 0, or at least 1.4e-45 from it in float32"),
    (lambda: 1e-50 * LINE, ValueError, "the operator *: `operand 0` must be 0, or at least 1.4e-45 from it in float32"),
    (lambda: js.Linear(1.0, 0.0, True), TypeError, "Linear: `transition_steps` must be a number of steps, got True. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(1.0, 0.0, None), TypeError, "Linear: `transition_steps` must be a number of steps, got None (NoneType). The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(1.0, 0.0, 2**31), ValueError, "Linear: `transition_steps` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 2147483648."),
    (lambda: js.Linear(1.0, 0.0, 10**30), ValueError, "Linear: `transition_steps` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 1000000000000000000000000000000."),
    (lambda: js.Linear(10**400, 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got inf."),
    (lambda: js.Linear(np.float16(np.nan), 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got nan."),
    (lambda: js.Linear(1.0, 0.0, "100"), TypeError, "Linear: `transition_steps` must be a number of steps, got '100' (str). The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(float("nan"), 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got nan."),
    (lambda: js.Linear(1.0, float("-inf"), 10), ValueError, "Linear: `end_value` must be finite in float32, got -inf."),
    (lambda: js.Linear(1e39, 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got 1e+39."),
    (lambda: js.Linear("1", 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got '1' (str). The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(1j, 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got 1j (complex). The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(LINE, 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got Linear("),
    (lambda: js.Linear(True, 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got True. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(np.array(["a"]), 0.0, 10), TypeError, "Linear: `init_value` must be a real number, got array(["),
    (lambda: js.Linear([1.0, np.nan], 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got nan in row 1."),
    (lambda: js.Linear(1.0, 0.0, np.array([5, -3])), ValueError, "Linear: `transition_steps` must not be negative, got -3 in row 1. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(np.ones(2), np.ones(3), 10), ValueError, "Linear: the shapes must broadcast, as those of a stack do, got (2,) of `init_value`, (3,) of `end_value`."),
    (lambda: js.Linear(1.0, 0.0, jnp.int32(-1)), ValueError, "Linear: `transition_steps` must not be negative, got -1. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: dataclasses.replace(LINE, transition_steps=-1), ValueError, "Linear: `transition_steps` must not be negative, got -1. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Cosine(1.0, 0.0, 10, -0.5), ValueError, "Cosine: `exponent` must not be negative, got -0.5. The arguments are Cosine(init_value, end_value, transition_steps, exponent, ...)."),
    (lambda: js.Polynomial(1.0, 0.0, 10, -2), ValueError, "Polynomial: `power` must not be negative, got -2."),
    (lambda: js.ExponentialDecay(1.0, 10, -0.9), ValueError, "ExponentialDecay: `decay_rate` must not be negative, got -0.9. The arguments are ExponentialDecay(init_value, transition_steps, decay_rate, ...)."),
    (lambda: js.ExponentialDecay(1.0, 10, 0.9, end_value="0"), TypeError, "ExponentialDecay: `end_value` must be a real number, got '0' (str). The arguments are ExponentialDecay(init_value, transition_steps, decay_rate, staircase, end_value)."),
    (lambda: js.ExponentialDecay(1.0, 10, 0.9, staircase=[1]), TypeError, "ExponentialDecay: `staircase` must be True or False, got [1]. The arguments are ExponentialDecay(init_value, transition_steps, decay_rate, staircase, ...)."),
    (lambda: js.InverseTimeDecay(1.0, 10, -1.0), ValueError, "InverseTimeDecay: `decay_rate` must not be negative, got -1.0. The arguments are InverseTimeDecay(init_value, transition_steps, decay_rate, ...)."),
    (lambda: js.StepDecay(1.0, 0, 0.1), ValueError, "StepDecay: `step_size` must be more than 0, got 0."),
    (lambda: js.HalfLife(1.0, [2.5, 0.0]), ValueError, "HalfLife: `half_life` must be more than 0, got 0.0 in row 1."),
    (lambda: js.HalfLife(1.0, np.inf), ValueError, "HalfLife: `half_life` must be finite in float32, got inf."),
    (lambda: js.Linear(1.0, 0.0, np.nan), ValueError, "Linear: `transition_steps` must be finite in float32, got nan."),
    (lambda: js.Linear(1.0, 0.0, 3e9), ValueError, "Linear: `transition_steps` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 3000000000.0."),
    (lambda: js.Linear(1.0, 0.0, [30, -0.5]), ValueError, "Linear: `transition_steps` must not be negative, got -0.5 in row 1."),
    (lambda: js.Linear(1.0, 0.0, jnp.array([30.0, -0.5])), ValueError, "Linear: `transition_steps` must not be negative, got -0.5 in row 1."),
    (lambda: js.every(LINE, -1.5), ValueError, "every: `k` must not be negative, got -1.5."),
    (lambda: js.StepDecay(1.0, 10, -0.1), ValueError, "StepDecay: `factor` must not be negative, got -0.1. The arguments are StepDecay(init_value, step_size, factor)."),
    (lambda: js.PiecewiseConstant([20, 10], [1.0, 0.5, 0.1]), ValueError, "PiecewiseConstant: `boundaries` must be in increasing order, got 10 at index 1."),
    (lambda: js.PiecewiseConstant([10, 20], [1.0, 0.5]), ValueError, "PiecewiseConstant: `values` must have one entry more than `boundaries`, got 2 values for 2 boundaries."),
    (lambda: js.PiecewiseConstant([-1], [1.0, 0.5]), ValueError, "PiecewiseConstant: `boundaries` must not be negative, got -1 at index 0. The arguments are PiecewiseConstant(boundaries, values)."),
    (lambda: js.PiecewiseConstant([0.3, 0.6], [1.0, 0.5, 0.1]), ValueError, "PiecewiseConstant: `boundaries` must be a number of steps (steps_from_fraction makes one of a part of the run), got 0.3 at index 0. The arguments are PiecewiseConstant(boundaries, values)."),
    (lambda: js.PiecewiseConstant(10, [1.0, 0.5]), TypeError, "PiecewiseConstant: `boundaries` must be a sequence, each entry a number of steps, got 10. The arguments are PiecewiseConstant(boundaries, values)."),
    (lambda: js.PiecewiseConstant([10], ["a", "b"]), TypeError, "PiecewiseConstant: `values` must be a sequence, each entry a real number, got ['a', 'b'] (list). The arguments are PiecewiseConstant(boundaries, values)."),
    (lambda: js.PiecewiseConstant({10: 0.1}, [1.0]), TypeError, "PiecewiseConstant: `boundaries` must be a sequence, each entry a number of steps, got {10: 0.1} (dict). The arguments are PiecewiseConstant(boundaries, values)."),
    (lambda: js.MultiStep(1.0, [5, -5], 0.1), ValueError, "MultiStep: `boundaries` must not be negative, got -5 at index 1. The arguments are MultiStep(init_value, boundaries, factor)."),
    (lambda: js.MultiStep(0.1, [30, 60], [0.1, 0.1]), ValueError, "MultiStep: `factor` must be one number for all boundaries, got 2 for 2 boundaries: for one each, use PiecewiseConstant; for a stack, stack or build."),
    (lambda: jax.jit(lambda f: js.MultiStep(0.1, [30, 60], f)(0))(jnp.array([0.1, 0.1])), ValueError, "MultiStep: `factor` must be one number for all boundaries, got 2"),
    (lambda: js.warmup_multistep(peak_value=0.1, warmup_steps=5, boundaries=[30, 60], factor=[0.1, 0.1]), ValueError, "warmup_multistep: `factor` must be one number for all boundaries, got 2"),
    (lambda: js.Constant(np.nan), ValueError, "Constant: `value` must be finite in float32, got nan."),
    (lambda: js.FromFunction(0.1), TypeError, "FromFunction: `fn` must be a function of the step, got 0.1."),
    (lambda: js.FromFunction(lambda t: np.ones(3))(0), TypeError, "FromFunction: the value must be a real scalar, got array([1., 1., 1.], dtype=float32)."),
    (lambda: js.FromFunction(lambda t: jnp.sqrt(jnp.complex64(-1)))(0), TypeError, "FromFunction: `fn(step)` must be a real number, got "),
    (lambda: js.FromFunction(lambda t: "x")(0), TypeError, "FromFunction: `fn(step)` must be a real number, got 'x' (str)."),
    (lambda: js.join_schedules([LINE, LINE], []), ValueError, "join_schedules: `boundaries` must have one entry fewer than `schedules`, got 0 boundaries for 2 schedules."),
    (lambda: js.join_schedules([LINE, LINE], [5, 9]), ValueError, "join_schedules: `boundaries` must have one entry fewer than `schedules`, got 2 boundaries for 2 schedules."),
    (lambda: js.join_schedules([LINE] * 3, [9, 5]), ValueError, "join_schedules: `boundaries` must be in increasing order, got 5 at index 1."),
    (lambda: js.join_schedules([LINE, "0.1"], [5]), TypeError, "join_schedules: `schedules[1]` must be a schedule or a number, such as Constant(...), got '0.1'."),
    (lambda: js.join_schedules([LINE, abs], [5]), TypeError, "join_schedules: `schedules[1]` must be a schedule or a number, such as FromFunction(...), got <built-in function abs>."),
    (lambda: js.join_schedules([], []), TypeError, "join_schedules: `schedules` must be a list of at least one schedule, got []."),
    (lambda: js.sequence([LINE, LINE], [5, 9]), ValueError, "sequence: `durations` must have one entry fewer than `schedules`, got 2 durations for 2 schedules."),
    (lambda: js.sequence([LINE, LINE], [-5]), ValueError, "sequence: `durations` must not be negative, got -5 at index 0."),
    (lambda: js.sequence(LINE, []), TypeError, "sequence: `schedules` must be a list of at least one schedule, got Linear("),
    (lambda: js.Rex(1.0, 0.0, 10, 1.0), ValueError, "Rex: `bend` must be less than 1, got 1.0."),
    (lambda: js.Exponential(1.0, 0.0, 10, [0.5, 1.0]), ValueError, "Exponential: `decay_rate` must lie between 0 and 1, got 1.0 in row 1."),
    (lambda: js.Geometric(1.0, 0.0, 10), ValueError, "Geometric: `init_value` and `end_value` must have one sign, and neither may be 0, got 1.0 and 0.0."),
    (lambda: js.Geometric([1.0, -1.0], 0.5, 10), ValueError, "Geometric: `init_value` and `end_value` must have one sign, and neither may be 0, got -1.0 and 0.5 in row 1."),
    (lambda: js.Tabulated([]), ValueError, "Tabulated: `values` must have at least one entry, got none."),
    (lambda: js.PiecewiseInterpolate([5], [1.0, 2.0]), ValueError, "PiecewiseInterpolate: `values` must have one entry for each of `boundaries`, and at least one, got 2 values for 1 boundaries."),
    (lambda: js.PiecewiseInterpolate([], []), ValueError, "PiecewiseInterpolate: `values` must have one entry for each of `boundaries`, and at least one, got 0 values"),
    (lambda: js.PiecewiseInterpolate([5], [1.0], "cubic"), ValueError, "PiecewiseInterpolate: `interpolation` must be \"linear\" or \"cosine\", got 'cubic'."),
    (lambda: js.CosineRestarts(1.0, 0.0, 10, growth=[2.0, 1 + 2**-20]), ValueError, "CosineRestarts: `growth` must be 1, or at least 1.00001, got 1.0000009536743164 in row 1."),
    (lambda: js.CosineRestarts(1.0, 0.0, 10, growth=0.5), ValueError, "CosineRestarts: `growth` must be at least 1, got 0.5."),
    (lambda: js.CosineRestarts(1.0, 0.0, 10, cycles=2.5), TypeError, "CosineRestarts: `cycles` must be a whole number of cycles, got 2.5. The arguments are CosineRestarts(init_value, end_value, period_steps, growth, decay, cycles)."),
    (lambda: js.Triangular(0.0, 1.0, 5, scale_by="epoch"), ValueError, "Triangular: `scale_by` must be \"cycle\" or \"step\", got 'epoch'."),
    (lambda: js.repeat(LINE, 10, growth=1.000001), ValueError, "repeat: `growth` must be 1, or at least 1.00001, got 1.000001"),
    (lambda: js.repeat(LINE, 10, growth=0), ValueError, "repeat: `growth` must be at least 1, got 0."),
    (lambda: js.repeat(LINE, 10, count=0), ValueError, "repeat: `count` must be at least 1, got 0."),
    (lambda: js.repeat(js.Tabulated([1.0]), 10, growth=2), TypeError, "repeat: a schedule without lengths cannot be stretched, got Tabulated("),
    (lambda: js.stretch(LINE + js.FromFunction(abs), 10, 20), TypeError, "stretch: a schedule without lengths cannot be stretched, got FromFunction("),
    (lambda: js.stretch(LINE, 0, 20), ValueError, "stretch: `total_steps` must be more than 0, got 0."),
    (lambda: js.stretch("0.1", 10, 20), TypeError, "stretch: `schedule` must be a schedule or a number, such as Constant(...), got '0.1'."),
    (lambda: js.every(LINE, -1), ValueError, "every: `k` must not be negative, got -1."),
    (lambda: js.reverse(LINE, 0.5), ValueError, "reverse: `total_steps` must be a number of steps (steps_from_fraction makes one of a part of the run), got 0.5."),
    (lambda: js.minimum(LINE), TypeError, "minimum: at least two operands are needed, got 1."),
    (lambda: js.maximum(0.1, 0.2), TypeError, "maximum: at least one operand must be a schedule, got [0.1, 0.2]."),
    (lambda: js.clip(LINE, "a", 1.0), TypeError, "clip: `lowest` must be a schedule or a real number, got 'a' (str)."),
    (lambda: js.clip(LINE, 1.0, 0.0), ValueError, "clip: `lowest` must be at most `highest`, got 1.0."),
    (lambda: js.clip(LINE, [0.0, 0.5], [0.1, 0.2]), ValueError, "clip: `lowest` must be at most `highest`, got 0.5 in row 1."),
    (lambda: js.clip(LINE, [0.0, 0.1], [0.1, 0.2, 0.3]), ValueError, "clip: the shapes must broadcast, as those of a stack do, got (2,) of"),
    (lambda: js.splice(LINE, 5, "0.1"), TypeError, "splice: `then` must be a schedule or a number, such as Constant(...), got '0.1'."),
    (lambda: js.decay_from(LINE, 5, 10, cooldown="steep"), ValueError, 'decay_from: `cooldown` must be one of "linear", "cosine", '),
    (lambda: js.wsd(peak_value=1.0, warmup_steps=1, cooldown_steps=1, total_steps=9, cooldown="steep"), ValueError, 'wsd: `cooldown` must be one of "linear", "cosine", '),
    (lambda: js.wsd(peak_value=1.0, warmup_steps=1, cooldown_steps=1, total_steps=9, warmup=3), ValueError, 'wsd: `warmup` must be one of "constant", "linear", "cosine", '),
    (lambda: js.wsd(peak_value=1.0, warmup_steps=1, cooldown_steps=1, total_steps=9, cooldown=lambda *_: "1.0"), TypeError, "wsd: `cooldown(...)` must be a schedule or a number, such as Constant(...), got '1.0'."),
    (lambda: js.warmup_constant(peak_value=1.0, warmup_steps=1, first="one"), ValueError, "warmup_constant: `first` must be \"zero\" or \"one_over_n\", got 'one'."),
    (lambda: js.wsd_s(peak_value=1.0, warmup_steps=1, cooldown_steps=[1], period_steps=[5, 5]), ValueError, "wsd_s: `cooldown_steps` must have one entry for each of `period_steps`, and at least one, got 1 cooldowns for 2 periods."),
    (lambda: js.wsd_s(peak_value=1.0, warmup_steps=3, cooldown_steps=[3], period_steps=[5]), ValueError, "wsd_s: `period_steps` must be at least `warmup_steps` + `cooldown_steps`, got period_steps=5, warmup_steps=3, cooldown_steps=3 in row 0."),
    (lambda: js.warmup_cosine(peak_value=1.0, warmup_steps=[1, 2], total_steps=[5, 6, 7]), ValueError, "warmup_cosine: the shapes must broadcast, as those of a stack do, got (2,) of `warmup_steps`, (3,) of `total_steps`."),
    (lambda: js.trapezoid(peak_value=1.0, warmup_steps=6, cooldown_steps=6, total_steps=10), ValueError, "trapezoid: `total_steps` must be at least `warmup_steps` + `cooldown_steps`, got total_steps=10, warmup_steps=6, cooldown_steps=6."),
    (lambda: js.sgdr(peak_value=1.0, period_steps=6, growth=0.5), ValueError, "sgdr: `growth` must be at least 1, got 0.5."),
    (lambda: js.inverse_sqrt(peak_value=1.0, warmup_steps=1, total_steps=9), TypeError, "inverse_sqrt: `cooldown_steps` and `total_steps` belong together"),
    (lambda: js.inverse_sqrt(peak_value=1.0, warmup_steps=0), ValueError, "inverse_sqrt: `warmup_steps` must be more than 0, or `timescale` be given, got 0."),
    (lambda: js.inverse_sqrt(peak_value=1.0, warmup_steps=[5, 0]), ValueError, "inverse_sqrt: `warmup_steps` must be more than 0, or `timescale` be given, got 0 in row 1."),
    (lambda: js.noam(model_size=0, warmup_steps=10), ValueError, "noam: `model_size` must be at least 1, got 0."),
    (lambda: js.noam(model_size=64, warmup_steps=[10, 0]), ValueError, "noam: `warmup_steps` must be more than 0, got 0 in row 1."),
    (lambda: js.onecycle(peak_value=1.0, warmup_steps=6, total_steps=10, three_phase=True), ValueError, "onecycle: `total_steps` must be at least 2 * `warmup_steps`, got total_steps=10, warmup_steps=6."),
    (lambda: js.join_schedules(LINE, [5]), TypeError, "join_schedules: `schedules` must be a list of schedules, or a stack, got Linear("),
    (lambda: js.shift(LINE, "1"), TypeError, "shift: `steps` must be a number of steps, got '1' (str)."),
    (lambda: js.shift("0.1", 5), TypeError, "shift: `schedule` must be a schedule or a number, such as Constant(...), got '0.1'."),
    (lambda: LINE / 0, ValueError, "the operator /: a schedule cannot be divided by zero, got 0.0."),
    (lambda: LINE * np.nan, ValueError, "the operator *: `operand 1` must be finite in float32, got nan."),
    (lambda: js.warmup_cosine(peak_value=1.0, warmup_steps=20, total_steps=10), ValueError, "warmup_cosine: `total_steps` must be at least `warmup_steps`, got total_steps=10, warmup_steps=20."),
    (lambda: js.wsd(peak_value=1.0, warmup_steps=-1, cooldown_steps=0, total_steps=10), ValueError, "wsd: `warmup_steps` must not be negative, got -1."),
    (lambda: js.warmup_linear(peak_value=1.0, warmup_steps=0.1, total_steps=10), ValueError, "warmup_linear: `warmup_steps` must be a number of steps (steps_from_fraction makes one of a part of the run), got 0.1."),
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
    (lambda: LINE[0], TypeError, "Linear: of shape (), it is not a stack and has no rows."),
    (lambda: len(LINE), TypeError, "Linear: of shape (), it is not a stack and has no rows."),
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


@pytest.mark.parametrize(
    "call, order",
    [
        (lambda: js.Cosine(0.1, 1000, 0.5), "Cosine(init_value, end_value, transition_steps, ...)"),
        (lambda: js.Cosine(0.1, 100, -1), "Cosine(init_value, end_value, transition_steps, ...)"),
        (lambda: js.Polynomial(0.1, 100, 1e-4, 1.0), "Polynomial(init_value, end_value, transition_steps, power, ...)"),
        (lambda: js.MultiStep(0.1, 0.1, [30, 60]), "MultiStep(init_value, boundaries, factor)"),
        (
            lambda: js.ExponentialDecay(0.1, 100, 0.9, 0.01),
            "ExponentialDecay(init_value, transition_steps, decay_rate, staircase, ...)",
        ),
        (lambda: js.Constant("0.1"), None),
        (lambda: LINE * np.array(["a"]), None),
        (lambda: js.clip(LINE, 0.5, "a"), None),
        (lambda: js.shift(LINE, "1"), None),
        (lambda: js.warmup_constant(peak_value=0.1, warmup_steps=-5), None),
        (lambda: js.Linear(1e39, 0.0, 10), None),
        (lambda: js.PiecewiseConstant([20, 10], [1.0, 0.5, 0.1]), None),
    ],
)
def test_what_may_stand_in_the_wrong_place_is_shown_the_order_of_the_arguments(
    call: Callable[[], Any], order: str | None
):
    with pytest.raises((TypeError, ValueError)) as raised:
        call()
    _, said, shown = str(raised.value).partition(" The arguments are ")
    assert (shown if said else None) == (order and f"{order}.")


def test_what_float32_cannot_hold_float64_can():
    with enable_x64(True):
        assert js.Linear(1e-50, 0.0, 10)(5) == pytest.approx(5e-51)


def test_the_smallest_numbers_are_left_alone_and_so_is_what_is_lost_in_rounding():
    assert js.Constant(1e-45)(0) == np.float32(1e-45) > 0
    assert js.StepDecay(1.0, 1, 1.5e-45)(1) == np.float32(1e-45)  # of which float32 cannot hold 10^-46


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
