"""A scheduler of timm becomes the same curve: each class, read from an object, at every step of a run."""

import inspect
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

import jaxsched as js
from jaxsched.adapters.timm import READERS, from_timm
from tests.helpers import examples
from tests.parity.row import REAL, WHOLE, assert_close
from tests.parity.rows.timm import CONTROLLERS, LIBRARY, ROWS, made, optimizer, read, values


timm: Any = pytest.importorskip("timm.scheduler", reason=f"{LIBRARY} is not installed")

pytestmark = [pytest.mark.filterwarnings("ignore:PlateauLRScheduler is deprecated:FutureWarning")]

STEPS = 150

# What users pass: whole lengths and a few that are not, and both clocks.

rates = st.floats(1e-3, 1.0)
first_rates = st.just(0.0) | st.floats(1e-6, 0.1)
factors = st.floats(0.1, 1.0)
lengths = st.integers(1, 120)
tenths = st.integers(11, 400).map(lambda tenths: tenths / 10)
reals = lengths | tenths
Words = dict[str, Any]


def some(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Words]:
    return st.fixed_dictionaries({}, optional=strategies)


@st.composite
def with_warmup(draw: st.DrawFn, words: st.SearchStrategy[Words], by_default: bool, always: bool = False) -> Words:
    """Of a whole length where what follows is counted from its end."""
    drawn = {**draw(words), **draw(some(t_in_epochs=st.booleans()))}
    prefix = {} if always else draw(some(warmup_prefix=st.booleans()))
    if draw(st.booleans()):
        whole = prefix.get("warmup_prefix", by_default)
        drawn |= {"warmup_t": draw(lengths if whole else reals)} | draw(some(warmup_lr_init=first_rates))
    return drawn | prefix


CYCLES = {
    "lr_min": st.just(0.0) | st.floats(1e-6, 1e-3),
    "cycle_mul": st.sampled_from([1.0, 1.0, 2, 3, 1.5, 1.1, 2.7]),
    "cycle_decay": st.just(1.0) | factors,
    "cycle_limit": st.integers(1, 6),
}
STABLE, DECAY = ["constant", "rsqrt", "power"], ["linear", "1-sqrt", "cosine", "power", "exp"]
K_DECAY = st.just(1.0) | st.floats(0.5, 3.0)


@st.composite
def cycles(draw: st.DrawFn, **more: st.SearchStrategy[Any]) -> Words:
    return draw(with_warmup(st.fixed_dictionaries({"t_initial": reals}, optional={**CYCLES, **more}), by_default=False))


@st.composite
def stable(draw: st.DrawFn) -> Words:
    total = draw(reals)
    shape = {
        "decay_fn": st.sampled_from(DECAY),
        "decay_power": st.sampled_from([0.5, 1.0, 2.0]) | st.floats(0.3, 3.0),
        "decay_ratio": st.just(0.5) | st.floats(0.01, 0.9),
        "lr_min": st.just(0.0) | st.floats(1e-6, 1e-3),
    }
    words = draw(with_warmup(some(**shape), by_default=True, always=True))
    words |= {"t_initial": total, "decay_t": total - draw(st.integers(0, int(total) - 1))}
    words |= {"stable_fn": draw(st.sampled_from(STABLE)), "stable_power": draw(st.just(0.5) | st.floats(0.1, 2.0))}
    if words["stable_fn"] != "constant" and not (words.get("warmup_t") and draw(st.booleans())):
        words["stable_timescale"] = draw(st.floats(0.5, 200.0))
    return words


def is_flat_or_whole(words: Words) -> bool:
    """Not steep at the end of a cycle that begins between two steps, which is refused."""
    growth, starts = exact(words.get("cycle_mul", 1)), [Fraction(0)]
    for i in range(words.get("cycle_limit", 1) - 1):
        starts.append(starts[-1] + exact(words["t_initial"]) * growth**i)
    return words.get("power", 0.5) >= 1 or all(start.denominator == 1 for start in starts)


ends = st.fixed_dictionaries({}, optional={"lb": st.floats(-8.0, -0.5), "ub": st.just(0.0) | st.floats(0.01, 4.0)})

