# pyright: reportArgumentType=false, reportCallIssue=false, reportOperatorIssue=false, reportIndexIssue=false
"""Mistakes that people make, and what they are told: what they called, its argument, the rule and what came."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import training


LINE = js.Linear(1.0, 0.0, 10)
RUN = {"peak_value": 0.1, "warmup_steps": 10, "total_steps": 100}
COSINE = js.warmup_cosine(**RUN)
TWO = js.stack([LINE, LINE])
TRAIN = lambda rate, width: {"x": jnp.ones(width) * rate}  # noqa: E731
RESULTS = js.sweep(lambda a: {"loss": a}, js.grid(a=[1.0, 2.0]), progress=False)

MISTAKES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: js.warmup_cosine(1, 10, 100), TypeError, "warmup_cosine: arguments are given by name: warmup_cosine(peak_value=, warmup_steps=, total_steps=, ...), got 3 without a name."),
    (lambda: js.warmup_cosine(peak_lr=0.1, warmup_steps=10, total_steps=100), TypeError, "warmup_cosine: there is no argument `peak_lr`; did you mean `peak_value`? The arguments are peak_value, warmup_steps, total_steps, init_value, end_value, exponent, warmup, first."),
    (lambda: js.warmup_cosine(peak_value=0.1, warmup_steps=10, decay_steps=100), TypeError, "warmup_cosine: there is no argument `decay_steps`; did you mean `total_steps`? The arguments are peak_value, warmup_steps, total_steps, init_value, end_value, exponent, warmup, first."),
    (lambda: js.warmup_cosine(peak_value=0.1, num_warmup_steps=10, total_steps=100), TypeError, "warmup_cosine: there is no argument `num_warmup_steps`; did you mean `warmup_steps`? The arguments are peak_value, warmup_steps, total_steps, init_value, end_value, exponent, warmup, first."),
    (lambda: js.warmup_cosine(peak_value=0.1, warmup=10, total_steps=100), TypeError, "warmup_cosine: `warmup_steps` must be given: warmup_cosine(peak_value=, warmup_steps=, total_steps=, ...)."),
    (lambda: js.warmup_cosine(peak_value=0.1, warmup_steps=0.1, total_steps=100), ValueError, "warmup_cosine: `warmup_steps` must be a number of steps (steps_from_fraction makes one of a part of the run), got 0.1."),
    (lambda: js.warmup_cosine(peak_value=0.1, warmup_steps=200, total_steps=100), ValueError, "warmup_cosine: `total_steps` must be at least `warmup_steps`, got total_steps=100, warmup_steps=200."),
    (lambda: js.warmup_cosine(peak_value=".1", warmup_steps=20, total_steps=100), TypeError, "warmup_cosine: `peak_value` must be a real number, got '.1' (str)."),
    (lambda: js.warmup_cosine(peak_value=0.1, warmup_steps=None, total_steps=100), TypeError, "warmup_cosine: `warmup_steps` must be a number of steps, got None (NoneType)."),
    (lambda: js.warmup_cosine(**RUN, first="one"), ValueError, "warmup_cosine: `first` must be \"zero\" or \"one_over_n\", got 'one'."),
    (lambda: js.warmup_cosine(**RUN, exponent=-1), ValueError, "warmup_cosine: `exponent` must not be negative, got -1.0."),
    (lambda: js.wsd(**RUN, cooldown_steps=10, cooldown="1-sqrt"), ValueError, "wsd: `cooldown` must be one of \"linear\", \"cosine\", \"mirror_cosine\", \"one_minus_sqrt\", \"one_minus_square\", \"exponential\", \"geometric\", \"inverse_root\", \"rex\", \"logarithmic\", or a function, got '1-sqrt'; did you mean `one_minus_sqrt`?"),
    (lambda: js.wsd(**RUN, cooldown_steps=10, cooldown="geometric"), ValueError, "wsd: the values at both ends of a geometric `cooldown` must have one sign, and neither may be 0, got 0.1 and 0.0."),
    (lambda: js.wsd(**RUN, cooldown_steps=10, warmup="geometric"), ValueError, "wsd: the values at both ends of a geometric `warmup` must have one sign, and neither may be 0, got 0.0 and 0.1."),
    (lambda: js.wsd(**RUN, cooldown_steps=10, cooldown=lambda a, b, n: 3j), TypeError, "wsd: `cooldown(...)` must be a schedule or a number, such as Constant(...), got 3j."),
    (lambda: js.wsd(**RUN, cooldown_steps=10, cooldown=js.Linear(1, 0, 10)), ValueError, 'wsd: `cooldown` must be one of "linear", "cosine", "mirror_cosine", "one_minus_sqrt", "one_minus_square", "exponential", "geometric", "inverse_root", "rex", "logarithmic", or a function, got Linear(init_value=1.0, end_value=0.0, transition_steps=10).'),
    (lambda: js.wsd(**RUN, cooldown_steps=95), ValueError, "wsd: `total_steps` must be at least `warmup_steps` + `cooldown_steps`, got total_steps=100, warmup_steps=10, cooldown_steps=95."),
    (lambda: js.wsd(peak_value=np.full(5000, 0.1), warmup_steps=np.arange(5000), cooldown_steps=10, total_steps=1000), ValueError, "wsd: `total_steps` must be at least `warmup_steps` + `cooldown_steps`, got total_steps=1000, warmup_steps=991, cooldown_steps=10 in row 991."),
    (lambda: js.wsd_s(peak_value=1, warmup_steps=10, cooldown_steps=[1, 2], period_steps=[100]), ValueError, "wsd_s: `cooldown_steps` must have one entry for each of `period_steps`, and at least one, got 2 cooldowns for 1 periods."),
    (lambda: js.wsd_s(peak_value=1, warmup_steps=10, cooldown_steps=5, period_steps=[100]), TypeError, "wsd_s: `cooldown_steps` must be a sequence, each entry a number of steps, got 5."),
    (lambda: js.onecycle(peak_value=1, warmup_steps=60, total_steps=100, three_phase=True), ValueError, "onecycle: `total_steps` must be at least 2 * `warmup_steps`, got total_steps=100, warmup_steps=60."),
    (lambda: js.onecycle(peak_value=1, warmup_steps=60, total_steps=100, shape="linear"), TypeError, "onecycle: there is no argument `shape`. The arguments are peak_value, warmup_steps, total_steps, init_value, end_value, three_phase, ramp."),
    (lambda: js.sgdr(peak_value=1, period_steps=10, cycles=2.5), TypeError, "sgdr: `cycles` must be a whole number of cycles, got 2.5."),
    (lambda: js.sgdr(peak_value=1, period_steps=10, growth=0.5), ValueError, "sgdr: `growth` must be at least 1, got 0.5."),
    (lambda: js.noam(model_size=0, warmup_steps=10), ValueError, "noam: `model_size` must be at least 1, got 0."),
    (lambda: js.noam(model_size=512.5, warmup_steps=10), TypeError, "noam: `model_size` must be an integer, got 512.5."),
    (lambda: js.inverse_sqrt(peak_value=1, warmup_steps=10, cooldown_steps=10), TypeError, "inverse_sqrt: `cooldown_steps` and `total_steps` belong together, got one without the other."),
    (lambda: js.inverse_sqrt(peak_value=1, warmup_steps=0), ValueError, "inverse_sqrt: `warmup_steps` must be more than 0, or `timescale` be given, got 0."),
    (lambda: js.exponential_range_test(init_value=0, end_value=1, total_steps=10), ValueError, "exponential_range_test: `init_value` and `end_value` must have one sign, and neither may be 0, got 0.0 and 1.0."),
    (lambda: js.tri_stage(**RUN, cooldown_steps=10, init_value=0.1, end_value=0), ValueError, "tri_stage: the values at both ends of a geometric `cooldown` must have one sign, and neither may be 0, got 0.1 and 0.0."),
    (lambda: js.warmup_multistep(peak_value=1, warmup_steps=10, boundaries=[20, 30], factor=[0.1, 0.2]), ValueError, "warmup_multistep: `factor` must be one number for all boundaries, got 2 for 2 boundaries: for one each, use PiecewiseConstant; for a stack, stack or build."),
    (lambda: js.warmup_multistep(peak_value=1, warmup_steps=10, boundaries="20,30", factor=0.1), TypeError, "warmup_multistep: `boundaries` must be a sequence, each entry a number of steps, got '20,30' (str)."),
    (lambda: js.Linear(0, 1), TypeError, "Linear.__init__() missing 1 required positional argument: 'transition_steps'"),
    (lambda: js.Linear(1.0, 0.0, -5), ValueError, "Linear: `transition_steps` must not be negative, got -5. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(1.0, 0.0, 0.5), ValueError, "Linear: `transition_steps` must be a number of steps (steps_from_fraction makes one of a part of the run), got 0.5. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(1.0, 0.0, 3000000000.0), ValueError, "Linear: `transition_steps` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 3000000000.0."),
    (lambda: js.Linear(float("nan"), 0.0, 10), ValueError, "Linear: `init_value` must be finite in float32, got nan."),
    (lambda: js.Linear(1e-50, 0.0, 10), ValueError, "Linear: `init_value` must be 0, or at least 1.4e-45 from it in float32 (jax_enable_x64 lifts this), got 1e-50."),
    (lambda: js.Linear([1, 2], [1, 2, 3], 10), ValueError, "Linear: the shapes must broadcast, as those of a stack do, got (2,) of `init_value`, (3,) of `end_value`."),
    (lambda: js.Linear(True, 0, 10), TypeError, "Linear: `init_value` must be a real number, got True. The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.Linear(1.0, 0.0, transition_begin=10), TypeError, "Linear: there is no argument `transition_begin`; did you mean `transition_steps`? The arguments are init_value, end_value, transition_steps."),
    (lambda: js.MultiStep(1.0, [10, 20], [0.1, 0.2]), ValueError, "MultiStep: `factor` must be one number for all boundaries, got 2 for 2 boundaries: for one each, use PiecewiseConstant; for a stack, stack or build."),
    (lambda: js.MultiStep(1.0, 10, 0.1), TypeError, "MultiStep: `boundaries` must be a sequence, each entry a number of steps, got 10. The arguments are MultiStep(init_value, boundaries, factor)."),
    (lambda: js.PiecewiseConstant([20, 10], [1, 2, 3]), ValueError, "PiecewiseConstant: `boundaries` must be in increasing order, got 10 at index 1."),
    (lambda: js.PiecewiseConstant({10: 0.1}, [1, 2]), TypeError, "PiecewiseConstant: `boundaries` must be a sequence, each entry a number of steps, got {10: 0.1} (dict). The arguments are PiecewiseConstant(boundaries, values)."),
    (lambda: js.PiecewiseConstant([10, 20], [1, 2]), ValueError, "PiecewiseConstant: `values` must have one entry more than `boundaries`, got 2 values for 2 boundaries."),
    (lambda: js.PiecewiseInterpolate([10, 20], [1, 2], "cubic"), ValueError, "PiecewiseInterpolate: `interpolation` must be \"linear\" or \"cosine\", got 'cubic'."),
    (lambda: js.ExponentialDecay(1.0, 0, 0.5), ValueError, "ExponentialDecay: `transition_steps` must be more than 0, got 0."),
    (lambda: js.ExponentialDecay(1.0, 100, -0.5), ValueError, "ExponentialDecay: `decay_rate` must not be negative, got -0.5. The arguments are ExponentialDecay(init_value, transition_steps, decay_rate, ...)."),
    (lambda: js.StepDecay(1.0, 10, staircase=True), TypeError, "StepDecay: there is no argument `staircase`. The arguments are init_value, step_size, factor."),
    (lambda: js.Constant(), TypeError, "Constant.__init__() missing 1 required positional argument: 'value'"),
    (lambda: js.FromFunction(3), TypeError, "FromFunction: `fn` must be a function of the step, got 3."),
    (lambda: js.FromFunction(lambda t: "a")(5), TypeError, "FromFunction: `fn(step)` must be a real number, got 'a' (str)."),
    (lambda: js.CosineRestarts(1, 0, 10, cycles=-1), ValueError, "CosineRestarts: `cycles` must not be negative, got -1. The arguments are CosineRestarts(init_value, end_value, period_steps, growth, decay, cycles)."),
    (lambda: js.join_schedules([LINE, LINE], [10, 20]), ValueError, "join_schedules: `boundaries` must have one entry fewer than `schedules`, got 2 boundaries for 2 schedules."),
    (lambda: js.join_schedules([LINE, optax.constant_schedule(0.1)], [10]), TypeError, "join_schedules: `schedules[1]` must be a schedule or a number, such as FromFunction(...), got "),
    (lambda: js.join_schedules(LINE, [10]), TypeError, "join_schedules: `schedules` must be a list of schedules, or a stack, got Linear(init_value=1.0, end_value=0.0, transition_steps=10)."),
    (lambda: js.join_schedules([LINE, LINE, LINE], [20, 10]), ValueError, "join_schedules: `boundaries` must be in increasing order, got 10 at index 1."),
    (lambda: js.sequence([LINE, LINE], [-10]), ValueError, "sequence: `durations` must not be negative, got -10 at index 0."),
    (lambda: js.clip(LINE, "a", 1), TypeError, "clip: `lowest` must be a schedule or a real number, got 'a' (str)."),
    (lambda: js.clip(LINE, 1, 0), ValueError, "clip: `lowest` must be at most `highest`, got 1.0."),
    (lambda: js.clip(LINE, None, 1), TypeError, "clip: `lowest` must be a schedule or a real number, got None (NoneType)."),
    (lambda: js.clip(optax.constant_schedule(0.1), 0, 1), TypeError, "clip: `schedule` must be a schedule or a number, such as FromFunction(...), got "),
    (lambda: js.minimum(LINE), TypeError, "minimum: at least two operands are needed, got 1."),
    (lambda: js.minimum(1, 2), TypeError, "minimum: at least one operand must be a schedule, got [1, 2]."),
    (lambda: js.minimum(LINE, "a"), TypeError, "minimum: `operand 1` must be a schedule or a real number, got 'a' (str)."),
    (lambda: js.shift(lambda t: t, 10), TypeError, "shift: `schedule` must be a schedule or a number, such as FromFunction(...), got "),
    (lambda: js.shift(LINE, "a"), TypeError, "shift: `steps` must be a number of steps, got 'a' (str)."),
    (lambda: js.every(LINE, -1), ValueError, "every: `k` must not be negative, got -1."),
    (lambda: js.repeat(LINE, 10, growth=0.5), ValueError, "repeat: `growth` must be at least 1, got 0.5."),
    (lambda: js.select(3, [LINE, LINE]), ValueError, "select: `index` must be at most 1, the index of the last schedule, got 3."),
    (lambda: js.splice(LINE, -1, LINE), ValueError, "splice: `at` must not be negative, got -1."),
    (lambda: js.decay_from(LINE, 10, 10, cooldown="sqrt"), ValueError, "decay_from: `cooldown` must be one of \"linear\", \"cosine\", \"mirror_cosine\", \"one_minus_sqrt\", \"one_minus_square\", \"exponential\", \"geometric\", \"inverse_root\", \"rex\", \"logarithmic\", or a function, got 'sqrt'."),
    (lambda: js.stretch(LINE, 0, 10), ValueError, "stretch: `total_steps` must be more than 0, got 0."),
    (lambda: js.stretch(js.Tabulated([1, 2]), 10, 20), TypeError, "stretch: a schedule without lengths cannot be stretched, got Tabulated(values=[1.0, 2.0])."),
    (lambda: LINE / 0, ValueError, "the operator /: a schedule cannot be divided by zero, got 0.0."),
    (lambda: LINE(10.5), TypeError, "Linear: `step` must be an integer or an array of integers, got 10.5 (float)."),
    (lambda: LINE("a"), TypeError, "Linear: `step` must be an integer or an array of integers, got 'a' (str)."),
    (lambda: LINE([1, 2]), TypeError, "Linear: `step` must be an integer or an array of integers, got [1, 2] (list)."),
    (lambda: LINE(None), TypeError, "Linear: `step` must be an integer or an array of integers, got None (NoneType)."),
    (lambda: LINE(2 ** 31), ValueError, "Linear: `step` must be at most 2147483647 (int32; jax_enable_x64 lifts this), got 2147483648."),
    (lambda: js.evaluate(LINE, 10.0), TypeError, "evaluate: `steps` must be an integer or an array of integers, got 10.0 (float)."),
    (lambda: js.evaluate(LINE, -1), ValueError, "evaluate: `steps` must not be negative, got -1."),
    (lambda: js.evaluate([LINE, "a"], 10), TypeError, "evaluate: `schedules[1]` must be a schedule or a number, such as Constant(...), got 'a'."),
    (lambda: js.evaluate([LINE, TWO], 10), ValueError, "evaluate: the schedules of a list must have one shape, got (), (2,)."),
    (lambda: js.stack([LINE, js.Cosine(1, 0, 10)]), ValueError, "stack: all schedules must have the structure of the first, Linear(init_value=1.0, end_value=0.0, transition_steps=10), got Cosine(init_value=1.0, end_value=0.0, transition_steps=10) in row 1."),
    (lambda: js.stack([]), ValueError, "stack: at least one schedule is needed, got none."),
    (lambda: js.stack(LINE), TypeError, "stack: `schedules` must be a list of schedules, got Linear(init_value=1.0, end_value=0.0, transition_steps=10)."),
    (lambda: js.stack([LINE, 3]), TypeError, "stack: entry 1 must be a schedule, got 3."),
    (lambda: LINE[0], TypeError, "Linear: of shape (), it is not a stack and has no rows."),
    (lambda: len(LINE), TypeError, "Linear: of shape (), it is not a stack and has no rows."),
    (lambda: TWO[5], IndexError, "Linear: index 5 is out of range for a stack of shape (2,)."),
    (lambda: dataclasses.replace(LINE, peak_value=2), TypeError, "Linear: there is no argument `peak_value`; did you mean `end_value`? The arguments are init_value, end_value, transition_steps."),
    (lambda: dataclasses.replace(COSINE, warmup=5), ValueError, 'warmup_cosine: `warmup` must be one of "constant", "linear", "cosine", "mirror_cosine", "one_minus_sqrt", "one_minus_square", "exponential", "geometric", "inverse_root", "rex", "logarithmic", or a function, got 5.'),
    (lambda: js.grid(a=3), TypeError, "grid: `a` must be a sequence of values, got 3; for one value, write [3]."),
    (lambda: js.build(js.warmup_cosine, js.grid(peak_lr=[0.1], warmup_steps=[10], total_steps=[100])), TypeError, "build: row 0, {'peak_lr': 0.1, 'warmup_steps': 10, 'total_steps': 100}: warmup_cosine: there is no argument `peak_lr`; did you mean `peak_value`? The arguments are peak_value, warmup_steps, total_steps, init_value, end_value, exponent, warmup, first."),
    (lambda: js.build(lambda a: a, js.grid(a=[1.0])), TypeError, "build: `make` must return a schedule, got 1.0 for row 0."),
    (lambda: js.build(js.warmup_cosine, {"peak_value": [1.0]}), TypeError, "build: `configs` must be Configs, such as grid(...), got {'peak_value': [1.0]}; Configs({...}) makes a table of it."),
    (lambda: js.grid(clip=[None, 1.0]), TypeError, "grid: `clip` must have an entry in every row, got None in row 0; a number or a word that your function understands, such as inf or 'none', can stand for it."),
    (lambda: js.sample(8, rate=1e-4), TypeError, "sample: `rate` must be a distribution, such as log_uniform(1e-4, 1e-1), or a sequence to draw from, got 0.0001."),
    (lambda: js.log_uniform(0, 0.1), ValueError, "log_uniform: the bounds must be positive and in order, got 0 and 0.1."),
    (lambda: RESULTS.top("loss", 3), TypeError, "Results: `k` must be a number of rows, got 'loss'; the number comes first: top(3, 'loss')."),
    (lambda: js.sweep(TRAIN, {"rate": [0.1]}, progress=False), TypeError, "sweep: `configs` must be Configs, such as grid(...), got {'rate': [0.1]}; Configs({...}) makes a table of it."),
    (lambda: js.sweep(TRAIN, js.grid(lr=[0.1], width=[3]), progress=False), TypeError, "sweep: `train` has no argument for the column `lr`. Its arguments are rate, width."),
    (lambda: js.sweep(TRAIN, js.grid(rate=[0.1]), progress=False), TypeError, "sweep: `configs` has no column for the argument `width` of `train`. It has rate."),
    (lambda: js.sweep(TRAIN, js.grid(rate=[0.1], width=[3]), progress=False), TypeError, 'sweep: `train` needs the value of `width` while it is traced, for a shape, a loop or a branch. Pass static=("width",), which compiles once for each value, or choose by jnp.where. JAX says: Shapes must be 1D sequences of concrete values of integer type, got'),
    (lambda: js.sweep(TRAIN, js.grid(rate=[0.1], width=[3]), static="width", progress=False), TypeError, "sweep: `static` must be a list of columns, got 'width'; write ('width',)."),
    (lambda: js.sweep(TRAIN, js.grid(rate=[0.1], width=[3]), static=["with"], progress=False), TypeError, "sweep: there is no column `with`; did you mean `width`? There are rate, width."),
    (lambda: js.sweep(TRAIN, js.grid(rate=[0.1], width=[3, 4]), static=["width"], progress=False), ValueError, "sweep: `train` must return the same metrics for every row, got `x`: float32[3] for width=3, and float32[4] for width=4."),
    (lambda: js.sweep(lambda a: {"loss": None}, js.grid(a=[1.0]), progress=False), TypeError, "sweep: the metric `loss` must be an array, got None (NoneType); leave it out where there is none."),
    (lambda: js.sweep(TRAIN, js.grid(rate=[0.1], width=[3]), batch_size=0, progress=False), ValueError, 'sweep: `batch_size` must be a positive integer or "auto", got 0.'),
    (lambda: js.sweep(lambda a: a, js.grid(a=[1.0]), progress=False), TypeError, "sweep: `train` must return a dict of arrays by name, got DynamicJaxprTracer."),
    (lambda: RESULTS["los"], KeyError, "Results: no column 'los'; did you mean `loss`? The columns are a, loss."),
    (lambda: RESULTS.best("los"), KeyError, "Results: no metric 'los'; did you mean `loss`? The metrics are loss."),
    (lambda: training.scheduled(optax.adamw(0.001), learning_rate=COSINE), TypeError, "scheduled: `factory` must be a function that makes an optimizer, such as `optax.adamw` without parentheses, got GradientTransformationExtraArgs(init="),
    (lambda: training.scheduled(optax.adamw, lr=COSINE), TypeError, "scheduled(adamw): there is no hyperparameter `lr`; did you mean `learning_rate`? There are learning_rate, b1, b2, eps, eps_root, mu_dtype, weight_decay, mask, nesterov."),
    (lambda: js.lint(COSINE, "a"), TypeError, "lint: `total_steps` must be an integer, got 'a' (str)."),
    (lambda: js.lint(optax.constant_schedule(0.1), 10), TypeError, "lint: `schedule` must be a schedule or a number, such as FromFunction(...), got "),
    (lambda: js.dumps(js.FromFunction(lambda t: t)), TypeError, "dumps: `fn` of FromFunction is a function that no text can hold, got "),
    (lambda: js.Triangular(0, 1, 10, scale="triangular2"), TypeError, "Triangular: `scale` must be a schedule or a real number, got 'triangular2' (str). The arguments are Triangular(init_value, peak_value, rise_steps, fall_steps, scale, ...)."),
    (lambda: js.Triangular(0, 1, 10, scale_by="epoch"), ValueError, "Triangular: `scale_by` must be \"cycle\" or \"step\", got 'epoch'."),
    (lambda: js.ReduceOnPlateau(mode="lowest"), ValueError, "ReduceOnPlateau: `mode` must be \"min\" or \"max\", got 'lowest'."),
    (lambda: jax.jit(lambda w: js.dumps(js.Linear(1.0, 0.0, w)))(10), TypeError, "dumps: the numbers must be known, and not traced: call it outside of jax.jit."),
    (lambda: js.evaluate(js.Linear(np.ones((2, 3)), 0.0, 10), np.ones(3)), TypeError, "evaluate: `steps` must be an integer or an array of integers, got array([1., 1., 1.]) (ndarray)."),
    (lambda: js.Tabulated([]), ValueError, "Tabulated: `values` must have at least one entry, got none."),
    (lambda: js.Linear(np.array(["a"]), 0.0, 1), TypeError, "Linear: `init_value` must be a real number, got array(['a'], dtype='<U1'). The arguments are Linear(init_value, end_value, transition_steps)."),
    (lambda: js.reverse(LINE, -1), ValueError, "reverse: `total_steps` must not be negative, got -1."),
    (lambda: js.Linear(1.0, 0.0, jnp.array([1, 2, 3]))[4], IndexError, "Linear: index 4 is out of range for a stack of shape (3,)."),
    (lambda: js.Linear(np.ones(5000), np.ones(4999), 10), ValueError, "Linear: the shapes must broadcast, as those of a stack do, got (5000,) of `init_value`, (4999,) of `end_value`."),
    (lambda: js.join_schedules([js.wsd(**RUN, cooldown_steps=10)] * 50, list(range(30))), ValueError, "join_schedules: `boundaries` must have one entry fewer than `schedules`, got 30 boundaries for 50 schedules."),
]  # fmt: skip


@pytest.mark.parametrize("call, error, message", MISTAKES, ids=[message[:60] for _, _, message in MISTAKES])
def test_a_mistake_is_explained(call: Callable[[], Any], error: type[Exception], message: str):
    with pytest.raises(error) as raised:
        call()
    said = raised.value.args[0]
    assert said.startswith(message) and len(said) < 700


def test_an_array_is_no_word():
    with pytest.raises(ValueError, match=r"wsd: `cooldown` must be one of .*, or a function, got array\(\[1\]\)"):
        js.wsd(**RUN, cooldown_steps=10, cooldown=np.array([1]))


def test_there_are_many():
    assert len(MISTAKES) >= 60


def test_a_message_about_very_many_numbers_is_short():
    many = js.Linear(np.linspace(0.1, 1.0, 5000), 0.0, 10)
    for wrong in (
        lambda: js.stack([many, js.Cosine(1.0, 0.0, 10)]),
        lambda: js.join_schedules([many] * 3, np.arange(5000)),
        lambda: js.clip(many, np.ones(4999), 2.0),
        lambda: js.Linear(1.0, 0.0, [*range(5000), -1]),
        lambda: js.Linear(1.0, 0.0, [*range(5000), "1"]),
        lambda: js.PiecewiseConstant(np.arange(5000)[::-1], np.ones(5001)),
        lambda: many(np.ones(5000)),
        lambda: js.minimum(*[0.1] * 5000),
        lambda: js.evaluate([many, LINE], 10),
        lambda: js.lint(COSINE, np.arange(5000)),
        lambda: js.steps_from(np.arange(5000), per_step="4"),
        lambda: js.wsd(**RUN, cooldown_steps=np.arange(5000)),
        lambda: js.join_schedules(js.join_schedules([many] * 50, range(1, 50)), "now"),
    ):
        with pytest.raises((TypeError, ValueError)) as raised:
            wrong()
        assert len(str(raised.value)) < 700


def test_a_formula_that_asks_a_number_for_its_value_is_told_what_to_write():
    class Mine(js.Schedule):
        value: float

        def formula(self, step: jax.Array) -> float:
            return self.value if self.value > 0 else 0.0

    with pytest.raises(jax.errors.TracerBoolConversionError) as raised:
        Mine(1.0)(3)
    assert (
        raised.value.__notes__[0]
        == "Mine: `formula` must be traceable: use jnp.where for `if`, and jnp for math and numpy."
    )


def test_the_rows_of_results_are_read_one_by_one():
    assert list(RESULTS) == [{"a": 1.0, "loss": 1.0}, {"a": 2.0, "loss": 2.0}]
    assert RESULTS[1] == {"a": 2.0, "loss": 2.0}
