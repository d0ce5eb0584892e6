"""Every schedule of the package: its picture, its formula, where it comes from, and what others call it.

    pip install -e '.[plot]' && python -m docs.gallery

Writes `gallery.md`, `gallery.png` and `pictures/` beside this file.
"""

import inspect
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

import jaxsched as js


STEPS = 1000
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    """One schedule. Dashed in the picture: the same with an `option`, or what a combinator was `given`."""

    name: str
    make: Callable[..., js.Schedule]
    formula: str
    source: str = ""
    elsewhere: str = ""
    option: Mapping[str, Any] = field(default_factory=dict)
    given: Sequence[js.Schedule] = ()

    def schedule(self) -> js.Schedule:
        return self.make()

    def dashed(self) -> list[js.Schedule]:
        return [self.make(**self.option)] if self.option else list(self.given)

    def label(self) -> str:
        """What is dashed, in words."""

        def word(x: Any) -> str:
            return type(x).__name__ if isinstance(x, js.Schedule) else repr(x).replace("'", '"')

        return ", ".join(f"{name}={word(x)}" for name, x in self.option.items()) or ("given" if self.given else "")

    def picture(self) -> str:
        """Where its picture is."""
        return f"pictures/{self.name if self.name.isidentifier() else 'arithmetic'}.svg"

    def signature(self) -> str:
        """How it is called, without the annotations."""
        return call(self.name, bare(getattr(js, self.name))) if hasattr(js, self.name) else self.name


def bare(public: Callable[..., Any]) -> list[inspect.Parameter]:
    """The arguments, without the annotations."""
    given = inspect.signature(public).parameters.values()
    return [x.replace(annotation=inspect.Parameter.empty) for x in given if x.name != "self"]


def call(name: str, arguments: Sequence[inspect.Parameter]) -> str:
    """How it is called, on one line."""
    return name + str(inspect.Signature(arguments)).replace("'", '"')


FALL = (1.0, 0.0, STEPS)  # init_value, end_value, transition_steps
RUN = {"peak_value": 1.0, "warmup_steps": 100, "total_steps": STEPS}
NOISE = np.random.default_rng(0).normal(1.0, 0.08, STEPS)

line, cosine, waves = js.Linear(*FALL), js.Cosine(*FALL), js.CosineAnnealing(1.0, 0.0, 250)
ramp, fading = js.Linear(0.0, 1.0, 300), js.HalfLife(1.0, 300)
rsqrt = js.inverse_sqrt(peak_value=1.0, warmup_steps=150)
short = js.wsd(peak_value=1.0, warmup_steps=100, cooldown_steps=150, total_steps=500)