DRAWN: dict[str, st.SearchStrategy[Words]] = {
    "CosineLRScheduler": cycles(k_decay=K_DECAY),
    "PolyLRScheduler": cycles(k_decay=K_DECAY, power=st.just(1.0) | st.floats(0.3, 3.0)).filter(is_flat_or_whole),
    "TanhLRScheduler": st.builds(dict.__or__, cycles(), ends),
    "StepLRScheduler": with_warmup(
        st.fixed_dictionaries({"decay_t": reals, "decay_rate": st.just(1.0) | factors}), by_default=True
    ),
    "MultiStepLRScheduler": with_warmup(
        st.fixed_dictionaries(
            {"decay_t": st.lists(reals | st.just(0), max_size=5).map(sorted)}, optional={"decay_rate": factors}
        ),
        by_default=True,
    ),
    "WSDLRScheduler": stable(),
}


def build(name: str, words: Words, *groups: dict[str, Any]) -> Any:
    return getattr(timm, name)(optimizer(*groups), **words)


def tolerance(words: Words) -> float:
    lengths = ("t_initial", "decay_t", "warmup_t", "cycle_mul")
    return WHOLE if all(np.all(np.asarray(words.get(length, 0)) % 1 == 0) for length in lengths) else REAL


# Where something begins, theirs is decided by floats, and sometimes wrong: it is in the piece before, or timm fails.
# There, and only there, the exact answer stands for theirs.


def exact(number: float) -> Fraction:
    return Fraction(str(number))


def beginnings(name: str, words: Words, base: float, steps: int = STEPS) -> dict[int, float]:
    """The value at each step that is exactly a restart, a drop or a milestone, but the first."""
    warmup = exact(words.get("warmup_t", 0))
    origin = warmup if words.get("warmup_prefix", name in ("StepLRScheduler", "MultiStepLRScheduler")) else 0
    times: list[tuple[Fraction, float]] = []
    rate, least = words.get("decay_rate", 1.0), words.get("lr_min", 0.0)
    if name == "StepLRScheduler":
        times = [(origin + i * exact(words["decay_t"]), base * rate**i) for i in range(1, steps + 1)]
    elif name == "MultiStepLRScheduler":
        milestones = words["decay_t"]
        times = [(origin + exact(m) - 1, base * rate ** sum(x <= m for x in milestones)) for m in milestones]
    elif name != "WSDLRScheduler":
        start, length = origin, exact(words["t_initial"])
        first = 0.5 * (1 - math.tanh(words.get("lb", -7.0))) if name == "TanhLRScheduler" else 1.0
        for i in range(1, steps + 1):
            start, length = start + length, length * exact(words.get("cycle_mul", 1))
            top = base * words.get("cycle_decay", 1.0) ** i
            times.append((start, least + (top - least) * first if i < words.get("cycle_limit", 1) else least))
    return {int(t): value for t, value in times if t.denominator == 1 and max(warmup, 1) <= t < steps}


@pytest.mark.parametrize("name", DRAWN)
def test_each_class_is_read_exactly(name: str):
    @examples(50, 200)
    @given(words=DRAWN[name], base=rates, updates=st.sampled_from([1, 1, 3]))
    def agrees(words: Words, base: float, updates: int) -> None:
        theirs = values(build(name, words, {"lr": base}), STEPS)
        assume(np.nanmax(theirs) >= base / 2)  # a tolerance is a part of the peak: not of a run that is all tail
        for step, value in beginnings(name, words, base).items():
            theirs[step] = value
        updates = updates if words.get("t_in_epochs", True) else 1
        ours = from_timm(build(name, words, {"lr": base}), updates_per_epoch=updates)
        assert_close(ours, np.repeat(theirs, updates), tolerance(words))

    agrees()


