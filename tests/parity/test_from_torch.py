"""A scheduler of PyTorch becomes the same curve, at every step of a run, or is refused; and a schedule becomes theirs."""

import copy
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

import jaxsched as js
from jaxsched.adapters.torch import from_torch, to_torch
from tests.helpers import examples, tiers
from tests.parity.row import REAL, SINGLE, WHOLE, assert_close, ours
from tests.parity.rows.torch import CONTROLLERS, LIBRARY, ROWS, held, made, values
from tests.strategies import schedules


torch: Any = pytest.importorskip("torch", reason=f"{LIBRARY} is not installed")
lrs = torch.optim.lr_scheduler

pytestmark = pytest.mark.usefixtures("standard_promotion")

STEPS, BASE = 150, 0.05

Make = Callable[[Any], Any]
"""From an optimizer to a scheduler."""


def sgd(*rates: Any, momentum: float = 0.9) -> Any:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates or (BASE,)]
    return torch.optim.SGD(groups, lr=BASE, momentum=momentum)


def adam() -> Any:
    return torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=BASE, betas=(0.9, 0.99))


def made_by(cls: str, **words: st.SearchStrategy[Any]) -> st.SearchStrategy[Make]:
    return st.fixed_dictionaries(words).map(lambda given: lambda optimizer: getattr(lrs, cls)(optimizer, **given))


def cycles(**sides: st.SearchStrategy[Any]) -> st.SearchStrategy[Make]:
    modes = st.sampled_from(["triangular", "triangular2", "exp_range"])
    words = {"mode": modes, "gamma": st.floats(0.9, 1.01), "cycle_momentum": st.just(False)}
    return made_by("CyclicLR", base_lr=rates, max_lr=rates, **words, **sides)


rates, factors, lengths = st.floats(1e-4, 1.0), st.floats(0.1, 1.0), st.integers(1, 120)
lowest = st.just(0.0) | st.floats(1e-6, 0.1)

FACTORS = {
    "StepLR": made_by("StepLR", step_size=lengths | lengths.map(float), gamma=st.floats(0.1, 1.2)),
    "MultiStepLR": made_by(
        "MultiStepLR", milestones=st.lists(st.integers(0, 170) | lengths.map(float), max_size=5), gamma=factors
    ),
    "ConstantLR": made_by("ConstantLR", factor=factors, total_iters=lengths),
    "LinearLR": made_by("LinearLR", start_factor=factors, end_factor=st.just(0.0) | factors, total_iters=lengths),
    "ExponentialLR": made_by("ExponentialLR", gamma=st.just(0.0) | st.floats(0.9, 1.01)),
    "PolynomialLR": made_by("PolynomialLR", total_iters=lengths, power=st.just(0.0) | st.floats(0.3, 3)),
}

SIMPLE = FACTORS | {
    "CosineAnnealingLR": made_by(
        "CosineAnnealingLR", T_max=lengths | st.integers(1, 90).map(lambda n: n + 0.5), eta_min=lowest
    ),
    "CosineAnnealingWarmRestarts": made_by(
        "CosineAnnealingWarmRestarts", T_0=lengths, T_mult=st.integers(1, 3), eta_min=lowest
    ),
    "CyclicLR": cycles(step_size_up=lengths, step_size_down=st.none() | st.integers(0, 60))
    # real sides, not one far shorter than another: the step between them is a float32
    | cycles(step_size_up=st.floats(15, 60), step_size_down=st.none() | st.just(0) | st.floats(15, 60)),
}

ONE_CYCLES = made_by(
    "OneCycleLR",
    max_lr=rates,
    total_steps=st.integers(1, STEPS),
    pct_start=st.sampled_from([0.0, 0.25, 0.3, 0.5, 1.0]) | st.floats(0, 1),
    anneal_strategy=st.sampled_from(["cos", "linear"]),
    three_phase=st.booleans(),
    div_factor=st.sampled_from([25.0, 10]) | st.floats(1, 40),
    final_div_factor=st.sampled_from([1e4, 10]),
)