ENTRIES = {
    "Transitions": [
        Entry(
            "Constant",
            partial(js.Constant, 0.6),
            "η₀",
            "classical",
            "optax `constant_schedule`, Transformers `constant`, composer `ConstantScheduler`",
        ),
        Entry(
            "Linear",
            partial(js.Linear, *FALL),
            "η_T + (η₀ − η_T) u",
            "classical; Li et al. (2020), arXiv:1905.04753",
            "optax `linear_schedule`, PyTorch `LinearLR`, composer `LinearScheduler`, fastai `SchedLin`",
        ),
        Entry(
            "Cosine",
            partial(js.Cosine, *FALL),
            "η_T + (η₀ − η_T) sin²(πu/2)^a",
            "Loshchilov & Hutter (2017), arXiv:1608.03983; k-decay: Zhang & Li (2020), arXiv:2004.05909",
            "optax `cosine_decay_schedule`, Keras `CosineDecay`, timm `CosineLRScheduler`, fastai `SchedCos`",
            {"exponent": 2},
        ),
        Entry(
            "Polynomial",
            partial(js.Polynomial, *FALL, power=2.0),
            "η_T + (η₀ − η_T) u^p",
            "classical; k-decay: Zhang & Li (2020), arXiv:2004.05909",
            "optax `polynomial_schedule`, PyTorch `PolynomialLR`, Keras `PolynomialDecay`, timm `PolyLRScheduler`",
            {"power": 0.5},
        ),
    ],
    "Cooldowns": [
        Entry(
            "OneMinusSqrt",
            partial(js.OneMinusSqrt, *FALL),
            "η_T + (η₀ − η_T) (1 − √q)",
            "Hägele et al. (2024), arXiv:2405.18392",
            'Transformers `"1-sqrt"`, timm `WSDLRScheduler`, Megatron `minus_sqrt`, schedules-and-scaling `sqrt`',
        ),
        Entry(
            "OneMinusSquare",
            partial(js.OneMinusSquare, *FALL),
            "η_T + (η₀ − η_T) (1 − q²)",
            "Hägele et al. (2024), arXiv:2405.18392",
            "schedules-and-scaling `square`",
        ),
        Entry(
            "MirrorCosine",
            partial(js.MirrorCosine, *FALL),
            "η_T + (η₀ − η_T) (2u − sin²(πu/2))",
            "Hägele et al. (2024), arXiv:2405.18392",
            "schedules-and-scaling `miror_cosine`",
        ),
        Entry(
            "Rex",
            partial(js.Rex, *FALL),
            "η_T + (η₀ − η_T) u / (1 − d + du)",
            "Chen et al. (2021), arXiv:2107.04197",
            "axolotl `RexLR`, pytorch_optimizer `REXScheduler`",
            {"bend": 0.9},
        ),
        Entry(
            "Exponential",
            partial(js.Exponential, *FALL),
            "η_T + (η₀ − η_T) (r^q − r) / (1 − r)",
            "Megatron",
            'Megatron `exponential`, timm `"exp"`',
            {"decay_rate": 0.01},
        ),
        Entry(
            "Geometric",
            partial(js.Geometric, 1.0, end_value=0.001, transition_steps=STEPS),
            "η₀^u · η_T^q",
            "classical",
            "fastai `SchedExp`, praxis `Exponential`, schedules-and-scaling `exp`",
            {"end_value": 0.1},
        ),
        Entry(
            "Tanh",
            partial(js.Tanh, *FALL),
            "η_T + ½ (η₀ − η_T) (1 − tanh(Lu + Uq))",
            "Hsueh, Li & Wu (2018), arXiv:1806.01593",
            "timm `TanhLRScheduler`",
            {"lower": -3},
        ),
        Entry(
            "InverseRoot",
            partial(js.InverseRoot, *FALL),
            "η₀ + (η_T − η₀) h(q) / h(1), h(q) = 1/√(1 + aq) − 1",
            "Ibrahim et al. (2024), arXiv:2403.08763",
            option={"bend": 100},
        ),
        Entry(
            "Logarithmic",
            partial(js.Logarithmic, *FALL),
            "η_T + (η₀ − η_T) log(1 + Tu/τ) / log(1 + T/τ)",
            "DeepSpeed, backwards",
            "DeepSpeed `WarmupLR`",
            option={"timescale": 100},
        ),
    ],
    "Decays": [
        Entry(
            "ExponentialDecay",
            partial(js.ExponentialDecay, 1.0, 150, 0.6),
            "η₀ r^(t/s)",
            "classical",
            "optax `exponential_decay`, PyTorch `ExponentialLR`, Keras and Paddle `ExponentialDecay`",
            {"staircase": True},
        ),
        Entry(
            "NaturalExponentialDecay",
            partial(js.NaturalExponentialDecay, 1.0, 0.005),
            "η₀ e^(−kt/s)",
            "TensorFlow 1",
            "TensorFlow 1 `natural_exp_decay`, Paddle `NaturalExpDecay`",
        ),
        Entry(
            "HalfLife",
            partial(js.HalfLife, 1.0, 250),
            "η₀ 2^(−t/h)",
            "Hu et al. (2024), arXiv:2404.06395",
            "praxis `ContinuousSchedule`",
        ),
        Entry(
            "StepDecay",
            partial(js.StepDecay, 1.0, 200, 0.5),
            "η₀ f^⌊t/s⌋",
            "classical",
            "PyTorch `StepLR`, timm `StepLRScheduler`, composer `StepScheduler`, Paddle `StepDecay`",
        ),
        Entry(
            "InverseTimeDecay",
            partial(js.InverseTimeDecay, 1.0, 100, 0.5),
            "η₀ / (1 + kt/s)",
            "classical",
            "Keras and Paddle `InverseTimeDecay`, JAX `inverse_time_decay`",
        ),
        Entry(
            "InverseSqrt",
            partial(js.InverseSqrt, 1.0, 50),
            "η₀ / √(1 + (t + s)/τ)",
            "Vaswani et al. (2017), arXiv:1706.03762",
            "big_vision `rsqrt`, levanter `inv_sqrt`",
            {"shift": 150},
        ),
        Entry(
            "PowerLaw",
            partial(js.PowerLaw, 1.0, 200, power=1.0),
            "η₀ (1 + (t + s)/τ)^−p",
            "Shen et al. (2024), arXiv:2408.13359",
            'timm `stable_fn="power"`, ParameterSchedulers.jl `Inv`',
            {"power": 3},
        ),
        Entry(
            "Logistic",
            partial(js.Logistic, 0.0, 1.0, 500, timescale=80),
            "η₀ + (η_T − η₀) / (1 + e^((c − t)/τ))",
            "Bowman et al. (2016), arXiv:1511.06349",
            option={"timescale": 20},
        ),
        Entry(
            "Gaussian",
            partial(js.Gaussian, 1.0, 300),
            "η₀ e^(−t²/2σ²)",
            "Kohonen (1982)",
        ),
    ],
    "Cycles": [
        Entry(
            "CosineAnnealing",
            partial(js.CosineAnnealing, 1.0, 0.0, 250),
            "η_T + ½ (η₀ − η_T) (1 + cos πt/T)",
            "PyTorch",
            "PyTorch `CosineAnnealingLR`, Paddle `CosineAnnealingDecay`",
        ),
        Entry(
            "CosineRestarts",
            partial(js.CosineRestarts, 1.0, 0.0, 250),
            "η_T + (η₀dⁱ − η_T) sin²(πu/2), in cycle i of T·gⁱ steps",
            "Loshchilov & Hutter (2017), arXiv:1608.03983",
            "PyTorch `CosineAnnealingWarmRestarts`, Keras `CosineDecayRestarts`, timm `CosineLRScheduler`",
            {"growth": 2},
        ),
        Entry(
            "Triangular",
            partial(js.Triangular, 0.0, 1.0, 125),
            "η₀ + (η_p − η₀) z s, where z goes from 0 to 1 and back",
            "Smith (2015), arXiv:1506.01186",
            "PyTorch and Paddle `CyclicLR`, fairseq `triangular`, ignite `LinearCyclicalScheduler`",
            {"scale": js.HalfLife(1.0, 1)},
        ),
    ],
    "Tables": [
        Entry(
            "PiecewiseConstant",
            partial(js.PiecewiseConstant, [200, 500, 800], [0.4, 1.0, 0.6, 0.2]),
            "v_i on [b_i, b_(i+1))",
            "classical",
            "Keras `PiecewiseConstantDecay`, Paddle `PiecewiseDecay`, JAX `piecewise_constant`",
        ),
        Entry(
            "MultiStep",
            partial(js.MultiStep, 1.0, [400, 700, 850], 0.4),
            "η₀ f^#{b ≤ t}",
            "classical",
            "optax `piecewise_constant_schedule`, PyTorch `MultiStepLR`, timm `MultiStepLRScheduler`",
        ),
        Entry(
            "PiecewiseInterpolate",
            partial(js.PiecewiseInterpolate, [0, 200, 500, 700, 1000], [0.0, 1.0, 0.3, 0.7, 0.0]),
            "v_i + (v_(i+1) − v_i) w, where w = q or sin²(πq/2)",
            "classical",
            "optax `piecewise_interpolate_schedule`, ignite `PiecewiseLinear`",
            {"interpolation": "cosine"},
        ),
        Entry(
            "Tabulated",
            partial(js.Tabulated, NOISE * np.cos(np.linspace(0, np.pi / 2, STEPS)) ** 2),
            "v_t",
            elsewhere="DINO `lr_schedule[it]`, PyTorch `MultiplicativeLR`",
        ),
        Entry(
            "FromFunction",
            partial(js.FromFunction, lambda t: jnp.exp(-t / 400.0) * jnp.cos(t / 50.0) ** 2),
            "f(t)",
            elsewhere="PyTorch `LambdaLR`, Paddle `LambdaDecay`",
        ),
    ],
    "Combinators": [
        Entry(
            "join_schedules",
            partial(
                js.join_schedules,
                [js.Linear(0.0, 1.0, 150), js.Rex(1.0, 0.3, 450, 0.8), js.Constant(0.3)],
                [150, 600],
            ),
            "η_i(t − b_i) on [b_i, b_(i+1))",
            "optax",
            "optax `join_schedules`, PyTorch `SequentialLR`, praxis `PiecewiseSchedule`",
        ),
        Entry(
            "sequence",
            partial(js.sequence, [js.Linear(1.0, 0.4, 400), js.Linear(0.8, 0.2, 300), js.Constant(0.1)], [400, 300]),
            "the same, by how long each lasts",
            "ignite",
            "ignite `ConcatScheduler`, fastai `combine_scheds`, fvcore `CompositeParamScheduler`",
        ),
        Entry(
            "+ - * / **",
            partial(operator.mul, cosine, 0.75 + 0.25 * js.CosineAnnealing(1.0, -1.0, 50)),
            "η₁(t) ∘ η₂(t)",
            elsewhere="PyTorch `ChainedScheduler`, t5x `factors`, burn `ComposedLrSchedulerConfig`",
            given=[cosine],
        ),
        Entry(
            "minimum",
            partial(js.minimum, ramp, fading),
            "min(η₁(t), η₂(t), …)",
            given=[ramp, fading],
        ),
        Entry(
            "maximum",
            partial(js.maximum, line, 0.6 * waves),
            "max(η₁(t), η₂(t), …)",
            elsewhere="t5x `min_learning_rate`",
            given=[line, 0.6 * waves],
        ),
        Entry(
            "clip",
            partial(js.clip, waves, 0.2, 0.8),
            "min(max(η(t), lowest), highest)",
            given=[waves],
        ),
        Entry(
            "shift",
            partial(js.shift, js.Cosine(1.0, 0.0, 600), 300),
            "η(max(t − s, 0))",
            elsewhere="optax `transition_begin`, t5x `step_offset`, ParameterSchedulers.jl `Shifted`",
            given=[js.Cosine(1.0, 0.0, 600)],
        ),
        Entry(
            "every",
            partial(js.every, js.Cosine(1.0, 0.0, 10), 100),
            "η(⌊t/k⌋)",
            elsewhere="Lightning `frequency`, ParameterSchedulers.jl `Interpolator`",
        ),
        Entry(
            "repeat",
            partial(js.repeat, js.Rex(1.0, 0.0, 250, 0.8), 250),
            "η(t − s_i) dⁱ in cycle i, which begins at s_i",
            elsewhere="ParameterSchedulers.jl `Loop`, levanter `cycles`",
            option={"growth": 2, "decay": 0.7},
        ),
        Entry(
            "reverse",
            partial(js.reverse, js.HalfLife(1.0, 200), STEPS),
            "η(max(T − t, 0))",
            elsewhere="ParameterSchedulers.jl `reverse`",
            given=[js.HalfLife(1.0, 200)],
        ),
        Entry(
            "stretch",
            partial(js.stretch, short, 500, STEPS),
            "η(t T/T′), and boundaries at whole steps",
            elsewhere="composer `scale_schedule_ratio`",
            given=[short],
        ),
        Entry(
            "select",
            partial(js.select, 1, [line, js.Cosine(1.0, 0.0, STEPS)]),
            "η_i(t), for an index i that may be traced",
            given=[line],
        ),
        Entry(
            "splice",
            partial(js.splice, line, 300, js.Cosine(1.0, 0.0, 700)),
            "η₁(t) up to s, then η₁(s) η₂(t − s) / η₂(0)",
            elsewhere="OLMo-core `SequentialScheduler`",
            given=[line],
        ),
        Entry(
            "decay_from",
            partial(js.decay_from, rsqrt, 600, 400),
            "η(t) up to s, then from η(s) to η_T in T steps",
            "OLMo-core",
            "OLMo-core `OverrideDecay`",
            given=[rsqrt],
        ),
    ],
    "Recipes": [
        Entry(
            "warmup_constant",
            partial(js.warmup_constant, peak_value=1.0, warmup_steps=400),
            "warmup, then `Constant`",
            "classical",
            "optax `warmup_constant_schedule`, Transformers `constant_with_warmup`",
            {"warmup": "cosine"},
        ),
        Entry(
            "warmup_linear",
            partial(js.warmup_linear, peak_value=1.0, warmup_steps=250, total_steps=STEPS),
            "warmup, then `Linear`",
            "Devlin et al. (2018), arXiv:1810.04805",
            "Transformers `linear`, DeepSpeed `WarmupDecayLR`, OLMo-core `LinearWithWarmup`",
            {"warmup": "one_minus_sqrt"},
        ),
        Entry(
            "warmup_polynomial",
            partial(js.warmup_polynomial, **RUN, power=2.0),
            "warmup, then `Polynomial`",
            "classical",
            "Transformers `polynomial`, fairseq `polynomial_decay`, composer `PolynomialWithWarmupScheduler`",
            {"warmup": "logarithmic"},
        ),
        Entry(
            "warmup_cosine",
            partial(js.warmup_cosine, **RUN),
            "warmup, then `Cosine`",
            "Brown et al. (2020), arXiv:2005.14165",
            "optax `warmup_cosine_decay_schedule`, Keras `warmup_target`, Transformers `cosine`",
            {"exponent": 2},
        ),
        Entry(
            "warmup_exponential",
            partial(js.warmup_exponential, peak_value=1.0, warmup_steps=100, transition_steps=150, decay_rate=0.6),
            "warmup, then `ExponentialDecay`",
            "optax",
            "optax `warmup_exponential_decay_schedule`, praxis `LinearRampupExponentialDecay`",
            {"staircase": True},
        ),
        Entry(
            "warmup_step",
            partial(js.warmup_step, peak_value=1.0, warmup_steps=100, step_size=300, factor=0.4),
            "warmup, then `StepDecay`",
            "Goyal et al. (2017), arXiv:1706.02677",
            "timm `StepLRScheduler`, mmengine `StepLR`",
        ),
        Entry(
            "warmup_multistep",
            partial(js.warmup_multistep, peak_value=1.0, warmup_steps=100, boundaries=[800, 900], factor=0.1**0.5),
            "warmup, then `MultiStep`",
            "DeepSeek-AI (2024), arXiv:2401.02954",
            "composer `MultiStepWithWarmupScheduler`, mmengine `MultiStepLR`",
            {"warmup": "constant", "init_value": 0.2},
        ),
        Entry(
            "wsd",
            partial(js.wsd, **RUN, cooldown_steps=400),
            "warmup, η_p, cooldown",
            "Hu et al. (2024), arXiv:2404.06395; Hägele et al. (2024), arXiv:2405.18392",
            "Transformers `warmup_stable_decay`, timm `WSDLRScheduler`, Megatron and OLMo-core `WSD`, MaxText `wsd`",
            {"cooldown": "one_minus_sqrt"},
        ),
        Entry(
            "trapezoid",
            partial(js.trapezoid, **RUN, cooldown_steps=300),
            "η_p min(t/W, 1, (T − t)/C)",
            "Xing et al. (2018), arXiv:1802.08770",
            "modded-nanogpt `get_lr`, nanochat `get_lr_multiplier`",
        ),
        Entry(
            "wsd_s",
            partial(
                js.wsd_s,
                peak_value=1.0,
                warmup_steps=80,
                cooldown_steps=[50, 50, 100],
                period_steps=[250, 250, 500],
            ),
            "`wsd` again and again, without another warmup",
            "Wen et al. (2024), arXiv:2410.05192",
            "levanter `cycles`",
        ),
        Entry(
            "tri_stage",
            partial(js.tri_stage, **RUN, cooldown_steps=500, init_value=0.01, end_value=0.01),
            "warmup, η_p, `Geometric`",
            "Park et al. (2019), arXiv:1904.08779",
            "fairseq `tri_stage`",
        ),
        Entry(
            "infinite",
            partial(js.infinite, **RUN, constant_value=0.4, end_value=0.004, decay_steps=350, cooldown_steps=200),
            "warmup, decay to a constant, cooldown",
            "Ibrahim et al. (2024), arXiv:2403.08763; Singh et al. (2025), arXiv:2503.02844",
            option={"decay": "inverse_root"},
        ),
        Entry(
            "noam",
            partial(js.noam, model_size=64, warmup_steps=100, scale=80.0),
            "s d^−½ min(n^−½, n W^−³ᐟ²), n = t + 1",
            "Vaswani et al. (2017), arXiv:1706.03762",
            "Paddle `NoamDecay`, NeMo `NoamAnnealing`, praxis `Transformer`",
            {"warmup_steps": 300},
        ),
        Entry(
            "inverse_sqrt",
            partial(js.inverse_sqrt, **RUN, cooldown_steps=300),
            "η_p / √(1 + (t − W)/τ) · min((T − t)/C, 1), after the warmup",
            "Vaswani et al. (2017), arXiv:1706.03762; the cooldown: Zhai et al. (2022), arXiv:2106.04560",
            'big_vision `rsqrt`, fairseq and Transformers `inverse_sqrt`, timm `stable_fn="rsqrt"`',
            {"timescale": 400},
        ),
        Entry(
            "power",
            partial(js.power, **RUN, timescale=200, cooldown_steps=200),
            "η_p min((t/τ)^−p, 1), between warmup and cooldown",
            "Shen et al. (2024), arXiv:2408.13359",
            "OLMo-core `PowerLR`, levanter `power`",
            {"power": 1},
        ),
        Entry(
            "onecycle",
            partial(js.onecycle, peak_value=1.0, warmup_steps=300, total_steps=STEPS),
            "up to η_p, down to far below η₀",
            "Smith & Topin (2018), arXiv:1708.07120",
            "PyTorch and Paddle `OneCycleLR`, fastai `fit_one_cycle`, optax `cosine_onecycle_schedule`",
            {"three_phase": True, "ramp": "linear"},
        ),
        Entry(
            "sgdr",
            partial(js.sgdr, peak_value=1.0, period_steps=128, warmup_steps=104, growth=2),
            "warmup, then `CosineRestarts`",
            "Loshchilov & Hutter (2017), arXiv:1608.03983",
            "timm `CosineLRScheduler`, fairseq `cosine`, fastai `fit_sgdr`",
            {"decay": 0.6},
        ),
        Entry(
            "warmup_restarts",
            partial(
                js.warmup_restarts,
                peak_values=[1.0, 0.7, 0.5],
                warmup_steps=[50, 50, 50],
                period_steps=[200, 300, 500],
            ),
            "`warmup_cosine` again and again",
            "optax",
            "optax `sgdr_schedule`",
        ),
        Entry(
            "slanted_triangular",
            partial(js.slanted_triangular, **RUN),
            "a short line up, a long line down",
            "Howard & Ruder (2018), arXiv:1801.06146",
            "AllenNLP `SlantedTriangular`",
        ),
        Entry(
            "exponential_range_test",
            partial(js.exponential_range_test, init_value=1e-4, end_value=1.0, total_steps=STEPS),
            "η₀^u · η_T^q",
            "fastai, after Smith (2015), arXiv:1506.01186",
            "fastai `lr_find`, Lightning `LearningRateFinder`, ignite `FastaiLRFinder`",
        ),
    ],
}