@pytest.mark.parametrize(
    "line",
    [
        "CosineLRScheduler(optimizer, 99, lr_min=1e-3, warmup_t={}, warmup_prefix=True)",
        "PolyLRScheduler(optimizer, 99, power=1.0, warmup_t={}, warmup_prefix=True)",
        "StepLRScheduler(optimizer, 9, warmup_t={})",
        "MultiStepLRScheduler(optimizer, [9], warmup_t={})",
        "WSDLRScheduler(optimizer, 99, 30, warmup_t={}, lr_min=1e-3)",
        "WSDLRScheduler(optimizer, 99, 30, warmup_t={}, stable_fn='rsqrt', decay_fn='linear')",
    ],
)
def test_the_warmup_of_a_recipe_may_end_between_two_steps(line: str):
    @examples(20, 50)
    @given(warmup=tenths)
    def agrees(warmup: float) -> None:
        assert_close(read(made(line.format(warmup))), values(made(line.format(warmup)), STEPS), REAL)

    agrees()


# What timm decides in floats, and what it does on purpose.


@pytest.mark.parametrize(
    "line, step, truth, wrong",
    [
        ("CosineLRScheduler(optimizer, t_initial=1, cycle_mul=3, cycle_limit=9)", 121, 0.05, 0.0),
        ("CosineLRScheduler(optimizer, t_initial=2, cycle_mul=10, cycle_limit=9)", 222, 0.05, 0.0),
        ("PolyLRScheduler(optimizer, t_initial=2, cycle_mul=10, cycle_limit=9)", 222, 0.05, 0.0),
        ("CosineLRScheduler(optimizer, t_initial=10, cycle_mul=1.3, cycle_limit=9, k_decay=1.5)", 23, 0.05, math.nan),
        ("CosineLRScheduler(optimizer, t_initial=1.1, cycle_limit=99)", 11, 0.05, 0.0),
        ("StepLRScheduler(optimizer, decay_t=1.1, decay_rate=0.5)", 11, 0.05 * 0.5**10, 0.05 * 0.5**9),
    ],
)
def test_where_their_floats_are_wrong_ours_is_right(line: str, step: int, truth: float, wrong: float):
    theirs = values(made(line), step + 1)
    np.testing.assert_allclose(theirs[step], wrong, atol=1e-15)
    theirs[step] = truth
    assert_close(read(made(line)), theirs, REAL)


@pytest.mark.parametrize(
    "line, first, then",
    [
        ("TanhLRScheduler(optimizer, t_initial=100, lb=-2.0)", 0.05, 0.0491),
        ("MultiStepLRScheduler(optimizer, decay_t=[1, 9], decay_rate=0.1)", 0.05, 0.005),
    ],
)
def test_the_first_step_of_a_run_has_what_is_set_before_timm_steps(line: str, first: float, then: float):
    assert made(line)._get_lr(0)[0] == pytest.approx(then, abs=1e-4)
    assert values(made(line), 1)[0] == first
    assert float(read(made(line))(0)) == pytest.approx(first)


@pytest.mark.parametrize("name", ["cosine", "tanh", "step", "constant", "multistep", "poly", "wsd", "rsqrt"])
@pytest.mark.parametrize("updates", [0, 10])
@pytest.mark.parametrize("prefix", [False, True])
def test_what_their_factory_makes_is_read(name: str, updates: int, prefix: bool):
    def scheduler() -> Any:
        clock = {"step_on_epochs": not updates, "updates_per_epoch": updates, "warmup_prefix": prefix}
        length = {"num_epochs": 30, "warmup_epochs": 3, "min_lr": 1e-5, "decay_milestones": (9, 18, 27)}
        return timm.create_scheduler_v2(optimizer(), name, **length, **clock)[0]

    assert_close(from_timm(scheduler()), values(scheduler(), 340 if updates else 34))


# Groups of parameters.


@examples(20, 100)
@given(data=st.data(), scale=st.sampled_from([0.75, 0.1, 1.0]), base=rates)
def test_a_group_with_a_scale_of_its_own_has_that_part_of_the_curve(data: st.DataObject, scale: float, base: float):
    name = data.draw(st.sampled_from(sorted(DRAWN)))
    words = data.draw(DRAWN[name])
    groups = [{"lr": 0.3}, {"lr": base, "lr_scale": scale}]
    theirs = values(build(name, words, *groups), STEPS, group=1)
    assume(np.nanmax(theirs) >= scale * base / 2)
    for step, value in beginnings(name, words, base).items():
        theirs[step] = scale * value
    assert_close(from_timm(build(name, words, *groups), group=1), theirs, tolerance(words))