def sequences(parts: Sequence[tuple[Make, int]]) -> Make:
    milestones = np.cumsum([length for _, length in parts[:-1]]).tolist()
    return lambda optimizer: lrs.SequentialLR(optimizer, [make(optimizer) for make, _ in parts], milestones)


def chains(makes: Sequence[Make]) -> Make:
    return lambda optimizer: lrs.ChainedScheduler([make(optimizer) for make in makes])


def in_order(*names: str) -> st.SearchStrategy[Make]:
    """A sequence of these: a few kinds, for each is compiled."""
    return st.tuples(*(st.tuples(SIMPLE[name], st.integers(0, 60)) for name in names)).map(sequences)


COMPOSED = {
    "SequentialLR": in_order("LinearLR", "CosineAnnealingLR")
    | in_order("ConstantLR", "MultiStepLR", "ExponentialLR")
    | in_order("LinearLR", "StepLR", "PolynomialLR", "CosineAnnealingWarmRestarts")
    | in_order("CyclicLR", "LinearLR")
    | in_order(*["LinearLR"] * 12),
    "ChainedScheduler": st.tuples(FACTORS["LinearLR"], FACTORS["ExponentialLR"]).map(chains)
    | st.tuples(FACTORS["ConstantLR"], FACTORS["MultiStepLR"], FACTORS["PolynomialLR"]).map(chains)
    | st.tuples(FACTORS["StepLR"], st.tuples(FACTORS["LinearLR"], FACTORS["StepLR"]).map(chains)).map(chains),
    "any SequentialLR": st.lists(
        st.tuples(st.one_of(*SIMPLE.values()), st.integers(0, 60)), min_size=1, max_size=6
    ).map(sequences),
    "any ChainedScheduler": st.lists(st.one_of(*FACTORS.values()), min_size=1, max_size=4).map(chains),
}

EVERY = SIMPLE | COMPOSED
names = pytest.mark.parametrize("name", tiers(EVERY.keys(), {name for name in EVERY if not name.startswith("any ")}))


@names
def test_every_step_of_a_run_is_theirs(name: str):
    @examples(*((50, 60) if name.startswith("any ") else (50, 200)))
    @given(make=EVERY[name])
    def agrees(make: Make) -> None:
        schedule = from_torch(make(sgd()))
        tolerance = WHOLE if name in FACTORS else REAL
        assert_close(schedule, values(make(sgd()), STEPS), tolerance)

    agrees()


def one_cycle(make: Make, optimizer: Any) -> Any:
    """It divides by 0 where a phase would last no step."""
    try:
        return make(optimizer)
    except ZeroDivisionError:
        assume(False)


def read_or_table(scheduler: Any, of: Any) -> js.Schedule:
    """A phase that is shorter than a step is taken for a mistake in a line that is typed, and so it is a table."""
    try:
        return from_torch(scheduler, of)
    except ValueError as error:
        ends = [0, *(phase["end_step"] for phase in scheduler._schedule_phases)]
        assert "must be a number of steps" in str(error) and min(abs(np.diff(ends))) < 1
        return from_torch(scheduler, of, steps=scheduler.total_steps)


@examples(50, 200)
@given(make=ONE_CYCLES)
def test_every_step_of_a_one_cycle_is_theirs_and_of_its_momentum(make: Make):
    for optimizer, of in [(sgd, "lr"), (sgd, "momentum"), (adam, "momentum")]:
        scheduler = one_cycle(make, optimizer())
        schedule = read_or_table(scheduler, of)
        used = values(scheduler, scheduler.total_steps - 1, of)  # one more, and it may divide by 0
        assert_close(schedule, np.append(used, held(scheduler, of)), REAL)


@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
@pytest.mark.parametrize("optimizer", [sgd, adam])
def test_the_momentum_of_a_cycle_falls_while_the_rate_rises(optimizer: Any, mode: str):
    make = lambda: lrs.CyclicLR(optimizer(), 0.01, 0.1, 20, 31, mode=mode, gamma=0.99)  # noqa: E731
    for of in "lr", "momentum":
        assert_close(from_torch(make(), of), values(make(), STEPS, of), REAL)