def page() -> str:
    """All of them, in Markdown: the picture, the formula, where it comes from, and what it is called elsewhere."""
    lines = [
        "# The gallery",
        "",
        f"![The value of every schedule over {STEPS:,} steps](gallery.png)",
        "",
        "The value is η at step t, η₀ at the start, η_p at the peak and η_T at the end, after T steps. Of these the",
        "fraction q = min(t/T, 1) is done and u = 1 − q is left. The other letters are in [the docstrings](api.md).",
        "A warmup is a line to η_p in W steps, or another shape. Dashed: the same with an option, or what a combinator",
        "was given. `python -m docs.gallery` writes this page.",
    ]
    for group, entries in ENTRIES.items():
        lines += ["", f"## {group}"]
        for entry in entries:
            known = {"source": entry.source, "elsewhere": entry.elsewhere}
            lines += ["", f"### {entry.name}", "", f"![{entry.name}]({entry.picture()})", ""]
            lines += [f"`{entry.formula.replace('`', '')}`", "", f"    {entry.signature()}", ""]
            lines += [f"{name}: {said}  " for name, said in known.items() if said]
    return re.sub(r"arXiv:([\d.]+\d)", r"[\g<0>](https://arxiv.org/abs/\1)", "\n".join(lines)) + "\n"