def test_groups_that_differ_need_a_choice():
    scheduler = build("CosineLRScheduler", {"t_initial": 9}, {"lr": 0.1}, {"lr": 0.1, "lr_scale": 0.5})
    with pytest.raises(ValueError, match=r"^from_timm: `group` must be given where .* and Cosine\(.*\) in group 1\.$"):
        from_timm(scheduler)
    assert from_timm(scheduler, group=1) == js.Cosine(0.05, 0.0, 9)
    assert from_timm(build("CosineLRScheduler", {"t_initial": 9}, {"lr": 0.1}, {"lr": 0.1})) == js.Cosine(0.1, 0.0, 9)
    for wrong in (2, -1, "0"):
        with pytest.raises(ValueError, match=r"^from_timm: `group` must be one of 0 \.\. 1, got"):
            from_timm(scheduler, group=wrong)  # type: ignore[arg-type]


# What is refused.


@pytest.mark.parametrize(
    "line, says",
    [
        ("CosineLRScheduler(optimizer, 9, noise_range_t=[2, 5])", "noise is random: make it with noise_range_t=None"),
        ("PlateauLRScheduler(optimizer, noise_range_t=3)", "noise is random: make it with noise_range_t=None"),
        ("PlateauLRScheduler(optimizer, warmup_t=3)", "make it with warmup_t=0"),
        ("CosineLRScheduler(optimizer, 9, warmup_t=-3)", "`warmup_t` must not be negative, got -3"),
        ("CosineLRScheduler(optimizer, 9, cycle_limit=0)", "`cycle_limit` must be a whole number, at least 1, got 0"),
        ("PolyLRScheduler(optimizer, 9, cycle_limit=float('inf'))", "`cycle_limit` must be a whole number"),
        ("TanhLRScheduler(optimizer, 9, cycle_mul=0.5)", "`cycle_mul` must be at least 1"),
        ("PolyLRScheduler(optimizer, 9.5, cycle_limit=2)", "make the start of each cycle whole"),
        (
            "PolyLRScheduler(optimizer, 10, cycle_mul=1.25, cycle_limit=3)",
            "make the start of each cycle",
        ),
        (
            "PolyLRScheduler(optimizer, 9, warmup_t=1.5, warmup_prefix=True)",
            "`warmup_t` must be whole where what follows",
        ),
        (
            "CosineLRScheduler(optimizer, 9, cycle_limit=2, warmup_t=1.5, warmup_prefix=True)",
            "`warmup_t` must be whole",
        ),
        ("TanhLRScheduler(optimizer, 9, warmup_t=1.5, warmup_prefix=True)", "`warmup_t` must be whole"),
        ("MultiStepLRScheduler(optimizer, [9], 0.1, warmup_t=1.5)", "`warmup_t` must be whole"),
        ('WSDLRScheduler(optimizer, 9, 3, warmup_t=1.5, stable_fn="power")', "`warmup_t` must be whole"),
        ("PolyLRScheduler(optimizer, 9, power=-1.0)", "Polynomial: `power` must not be negative"),
        ("StepLRScheduler(optimizer, 2.4, 0.9, warmup_t=1.5)", "`warmup_t` must be whole"),
        ("MultiStepLRScheduler(optimizer, [9, 3], 0.1)", "`decay_t` must be in increasing order"),
        ("WSDLRScheduler(optimizer, 9, 3, decay_fn=lambda x: 1 - x)", "for the `cooldown` of js.wsd"),
        ("WSDLRScheduler(optimizer, 9, 3, lr_min=1.0)", "`lr_min` must not be more than the rate"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(line: str, says: str):
    with pytest.raises(ValueError, match=r"^from_timm: this \w+ cannot be read: ") as refused:
        read(made(line))
    assert says in str(refused.value)


def test_a_class_of_your_own_may_compute_anything():
    class CosineLRScheduler(timm.CosineLRScheduler):
        pass

    with pytest.raises(
        ValueError, match=r"^from_timm: `scheduler` must be one of CosineLRScheduler, .* class of js.Sch"
    ):
        from_timm(CosineLRScheduler(optimizer(), 9))


@pytest.mark.parametrize("given_instead", [None, "cosine", {"t_initial": 9}, optimizer])
def test_what_is_no_scheduler_of_timm_is_refused(given_instead: Any):
    with pytest.raises(TypeError, match=r"^from_timm: `scheduler` must be one of timm.scheduler itself, got"):
        from_timm(given_instead)


def test_epochs_are_as_long_as_it_is_told():
    scheduler = made("StepLRScheduler(optimizer, 3, 0.5)")
    assert from_timm(scheduler, updates_per_epoch=7) == js.every(js.StepDecay(0.05, 3, 0.5), 7)
    for wrong in (0, -1, 2.5, "3", None):
        with pytest.raises(
            ValueError, match=r"^from_timm: `updates_per_epoch` must be a whole number, at least 1, got"
        ):
            from_timm(scheduler, updates_per_epoch=wrong)  # type: ignore[arg-type]
    for line in ("StepLRScheduler(optimizer, 3, 0.5, t_in_epochs=False)", "PlateauLRScheduler(optimizer)"):
        with pytest.raises(
            ValueError, match=r"^from_timm: `updates_per_epoch` must be 1 where the scheduler counts upd"
        ):
            from_timm(made(line), updates_per_epoch=7)


# PlateauLRScheduler.


@pytest.mark.parametrize("row", CONTROLLERS, ids=lambda row: row.theirs)
def test_a_plateau_is_read(row: Any):
    assert repr(read(made(row.theirs))) == repr(eval(row.ours, {"js": js, "lr": 0.05}))


@examples(50, 200)
@given(
    words=some(
        mode=st.sampled_from(["min", "max"]),
        decay_rate=st.floats(0.1, 0.9),
        patience_t=st.integers(0, 3),
        threshold=st.just(0.0) | st.floats(1e-4, 0.1),
        cooldown_t=st.integers(0, 3),
        lr_min=st.just(0.0) | st.floats(1e-4, 0.01),
    ),
    group=st.fixed_dictionaries({"lr": rates}, optional={"lr_scale": st.floats(0.5, 1.0)}),
    metrics=st.lists(st.floats(0.125, 10.0, width=32), min_size=60, max_size=60),
)
def test_a_plateau_decides_as_theirs(words: Words, group: dict[str, float], metrics: list[float]):
    theirs = build("PlateauLRScheduler", words, group)
    controller, held = from_timm(theirs), theirs.optimizer.param_groups[0]
    state, first = controller.init(), held["lr"]
    for epoch, metric in enumerate(metrics, start=1):
        theirs.step(epoch, metric)
        state = controller.update(state, metric)
        assert float(state.scale) * first == pytest.approx(held["lr"], rel=1e-5)


# Nothing of timm is left out.


def test_every_class_has_a_reader_and_a_row():
    classes = {name for name, x in vars(timm).items() if inspect.isclass(x)}
    assert classes == set(READERS) == {row.name for row in ROWS + CONTROLLERS} == {*DRAWN, "PlateauLRScheduler"}


READ = {
    *("t_initial", "lr_min", "cycle_mul", "cycle_decay", "cycle_limit", "k_decay", "power", "lb", "ub"),
    *(
        "decay_t",
        "decay_rate",
        "stable_fn",
        "stable_timescale",
        "stable_power",
        "decay_fn",
        "decay_power",
        "decay_ratio",
    ),
    *("warmup_t", "warmup_lr_init", "warmup_prefix", "t_in_epochs"),
    *("patience_t", "threshold", "cooldown_t", "mode"),
}
"""The keywords that make a difference to the curve."""

OTHERS = {"self", "optimizer", "initialize", "noise_range_t", "noise_type", "noise_pct", "noise_std", "noise_seed"}


def test_every_keyword_is_known():
    keywords = {keyword for name in READERS for keyword in inspect.signature(getattr(timm, name).__init__).parameters}
    assert keywords == READ | OTHERS


def test_every_shape_of_their_wsd_is_drawn():
    from timm.scheduler import wsd_lr  # pyright: ignore[reportMissingImports]

    assert (set(wsd_lr._STABLE_FNS), set(wsd_lr._DECAY_FNS)) == (set(STABLE), set(DECAY))