def test_both_have_to_be_asked_for_where_both_move():
    both = lrs.OneCycleLR(sgd(), 0.1, 100)
    with pytest.raises(ValueError, match=r'`of` must be "lr" or "momentum": this OneCycleLR moves both .*, got None\.'):
        from_torch(both)
    inner = lrs.CyclicLR(sgd(), 0.01, 0.1)
    with pytest.raises(ValueError, match="this SequentialLR moves both"):
        from_torch(lrs.SequentialLR(inner.optimizer, [inner], []))
    with pytest.raises(ValueError, match="the momentum of a SequentialLR is not read"):
        from_torch(lrs.SequentialLR(inner.optimizer, [inner], []), "momentum")
    with pytest.raises(ValueError, match="this StepLR does not move the momentum"):
        from_torch(lrs.StepLR(sgd(), 9), "momentum")
    wrong: Any = "rate"
    with pytest.raises(ValueError, match="`of` must be"):
        from_torch(both, wrong)


def test_there_is_a_line_for_every_class():
    assert {row.name for row in ROWS + CONTROLLERS} == set(lrs.__all__) - {"LRScheduler"}


# A run that has begun.


@names
def test_a_run_that_has_begun_is_read_from_its_start(name: str):
    @examples(10, 50)
    @given(make=EVERY[name], steps=st.integers(1, 100))
    def agrees(make: Make, steps: int) -> None:
        begun, fresh = make(sgd()), from_torch(make(sgd()))
        values(begun, steps)
        loaded = make(sgd())
        loaded.load_state_dict(copy.deepcopy(begun.state_dict()))
        for scheduler in begun, loaded:
            with pytest.warns(UserWarning, match=f"is at step {steps}, and its schedule counts from 0"):
                assert from_torch(scheduler) == fresh

    agrees()


@pytest.mark.parametrize(
    "cls, words",
    [("StepLR", {"step_size": 9}), ("CosineAnnealingLR", {"T_max": 99}), ("ExponentialLR", {"gamma": 0.9})],
)
def test_a_last_epoch_is_where_a_run_goes_on(cls: str, words: dict[str, Any]):
    earlier = getattr(lrs, cls)(sgd(), **words)
    values(earlier, 20)
    optimizer = sgd()
    optimizer.load_state_dict(earlier.optimizer.state_dict())
    goes_on = getattr(lrs, cls)(optimizer, **words, last_epoch=19)
    with pytest.warns(UserWarning, match="is at step 20"):
        schedule = from_torch(goes_on)
    assert_close(js.shift(schedule, -20), values(goes_on, 100), REAL)


def test_a_one_cycle_in_mid_run_has_its_peak():
    begun = lrs.OneCycleLR(sgd(), 0.1, 97, pct_start=0.25, three_phase=True)
    for step in range(1, 97):
        values(begun, 1)
        with pytest.warns(UserWarning, match=f"is at step {step}"):
            schedule = from_torch(begun, "lr")
        assert schedule == js.onecycle(peak_value=0.1, warmup_steps=23.25, total_steps=96, three_phase=True)


# Groups.


def test_groups_that_differ_have_to_be_chosen_from():
    scheduler = lrs.StepLR(sgd(0.1, 0.1, 0.3), 9)
    with pytest.raises(ValueError, match=r"`group` must be given .* in group 0 and StepDecay\(.*0.3.*\) in group 2"):
        from_torch(scheduler)
    assert from_torch(scheduler, group=2) == js.StepDecay(0.3, 9, 0.1)
    assert from_torch(lrs.StepLR(sgd(0.1, 0.1), 9)) == js.StepDecay(0.1, 9, 0.1)
    for group in (3, -1, 1.0):
        with pytest.raises(ValueError, match=r"`group` must be one of 0 \.\. 2, got"):
            from_torch(scheduler, group=group)  # pyright: ignore[reportArgumentType]