HIGH, WIDE, EDGE = 60, 240, 4


def svg(entry: Entry, color: str) -> str:
    """A small picture of one."""
    lines = [(values_of(x), 'stroke-width="1" stroke-dasharray="4 3" opacity="0.8"') for x in entry.dashed()]
    lines.append((values_of(entry.schedule()), 'stroke-width="1.8"'))
    paths = "".join(f'<path d="{path_of(values)}" {how}/>' for values, how in lines)
    size = f'viewBox="0 0 {WIDE + 2 * EDGE} {HIGH + 2 * EDGE}" width="{WIDE + 2 * EDGE}" height="{HIGH + 2 * EDGE}"'
    drawn = f'<g fill="none" stroke="{color}" stroke-linejoin="round">{paths}</g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><title>{escape(entry.name)}</title>{drawn}</svg>\n'


def values_of(schedule: js.Schedule) -> np.ndarray:
    return np.asarray(js.evaluate(schedule, STEPS), float)


def path_of(values: np.ndarray) -> str:
    """As a line, without the points that lie on it anyway."""
    x, y = EDGE + WIDE * np.arange(STEPS) / STEPS, EDGE + HIGH * (1 - values / 1.3)
    kept = [0]
    for i in range(1, STEPS - 1):  # from the last point that is kept to the next one, nothing may be off by more
        between = np.arange(kept[-1] + 1, i + 1)
        line = y[kept[-1]] + (y[i + 1] - y[kept[-1]]) * (between - kept[-1]) / (i + 1 - kept[-1])
        if np.abs(y[between] - line).max() > 0.15:
            kept.append(i)
    kept.append(STEPS - 1)
    return "M" + "L".join(f"{x[i]:.1f} {y[i]:.1f}" for i in kept)