def test_each_group_has_its_own_numbers():
    peaks: Make = lambda optimizer: lrs.OneCycleLR(optimizer, [0.1, 0.2], 100)  # noqa: E731
    cycles: Make = lambda optimizer: lrs.CyclicLR(optimizer, [0.1, 0.2], [0.3, 0.5], 20, cycle_momentum=False)  # noqa: E731
    for make in peaks, cycles:
        for group in 0, 1:
            theirs = values(make(sgd(0.1, 0.1)), 100, group=group)
            assert_close(from_torch(make(sgd(0.1, 0.1)), "lr", group=group), theirs, REAL)
    functions = [lambda t: 0.9**t, lambda t: 0.8**t]
    tables = [from_torch(lrs.LambdaLR(sgd(0.1, 0.1), functions), group=i, steps=9) for i in (0, 1)]
    assert tables == [js.Tabulated(0.1 * 0.9 ** np.arange(9)), js.Tabulated(0.1 * 0.8 ** np.arange(9))]


# What is refused.


class Own(lrs.LRScheduler):
    """Somebody's own, which remembers what it did."""

    def __init__(self, optimizer: Any):
        self.seen: list[int] = []
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        self.seen.append(self.last_epoch)
        return [rate / len(self.seen) for rate in self.base_lrs]


class OwnStepLR(lrs.StepLR):
    def get_lr(self) -> list[float]:
        return [0.99 * rate for rate in super().get_lr()]


OPAQUE: dict[str, Make] = {
    "LambdaLR may compute anything": lambda opt: lrs.LambdaLR(opt, lambda t: 0.65 ** (t // 30)),
    "MultiplicativeLR may compute anything": lambda opt: lrs.MultiplicativeLR(opt, lambda t: 0.95),
    "`scale_fn`": lambda opt: lrs.CyclicLR(opt, 0.01, 0.1, 20, scale_fn=lambda x: 1 / x, cycle_momentum=False),
    "no product, for a CosineAnnealingLR": lambda opt: lrs.ChainedScheduler(
        [lrs.CosineAnnealingLR(opt, 30, 0.01), lrs.ExponentialLR(opt, 0.95)]
    ),
    "no product, for a CosineAnnealingLR in it": lambda opt: lrs.ChainedScheduler(
        [lrs.LinearLR(opt, total_iters=40), lrs.CosineAnnealingLR(opt, 30)]
    ),
    "no product, for a LambdaLR": lambda opt: lrs.ChainedScheduler(
        [lrs.StepLR(opt, 9), lrs.LambdaLR(opt, lambda t: 0.5)]
    ),
    "function of a LambdaLR": lambda opt: lrs.SequentialLR(
        opt, [lrs.LambdaLR(opt, lambda t: 0.5), lrs.ExponentialLR(opt, 0.95)], [50]
    ),
    "has a SequentialLR in it": lambda opt: lrs.SequentialLR(
        opt, [lrs.SequentialLR(opt, [lrs.LinearLR(opt), lrs.ExponentialLR(opt, 0.95)], [5]), lrs.StepLR(opt, 9)], [50]
    ),
    "has a ChainedScheduler in it": lambda opt: lrs.SequentialLR(
        opt, [lrs.ChainedScheduler([lrs.LinearLR(opt), lrs.ExponentialLR(opt, 0.95)]), lrs.StepLR(opt, 9)], [50]
    ),
    "Own is not of torch.optim.lr_scheduler": Own,
    "OwnStepLR is not of torch.optim.lr_scheduler": lambda opt: OwnStepLR(opt, 30),
    "`step_size` of this StepLR must be a whole number of steps, at least 1, got 2.5": lambda opt: lrs.StepLR(opt, 2.5),
    "`step_size` .* got -3": lambda opt: lrs.StepLR(opt, -3),
    "must not be negative, got -0.5": lambda opt: lrs.StepLR(opt, 9, -0.5),
    "`milestones` .* got 2.5": lambda opt: lrs.MultiStepLR(opt, [2.5, 9]),
    "`milestones` .* got -1": lambda opt: lrs.MultiStepLR(opt, [-1, 9]),
    "`total_iters` of this ConstantLR .* got 0": lambda opt: lrs.ConstantLR(opt, total_iters=0),
    "`total_iters` of this LinearLR .* got 0": lambda opt: lrs.LinearLR(opt, total_iters=0),
    "`total_iters` of this LinearLR .* got 7.5": lambda opt: lrs.LinearLR(opt, total_iters=7.5),
    "`total_iters` of this PolynomialLR .* got 0": lambda opt: lrs.PolynomialLR(opt, total_iters=0),
    "`T_max` of this CosineAnnealingLR must be positive, got -9": lambda opt: lrs.CosineAnnealingLR(opt, -9),
    "`milestones` of this SequentialLR .* got 2.5": lambda opt: lrs.SequentialLR(
        opt, [lrs.StepLR(opt, 3), lrs.StepLR(opt, 4)], [2.5]
    ),
    "the rate is 0.2 at step 0, where this StepLR makes 0.05": lambda opt: with_rate(opt, lrs.StepLR(opt, 9), 0.2),
    "the rate is 0.02 at step 0, where this CosineAnnealingLR makes 0.05": lambda opt: lrs.CosineAnnealingLR(
        with_rate(opt, lrs.StepLR(opt, 9), 0.02).optimizer, 99
    ),
    "the rate is 0.025 at step 0, where this ExponentialLR makes 0.05": lambda opt: lrs.ExponentialLR(
        lrs.LinearLR(opt, 0.5).optimizer, 0.9
    ),
}


def with_rate(optimizer: Any, scheduler: Any, rate: float) -> Any:
    optimizer.param_groups[0]["lr"] = rate
    return scheduler


@pytest.mark.filterwarnings("ignore:Detected call of:UserWarning")  # by PyTorch, where one sequence is in another
@pytest.mark.parametrize("reason", OPAQUE)
def test_what_is_not_equal_to_a_schedule_is_refused_or_a_table(reason: str):
    with pytest.raises(ValueError, match=f"{reason}.*: pass `steps` for a table of so many values, or write it"):
        from_torch(OPAQUE[reason](sgd()))
    scheduler = OPAQUE[reason](sgd())
    table = from_torch(scheduler, steps=50)
    assert isinstance(table, js.Tabulated)
    assert_close(table, values(scheduler, 50))  # the table did not step it
    with pytest.raises(ValueError, match="must be one that was not stepped"):
        from_torch(scheduler, steps=50)
    with pytest.raises(ValueError, match="`steps` must be an integer, at least 1, got 0"):
        from_torch(scheduler, steps=0)


def test_a_rate_that_was_changed_in_mid_run_is_refused():
    scheduler = lrs.ExponentialLR(sgd(), 0.9)
    values(scheduler, 5)
    scheduler.optimizer.param_groups[0]["lr"] = 0.2
    values(scheduler, 1)
    with pytest.raises(ValueError, match=r"the rate is 0.18.* at step 6"):
        from_torch(scheduler)


def test_what_is_no_scheduler_says_so():
    state = lrs.StepLR(sgd(), 9).state_dict()
    for message, other in {
        "a state_dict does not name its class: load it into one, got a dict with .'step_size', 'gamma'": state,
        "got <class": lrs.StepLR,
    }.items():
        with pytest.raises(TypeError, match=message):
            from_torch(other)
    with pytest.raises(TypeError, match=r"`scheduler` must be of torch.optim.lr_scheduler, got 0\.1\."):
        from_torch(0.1)


def test_averaging_says_what_it_is_here():
    """Between the scheduler and the one of the averages, as in the documentation of PyTorch."""
    optimizer = sgd()
    before, after = lrs.ExponentialLR(optimizer, 0.98), torch.optim.swa_utils.SWALR(optimizer, 0.01, 20)
    with pytest.raises(ValueError, match=r'`decay_from\(schedule, start, anneal_epochs, swa_lr, "cosine"\)`'):
        from_torch(after)
    used = [*values(before, 40), *values(after, 60)]
    assert_close(js.decay_from(js.ExponentialDecay(BASE, 1, 0.98), 40, 20, 0.01, "cosine"), np.array(used))


def test_a_chain_with_a_cosine_is_a_product_where_the_warmup_is_over():
    make: Make = lambda opt: lrs.ChainedScheduler([lrs.LinearLR(opt, total_iters=20), lrs.CosineAnnealingLR(opt, 40)])  # noqa: E731
    assert_close(from_torch(make(sgd())), values(make(sgd()), STEPS))


def test_a_constant_of_0_is_as_in_their_closed_form():
    """At the end of it their recursion divides by 0."""
    scheduler = lrs.ConstantLR(sgd(), 0.0, 9)
    assert_close(from_torch(scheduler), values(scheduler, 8))
    scheduler.last_epoch = 9
    assert float(from_torch(lrs.ConstantLR(sgd(), 0.0, 9))(9)) == np.float32(scheduler._get_closed_form_lr()[0])


def test_a_rate_may_be_a_tensor():
    make: Make = lambda opt: lrs.CosineAnnealingLR(opt, 90)  # noqa: E731
    assert_close(from_torch(make(sgd(torch.tensor(0.1)))), values(make(sgd(torch.tensor(0.1))), STEPS), SINGLE)


# ReduceLROnPlateau.


@examples(50, 200)
@given(
    words=st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["min", "max"]),
            "factor": st.floats(0.1, 0.9),
            "patience": st.integers(0, 3),
            "threshold": st.just(0.0) | st.floats(1e-4, 0.1),
            "threshold_mode": st.sampled_from(["rel", "abs"]),
            "cooldown": st.integers(0, 3),
            "min_lr": st.just(0.0) | st.floats(1e-4, 1.0),
            "eps": st.sampled_from([1e-8, 1.234e-3, 0.01234]),
        }
    ),
    rate=st.floats(0.01, 1.0),
    metrics=st.lists(st.floats(0.125, 10.0, width=32), min_size=60, max_size=60),
)
def test_a_plateau_decides_as_theirs(words: dict[str, Any], rate: float, metrics: list[float]):
    theirs = lrs.ReduceLROnPlateau(sgd(rate), **words)
    controller = from_torch(theirs)
    state = controller.init()
    for metric in metrics:
        theirs.step(metric)
        state = controller.update(state, metric)
        assert rate * float(state.scale) == pytest.approx(theirs.optimizer.param_groups[0]["lr"], rel=SINGLE)