COLUMNS = 6
COLORS = ("#3b6ea8", "#c4553b", "#3f8a5c", "#8a5aa3", "#b07d1e", "#2f8a93", "#b0487a")
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 15.0, 0.3, 0.15, 0.1, 0.3  # in inches
HEADING, NAME, HEIGHT, GAP = 0.36, 0.26, 0.92, 0.2


def draw() -> None:
    """All of them as small multiples, a colour for each group."""
    from matplotlib.figure import Figure

    steps = np.arange(STEPS)
    colors = dict(zip(ENTRIES, COLORS, strict=True))
    cells = [(group, entry, i == 0) for group, entries in ENTRIES.items() for i, entry in enumerate(entries)]
    rows = [cells[i : i + COLUMNS] for i in range(0, len(cells), COLUMNS)]
    bottoms = TOP + np.cumsum([HEADING * any(first for *_, first in row) + NAME + HEIGHT + GAP for row in rows]) - GAP
    total, pitch = bottoms[-1] + BOTTOM, (WIDTH - LEFT - RIGHT + GAP) / COLUMNS

    fig = Figure(figsize=(WIDTH, total), facecolor="white")
    for bottom, row in zip(bottoms, rows, strict=True):
        for column, (group, entry, first) in enumerate(row):
            color, y = colors[group], total - bottom
            x = LEFT + column * pitch
            axes = fig.add_axes((x / WIDTH, y / total, (pitch - GAP) / WIDTH, HEIGHT / total))
            for other in entry.dashed():
                axes.plot(steps, js.evaluate(other, steps), color=color, alpha=0.8, lw=1.0, ls=(0, (3, 2)))
            axes.plot(steps, js.evaluate(entry.schedule(), steps), color=color, lw=1.7)
            axes.set_title(entry.name, loc="left", family="monospace", size=11, color="#222222", pad=5)
            axes.annotate(entry.label(), (1, 1), xycoords="axes fraction", ha="right", va="top",
                          family="monospace", size=8, color="#777777")  # fmt: skip
            axes.set(xlim=(0, STEPS), ylim=(-0.05, 1.33))
            axes.set_xticks([0, STEPS], ["0", f"{STEPS:,}"] if row is rows[-1] and column == 0 else [])
            axes.set_yticks([0, 1], ["0", "1"] if column == 0 else [])
            axes.tick_params(length=0, labelcolor="#777777", labelsize=8)
            axes.spines[["top", "right"]].set_visible(False)
            axes.spines[["left", "bottom"]].set(color="#bbbbbb", linewidth=0.6)
            axes.spines["left"].set_bounds(-0.05, 1)
            if first:
                fig.text(x / WIDTH, (y + HEIGHT + NAME + 0.1) / total, group, size=14, color=color, weight="bold")
    fig.savefig(FOLDER / "gallery.png", dpi=120, pil_kwargs={"optimize": True})


def write() -> None:
    """The page, and its pictures."""
    draw()
    (FOLDER / "pictures").mkdir(exist_ok=True)
    for path, text in pictures().items():
        (FOLDER / path).write_text(text, encoding="utf-8")
    (FOLDER / "gallery.md").write_text(page(), encoding="utf-8")


def pictures() -> dict[str, str]:
    """The small pictures, by path."""
    colors = dict(zip(ENTRIES, COLORS, strict=True))
    return {entry.picture(): svg(entry, colors[group]) for group, entries in ENTRIES.items() for entry in entries}


if __name__ == "__main__":
    write()
    print("Wrote docs/gallery.md and its pictures")