@pytest.mark.parametrize("row", CONTROLLERS, ids=lambda row: row.theirs)
def test_a_controller_is_read_as_it_is_written(row: Any):
    assert repr(from_torch(made(row.theirs))) == repr(ours(row.ours))


def test_a_plateau_is_read_before_its_first_metric():
    scheduler = lrs.ReduceLROnPlateau(sgd())
    scheduler.step(1.0)
    for steps in None, 9:
        with pytest.raises(ValueError, match="a ReduceLROnPlateau is read before its first metric"):
            from_torch(scheduler, steps=steps)


# And back.


@examples(50, 200)
@given(schedule=schedules(growth=True))
def test_any_schedule_goes_there_and_back(schedule: js.Schedule):
    scheduler = to_torch(schedule, sgd(0.5, 0.7))
    assert from_torch(scheduler) == schedule
    theirs = np.array([values(scheduler, 1, group=1)[0] for _ in range(9)])
    np.testing.assert_array_equal(theirs, [float(schedule(t)) for t in range(9)])


@pytest.mark.parametrize("rate", [0.3, torch.tensor(0.3)], ids=str)
def test_a_run_with_a_schedule_of_ours_goes_on_from_a_checkpoint(rate: Any):
    schedule = js.wsd(peak_value=0.3, warmup_steps=10, cooldown_steps=20, total_steps=100)
    scheduler = to_torch(schedule, sgd(rate))
    first = values(scheduler, 60)
    file = io.BytesIO()
    torch.save([scheduler.state_dict(), scheduler.optimizer.state_dict()], file)
    file.seek(0)
    state, optimizer_state = torch.load(file, weights_only=True)
    again = to_torch(schedule, sgd(rate))
    again.load_state_dict(state)
    again.optimizer.load_state_dict(optimizer_state)
    assert_close(schedule, np.array([*first, *values(again, 60)]))
    assert isinstance(again.optimizer.param_groups[0]["lr"], type(rate))


def test_a_stack_does_not_go_there():
    with pytest.raises(TypeError, match="to_torch: `schedule` must be one schedule, got a stack of shape"):
        to_torch(js.Constant(np.array([0.1, 0.2])), sgd())
