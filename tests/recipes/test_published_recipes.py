"""The schedules of real training runs, in the words of the library, against values worked out by hand.

Each row has the values at the phase boundaries, at the peak, at the end, after it, and at points between, as plain
numbers and one-line arithmetic. The largest and the smallest of them are those of the whole run. Where a source leaves
something open, the comment above the row says which reading is taken.
"""

from collections.abc import Callable
from math import cos, pi, sqrt
from typing import NamedTuple

import numpy as np
import pytest

import jaxsched as js


RTOL = 2e-6  # the numbers of a schedule are float32
IMAGENET = 1_281_167


class Row(NamedTuple):
    make: Callable[[], js.Schedule]
    values: dict[int, float]
    """Of the step."""
    source: str


def deepseek_v3() -> js.Schedule:
    stable, decay, last = js.steps_from([10e12, 14.3e12, 14.633e12], per_step=15_360 * 4096)
    stages = [js.Linear(0.0, 2.2e-4, 2000), js.Constant(2.2e-4), js.Cosine(2.2e-4, 2.2e-5, decay - stable)]
    return js.join_schedules([*stages, js.Constant(2.2e-5), js.Constant(7.3e-6)], [2000, stable, decay, last])


def kimi_k2() -> js.Schedule:
    stable, decay, end = js.steps_from([10e12, 15.5e12, 15.9e12], per_step=16_384 * 4096)
    pretraining = js.wsd(
        peak_value=2e-4,
        warmup_steps=500,
        cooldown_steps=decay - stable,
        total_steps=decay,
        end_value=2e-5,
        cooldown="cosine",
    )
    return js.join_schedules([pretraining, js.Linear(2e-5, 7e-6, end - decay)], [decay])


def llama_3() -> js.Schedule:
    planned = js.warmup_cosine(peak_value=8e-5, warmup_steps=8000, total_steps=1_200_000, end_value=8e-7)
    return js.decay_from(planned, 1_200_000, js.steps_from(40e6, per_step=2**24))


def olmo_2() -> js.Schedule:
    warmup, planned, second = js.steps_from([8_388_608_000, 5e12, 50e9], per_step=1024 * 4096)
    first = js.warmup_cosine(peak_value=3e-4, warmup_steps=warmup, total_steps=planned, end_value=3e-5)
    return js.join_schedules([first, js.Linear(6.1499e-5, 0.0, second)], [928_646])


def olmo_3() -> js.Schedule:
    planned = js.warmup_cosine(peak_value=3e-4, warmup_steps=2000, total_steps=1_192_093, end_value=3e-5)
    half = 1_668_931 - 597_046
    return js.join_schedules([planned, js.shift(js.Cosine(3e-4, 3e-5, 2 * half), -half)], [597_046])


def power_lm() -> js.Schedule:
    capped = (1024 * 4 / 0.02) ** (1 / 0.51)  # so many tokens until β a n^b is η_max
    warmup, timescale, decay, end = js.steps_from([1e9, capped, 1e12, 1.25e12], per_step=1024 * 4096)
    return js.power(
        peak_value=0.02,
        warmup_steps=warmup,
        timescale=timescale,
        power=0.51,
        cooldown_steps=end - decay,
        total_steps=end,
    )


def deit() -> js.Schedule:
    epochs = js.sequence([js.Linear(1e-6, 1e-3, 5), js.shift(js.Cosine(1e-3, 1e-5, 300), -5)], [5])
    return js.every(epochs, js.steps_from_epochs(1, samples=IMAGENET, batch_size=1024, drop_last=True))


def dino_lr(peak_value: float, warmup_steps: int, total_steps: int) -> js.Schedule:
    """`np.linspace(0, peak_value, warmup_steps)`, which reaches the peak one step early, and half a cosine."""
    rise, fall = js.Linear(0.0, peak_value, warmup_steps - 1), js.Cosine(peak_value, 1e-6, total_steps - warmup_steps)
    return js.sequence([rise, fall], [warmup_steps])


def on_imagenet(
    recipe: Callable[..., js.Schedule], warmup: int, epochs: int, batch_size: int, **words: float
) -> js.Schedule:
    """A recipe in epochs, of batches that are full."""
    lengths = js.steps_from_epochs([warmup, epochs], samples=IMAGENET, batch_size=batch_size, drop_last=True)
    return recipe(**words, warmup_steps=lengths[0], total_steps=lengths[1])


LANGUAGE = {
    # The batch, which grew to 3.2M tokens, is taken as full; the warmup is part of the 260B tokens.
    "GPT-3 175B": Row(
        lambda: js.warmup_cosine(
            peak_value=6e-5,
            warmup_steps=js.steps_from(375e6, per_step=3.2e6),
            total_steps=js.steps_from(260e9, per_step=3.2e6),
            end_value=6e-6,
        ),
        {
            0: 0, 59: 3e-5, 118: 6e-5, 20_401: 6e-6 + 5.4e-5 * (1 + cos(pi / 4)) / 2, 40_684: 3.3e-5,
            81_250: 6e-6, 93_750: 6e-6,
        },
        "arXiv:2005.14165, App. B",
    ),
    # (t + 1) / (W + 1): one step further up a warmup of W + 1 steps, which begins at its first step.
    "GPT-2 124M, nanoGPT": Row(
        lambda: js.warmup_cosine(
            peak_value=6e-4, warmup_steps=2000, total_steps=600_000, init_value=6e-4 / 2001, end_value=6e-5
        ),
        {
            0: 6e-4 / 2001, 999: 6e-4 * 1000 / 2001, 2000: 6e-4, 151_500: 6e-5 + 5.4e-4 * (1 + cos(pi / 4)) / 2,
            301_000: 3.3e-4, 600_000: 6e-5, 700_000: 6e-5,
        },
        "karpathy/nanoGPT:train.py",
    ),
    # "The final 40M tokens" are taken as 3 batches of 16M after the 1.2M steps of the cosine.
    "Llama 3.1 405B": Row(
        llama_3,
        {
            0: 0, 4000: 4e-5, 8000: 8e-5, 306_000: 8e-7 + 7.92e-5 * (1 + cos(pi / 4)) / 2, 604_000: 4.04e-5,
            1_200_000: 8e-7, 1_200_001: 8e-7 * 2 / 3, 1_200_002: 8e-7 / 3, 1_200_003: 0, 1_300_000: 0,
        },
        "arXiv:2407.21783, 3.4.1",
    ),
    # 31.6% is the paper's rounding of √0.1, after which the next step is 10%.
    "DeepSeek LLM 7B": Row(
        lambda: js.warmup_multistep(
            peak_value=4.2e-4,
            warmup_steps=2000,
            boundaries=js.steps_from([0.8 * 2e12, 0.9 * 2e12], per_step=2304 * 4096),
            factor=sqrt(0.1),
        ),
        {
            0: 0, 1000: 2.1e-4, 2000: 4.2e-4, 100_000: 4.2e-4, 169_542: 4.2e-4, 169_543: 4.2e-4 * 0.316227766,
            190_734: 4.2e-4 * 0.316227766, 190_735: 4.2e-5, 211_928: 4.2e-5,
        },
        "arXiv:2401.02954, 2.3",
    ),
    # The batch, which grew to 15,360 sequences over the first 469B tokens, is taken as full.
    "DeepSeek-V3": Row(
        deepseek_v3,
        {
            0: 0, 1000: 1.1e-4, 2000: 2.2e-4, 158_946: 2.2e-4,
            180_000: 2.2e-5 + 1.98e-4 * (1 + cos(pi * 21_054 / 68_347)) / 2,
            210_000: 2.2e-5 + 1.98e-4 * (1 + cos(pi * 51_054 / 68_347)) / 2,
            227_293: 2.2e-5, 232_585: 2.2e-5, 232_586: 7.3e-6, 235_240: 7.3e-6,
        },
        "arXiv:2412.19437, 4.2",
    ),
    # The shape of the last fall, over 400B tokens, is not given: a line.
    "Kimi K2": Row(
        kimi_k2,
        {
            0: 0, 250: 1e-4, 500: 2e-4, 149_012: 2e-4, 169_501: 2e-5 + 1.8e-4 * (1 + cos(pi / 4)) / 2, 189_990: 1.1e-4,
            230_968: 2e-5, 232_955: 2e-5 - 1.3e-5 / 3, 236_929: 7e-6, 250_000: 7e-6,
        },
        "arXiv:2507.20534, 2.5",
    ),
    # The warmup is not printed: none. The paper's half-life of 5,000 steps; the blog of the project has 8,000.
    "MiniCPM 2.4B": Row(
        lambda: js.sequence([js.Constant(0.01), js.HalfLife(0.01, 5000)], [263_000]),
        {
            0: 0.01, 263_000: 0.01, 265_500: 0.01 * sqrt(0.5), 268_000: 0.005, 270_500: 0.005 * sqrt(0.5),
            273_000: 0.0025,
        },
        "arXiv:2404.06395, 4.2 and 6.2",
    ),
    "SmolLM 135M": Row(
        lambda: js.wsd(
            peak_value=3e-3, warmup_steps=5000, cooldown_steps=100_000, total_steps=600_000, cooldown="one_minus_sqrt"
        ),
        {
            0: 0, 2500: 1.5e-3, 5000: 3e-3, 500_000: 3e-3, 501_000: 2.7e-3, 525_000: 1.5e-3, 581_000: 3e-4,
            600_000: 0, 700_000: 0,
        },
        "huggingface/smollm:text/pretraining",
    ),
    "SmolLM2 1.7B": Row(
        lambda: js.wsd(peak_value=5e-4, warmup_steps=2000, cooldown_steps=524_000, total_steps=5_240_000),
        {
            0: 0, 1000: 2.5e-4, 2000: 5e-4, 4_716_000: 5e-4, 4_978_000: 2.5e-4, 5_109_000: 1.25e-4,
            5_240_000: 0, 6_000_000: 0,
        },
        "huggingface/smollm:text/pretraining",
    ),
    # Its steps are counted from 1, and the decay begins at 4,198,001.
    "SmolLM3 3B": Row(
        lambda: js.wsd(peak_value=2e-4, warmup_steps=2000, cooldown_steps=522_000, total_steps=4_720_001),
        {
            0: 0, 1000: 1e-4, 2000: 2e-4, 4_198_001: 2e-4, 4_459_001: 1e-4, 4_589_501: 5e-5,
            4_720_001: 0, 5_000_000: 0,
        },
        "huggingface/smollm:text/pretraining",
    ),
    "SmolLM3 3B, long context": Row(
        lambda: js.warmup_cosine(peak_value=2e-5, warmup_steps=1000, total_steps=20_000),
        {
            0: 0, 500: 1e-5, 1000: 2e-5, 5750: 1e-5 * (1 + cos(pi / 4)), 10_500: 1e-5,
            15_250: 1e-5 * (1 - cos(pi / 4)), 20_000: 0, 30_000: 0,
        },
        "huggingface/smollm:text/pretraining",
    ),
    "OLMo 7B": Row(
        lambda: js.warmup_linear(
            peak_value=3e-4, warmup_steps=5000, total_steps=js.steps_from(2e12, per_step=2048 * 2048), end_value=3e-5
        ),
        {
            0: 0, 2500: 1.5e-4, 5000: 3e-4, 100_000: 3e-4 - 2.7e-4 * 95_000 / 471_838, 240_919: 1.65e-4,
            476_838: 3e-5, 500_000: 3e-5,
        },
        "allenai/OLMo:configs/official",
    ),
    # Stage 1, planned for 5T tokens and left at 3.9T, and stage 2; `decay_from` would begin that at 6.1351e-5.
    "OLMo 2 7B": Row(
        olmo_2,
        {
            0: 0, 1000: 1.5e-4, 2000: 3e-4, 500_000: 3e-5 + 2.7e-4 * (1 + cos(pi * 498_000 / 1_190_093)) / 2,
            928_645: 3e-5 + 2.7e-4 * (1 + cos(pi * 926_645 / 1_190_093)) / 2, 928_646: 6.1499e-5,
            934_646: 6.1499e-5 * 5921 / 11_921, 940_567: 0, 1_000_000: 0,
        },
        "allenai/OLMo:configs/official-1124",
    ),
    # From the middle of a cosine for 5T tokens to the second half of one for 7T, which was stopped at step 1,413,814.
    "OLMo 3 7B": Row(
        olmo_3,
        {
            0: 0, 1000: 1.5e-4, 2000: 3e-4, 300_000: 3e-5 + 2.7e-4 * (1 + cos(pi * 298_000 / 1_190_093)) / 2,
            597_046: 1.65e-4,
            1_000_000: 3e-5 + 1.35e-4 * (1 + cos(pi / 2 * (1 + 402_954 / 1_071_885))),
            1_413_814: 3e-5 + 1.35e-4 * (1 + cos(pi / 2 * (1 + 816_768 / 1_071_885))), 1_668_931: 3e-5, 2_000_000: 3e-5,
        },
        "allenai/OLMo-core:src/scripts/official/OLMo3/OLMo-3-1025-7B-pretrain-2.py",
    ),
    # GPT-NeoX: step 0 has the value of step 1.
    "Pythia 70M": Row(
        lambda: js.maximum(
            js.warmup_cosine(peak_value=1e-3, warmup_steps=1430, total_steps=143_000, end_value=1e-4), 1e-3 / 1430
        ),
        {
            0: 1e-3 / 1430, 1: 1e-3 / 1430, 715: 5e-4, 1430: 1e-3,
            37_000: 1e-4 + 9e-4 * (1 + cos(pi * 35_570 / 141_570)) / 2, 72_215: 5.5e-4, 143_000: 1e-4, 150_000: 1e-4,
        },
        "EleutherAI/pythia:models/70M",
    ),
    # Megatron's clock is the number of samples, so the growing batch does not matter.
    "BLOOM 176B, by samples": Row(
        lambda: js.warmup_cosine(peak_value=6e-5, warmup_steps=183_105, total_steps=200_000_000, end_value=6e-6),
        {
            0: 0, 61_035: 2e-5, 183_105: 6e-5,
            50_000_000: 6e-6 + 5.4e-5 * (1 + cos(pi * 49_816_895 / 199_816_895)) / 2,
            150_000_000: 6e-6 + 5.4e-5 * (1 + cos(pi * 149_816_895 / 199_816_895)) / 2,
            200_000_000: 6e-6, 220_000_000: 6e-6,
        },
        "bigscience-workshop/bigscience:train/tr11-176B-ml",
    ),
    "PaLM 540B": Row(
        lambda: js.inverse_sqrt(peak_value=0.01, warmup_steps=10_000, init_value=0.01, warmup="constant"),
        {0: 0.01, 9999: 0.01, 10_000: 0.01, 40_000: 0.005, 160_000: 0.0025, 250_000: 0.002},
        "arXiv:2204.02311",
    ),
    # 1 / √max(t, 10⁴) for 2^19 steps, and then fine-tuning.
    "T5": Row(
        lambda: js.sequence([js.minimum(0.01, js.shift(js.InverseSqrt(1.0, 1), 1)), js.Constant(1e-3)], [2**19]),
        {
            0: 0.01, 10_000: 0.01, 10_001: 1 / sqrt(10_001), 40_000: 0.005, 250_000: 0.002,
            524_287: 1 / sqrt(524_287), 524_288: 1e-3, 786_432: 1e-3,
        },
        "google-research/text-to-text-transfer-transformer, gin; arXiv:1910.10683",
    ),
    # The line runs from step 0, under the warmup: at its end there is a jump.
    "BERT": Row(
        lambda: js.sequence(
            [js.Linear(0.0, 1e-4, 10_000), js.shift(js.Linear(1e-4, 0.0, 1_000_000), -10_000)], [10_000]
        ),
        {
            0: 0, 5000: 5e-5, 9999: 9.999e-5, 10_000: 9.9e-5, 500_000: 5e-5, 750_000: 2.5e-5,
            1_000_000: 0, 1_100_000: 0,
        },
        "google-research/bert:optimization.py; arXiv:1810.04805",
    ),
    # The configuration of fairseq; the paper prints other numbers.
    "RoBERTa base": Row(
        lambda: js.warmup_linear(peak_value=5e-4, warmup_steps=10_000, total_steps=125_000),
        {0: 0, 5000: 2.5e-4, 10_000: 5e-4, 67_500: 2.5e-4, 96_250: 1.25e-4, 125_000: 0, 150_000: 0},
        "facebookresearch/fairseq:examples/roberta/config/pretraining/base.yaml",
    ),
    "Transformer base": Row(
        lambda: js.noam(model_size=512, warmup_steps=4000),
        {
            0: 512**-0.5 * 4000**-1.5, 1999: 512**-0.5 * 2000 * 4000**-1.5, 3999: 6.987712430e-4,
            15_999: 6.987712430e-4 / 2, 99_999: 512**-0.5 * 100_000**-0.5,
        },
        "arXiv:1706.03762, eq. 3",
    ),
    "Transformer big": Row(
        lambda: js.noam(model_size=1024, warmup_steps=4000),
        {
            0: 4000**-1.5 / 32, 999: 1000 * 4000**-1.5 / 32, 3999: 4.941058844e-4, 15_999: 4.941058844e-4 / 2,
            299_999: 300_000**-0.5 / 32,
        },
        "arXiv:1706.03762, eq. 3",
    ),
    "Transformer, fairseq": Row(
        lambda: js.inverse_sqrt(peak_value=5e-4, warmup_steps=4000, init_value=1e-7),
        {0: 1e-7, 2000: (1e-7 + 5e-4) / 2, 4000: 5e-4, 16_000: 2.5e-4, 36_000: 5e-4 / 3, 100_000: 1e-4},
        "facebookresearch/fairseq:examples/translation",
    ),
    # A length is a whole number of steps, so the law is met to 6e-5. The warmup is that of the paper's Table 3; the
    # tail is "exponential to 0" without a formula, so nothing is said of its middle.
    "PowerLM 3B": Row(
        power_lm,
        {
            0: 0, 239: 0.02, 6191: 0.02, 24_764: 0.02 * 4**-0.51, 61_910: 0.02 * 10**-0.51,
            238_419: 0.02 * (238_419 / 6191) ** -0.51, 298_024: 0, 300_000: 0,
        },
        "arXiv:2408.13359, eq. 7 and 8, 5.2",
    ),
    "Power law of PowerLM, exactly": Row(
        lambda: js.minimum(0.02, js.shift(js.PowerLaw(1024 * 4 * (1024 * 4096) ** -0.51, 1, 0.51), 1)),
        {
            1: 0.02, 6190: 0.02, 6191: 1024 * 4 * (6191 * 1024 * 4096) ** -0.51,
            100_000: 1024 * 4 * (100_000 * 1024 * 4096) ** -0.51, 238_419: 1024 * 4 * (238_419 * 1024 * 4096) ** -0.51,
        },
        "arXiv:2408.13359, eq. 7",
    ),
    # The paper's periods depend on the model: here 20 tokens for each of 10⁸ parameters, in batches of 500,000, are
    # 4,000 steps, and the periods end at 0.5, 1, 2 and 4 times that, each with a tenth of its length.
    "WSD-S": Row(
        lambda: js.wsd_s(
            peak_value=1.0, warmup_steps=100, period_steps=[2000, 2000, 4000, 8000], cooldown_steps=[200, 200, 400, 800]
        ),
        {
            0: 0, 50: 0.5, 100: 1, 1800: 1, 1900: 0.5, 1999: 1 / 200, 2000: 1, 3800: 1, 3900: 0.5, 4000: 1, 7600: 1,
            7800: 0.5, 8000: 1, 15_200: 1, 15_600: 0.5, 16_000: 0, 20_000: 0,
        },
        "arXiv:2410.05192; allenai/OLMo-core:src/olmo_core/optim/scheduler.py",
    ),
    # The rate of Muon, at commit 01482e1.
    "modded-nanogpt, November 2024": Row(
        lambda: js.trapezoid(peak_value=0.04, warmup_steps=0, cooldown_steps=562, total_steps=1875),
        {0: 0.04, 700: 0.04, 1313: 0.04, 1594: 0.02, 1734: 0.04 * 141 / 562, 1875: 0, 2000: 0},
        "KellerJordan/modded-nanogpt:train_gpt2.py",
    ),
    # A factor of the rates. The length depends on the depth of the model: here 10,000 steps.
    "nanochat": Row(
        lambda: js.wsd(
            peak_value=1.0,
            warmup_steps=40,
            cooldown_steps=js.steps_from_fraction(0.65, total_steps=10_000),
            total_steps=10_000,
            end_value=0.05,
            first="one_over_n",
        ),
        {0: 1 / 40, 19: 0.5, 39: 1, 40: 1, 3500: 1, 6750: 0.525, 8375: 0.2875, 10_000: 0.05, 12_000: 0.05},
        "karpathy/nanochat:scripts/base_train.py",
    ),
}  # fmt: skip

SPEECH = {
    "wav2vec 2.0 base, 960 h": Row(
        lambda: js.tri_stage(
            peak_value=1e-4,
            warmup_steps=js.steps_from_fraction(0.1, total_steps=320_000),
            cooldown_steps=js.steps_from_fraction(0.5, total_steps=320_000),
            total_steps=320_000,
            init_value=1e-6,
            end_value=5e-6,
        ),
        {
            0: 1e-6, 16_000: 5.05e-5, 32_000: 1e-4, 160_000: 1e-4, 200_000: 1e-4 * 0.05**0.25,
            240_000: 1e-4 * 0.05**0.5, 320_000: 5e-6, 400_000: 5e-6,
        },
        "facebookresearch/fairseq:examples/wav2vec/config/finetuning/base_960h.yaml",
    ),
    # A factor of the peak, without the noise that the weights get.
    "SpecAugment, LAS, long": Row(
        lambda: js.tri_stage(
            peak_value=1.0, init_value=0.0, end_value=0.01,
            warmup_steps=1000, cooldown_steps=180_000, total_steps=320_000,
        ),
        {0: 0, 500: 0.5, 1000: 1, 140_000: 1, 185_000: 0.01**0.25, 230_000: 0.1, 320_000: 0.01, 400_000: 0.01},
        "arXiv:1904.08779",
    ),
}  # fmt: skip

VISION = {
    "ResNet-50 in an hour": Row(
        lambda: js.warmup_multistep(
            peak_value=0.1 * 8192 / 256,
            warmup_steps=js.steps_from_epochs(5, samples=IMAGENET, batch_size=8192, drop_last=True),
            boundaries=js.steps_from_epochs([30, 60, 80], samples=IMAGENET, batch_size=8192, drop_last=True),
            factor=0.1,
            init_value=0.1,
        ),
        {0: 0.1, 390: 1.65, 780: 3.2, 4679: 3.2, 4680: 0.32, 9360: 0.032, 12_480: 0.0032, 14_040: 0.0032},
        "arXiv:1706.02677",
    ),
    "ResNet-50, torchvision": Row(
        lambda: js.every(js.StepDecay(0.1, 30, 0.1), js.steps_from_epochs(1, samples=IMAGENET, batch_size=256)),
        {0: 0.1, 75_000: 0.1, 150_149: 0.1, 150_150: 0.01, 300_299: 0.01, 300_300: 1e-3, 450_449: 1e-3},
        "pytorch/vision:references/classification",
    ),
    # "About 400" iterations of warmup.
    "ResNet-110 on CIFAR": Row(
        lambda: js.warmup_multistep(
            peak_value=0.1, init_value=0.01, warmup="constant", warmup_steps=400, boundaries=[32_000, 48_000], factor=0.1
        ),
        {0: 0.01, 399: 0.01, 400: 0.1, 31_999: 0.1, 32_000: 0.01, 47_999: 0.01, 48_000: 1e-3, 64_000: 1e-3},
        "arXiv:1512.03385, 4.2",
    ),
    "MobileNetV2, torchvision": Row(
        lambda: js.every(
            js.ExponentialDecay(0.045, 1, 0.98), js.steps_from_epochs(1, samples=IMAGENET, batch_size=256)
        ),
        {
            0: 0.045, 5004: 0.045, 5005: 0.0441, 50_050: 0.045 * 0.98**10, 500_501: 0.045 * 0.98**100,
            1_501_499: 0.045 * 0.98**299,
        },
        "pytorch/vision:references/classification",
    ),
    # 2.4 epochs of 312.8 steps are 750.7 steps, and here 751. The stairs count from step 0, under the warmup of 5
    # epochs that the reference code has, so the whole .256 is never reached.
    "EfficientNet": Row(
        lambda: js.warmup_step(
            peak_value=0.256,
            warmup_steps=js.steps_from(5 * IMAGENET, per_step=4096),
            step_size=js.steps_from(2.4 * IMAGENET, per_step=4096),
            factor=0.97,
        ),
        {
            0: 0, 782: 0.128, 1563: 0.256 * 1563 / 1564, 1564: 0.256 * 0.97**2, 7509: 0.256 * 0.97**9,
            7510: 0.256 * 0.97**10, 109_474: 0.256 * 0.97**145,
        },
        "arXiv:1905.11946",
    ),
    # big_vision rounds the length of the run down.
    "ViT on ImageNet-1k, big_vision": Row(
        lambda: js.warmup_cosine(peak_value=1e-3, warmup_steps=10_000, total_steps=300 * 1_268_355 // 4096),
        {
            0: 0, 5000: 5e-4, 10_000: 1e-3, 30_000: 5e-4 * (1 + cos(pi * 20_000 / 82_897)),
            60_000: 5e-4 * (1 + cos(pi * 50_000 / 82_897)), 92_897: 0, 100_000: 0,
        },
        "google-research/big_vision:big_vision/configs/vit_i1k.py",
    ),
    "ViT-g on JFT, big_vision": Row(
        lambda: js.inverse_sqrt(
            peak_value=8e-4, warmup_steps=10_000, timescale=10_000, cooldown_steps=50_000, total_steps=1_000_000
        ),
        {
            0: 0, 5000: 4e-4, 10_000: 8e-4, 40_000: 4e-4, 160_000: 2e-4, 950_000: 8e-4 / sqrt(95),
            975_000: 8e-4 / sqrt(97.5) / 2, 1_000_000: 0, 1_100_000: 0,
        },
        "google-research/big_vision:big_vision/configs/proj/scaling_laws/train_vit_g.py",
    ),
    "BiT-S, big_vision": Row(
        lambda: js.warmup_cosine(peak_value=0.1 * 4096 / 256, warmup_steps=1000, total_steps=90 * 1_268_355 // 4096),
        {
            0: 0, 500: 0.8, 1000: 1.6, 5000: 0.8 * (1 + cos(pi * 4000 / 26_869)),
            20_000: 0.8 * (1 + cos(pi * 19_000 / 26_869)), 27_869: 0, 30_000: 0,
        },
        "google-research/big_vision:big_vision/configs/bit_i1k.py",
    ),
    # By the epoch, and the cosine runs from epoch 0, under the warmup.
    "DeiT": Row(
        deit,
        {
            0: 1e-6, 1250: 1e-6, 1251: 1e-6 + 9.99e-4 / 5, 6254: 1e-6 + 9.99e-4 * 4 / 5,
            6255: 1e-5 + 9.9e-4 * (1 + cos(pi * 5 / 300)) / 2, 187_650: 5.05e-4,
            281_475: 1e-5 + 9.9e-4 * (1 - cos(pi / 4)) / 2, 375_300: 1e-5, 400_000: 1e-5,
        },
        "facebookresearch/deit:main.py",
    ),
    "Swin-T": Row(
        lambda: on_imagenet(js.warmup_cosine, 20, 300, 1024, peak_value=1e-3, init_value=1e-6, end_value=1e-5),
        {
            0: 1e-6, 12_510: 5.005e-4, 25_020: 1e-3, 112_590: 1e-5 + 9.9e-4 * (1 + cos(pi / 4)) / 2, 200_160: 5.05e-4,
            375_300: 1e-5, 400_000: 1e-5,
        },
        "microsoft/Swin-Transformer:config.py",
    ),
    "ConvNeXt-T": Row(
        lambda: on_imagenet(dino_lr, 20, 300, 4096, peak_value=4e-3),
        {
            0: 0, 3000: 4e-3 * 3000 / 6239, 6239: 4e-3, 6240: 4e-3, 28_080: 1e-6 + 3.999e-3 * (1 + cos(pi / 4)) / 2,
            49_920: 2.0005e-3, 93_600: 1e-6, 100_000: 1e-6,
        },
        "facebookresearch/ConvNeXt:utils.py",
    ),
    "MAE ViT-L": Row(
        lambda: on_imagenet(js.warmup_cosine, 40, 800, 4096, peak_value=1.5e-4 * 4096 / 256),
        {
            0: 0, 6240: 1.2e-3, 12_480: 2.4e-3, 71_760: 1.2e-3 * (1 + cos(pi / 4)), 131_040: 1.2e-3,
            249_600: 0, 250_000: 0,
        },
        "facebookresearch/mae:util/lr_sched.py",
    ),
    "DINO ViT-S": Row(
        lambda: on_imagenet(dino_lr, 10, 100, 1024, peak_value=5e-4 * 1024 / 256),
        {
            0: 0, 6000: 2e-3 * 6000 / 12_509, 12_509: 2e-3, 12_510: 2e-3,
            40_000: 1e-6 + 1.999e-3 * (1 + cos(pi * 27_490 / 112_590)) / 2, 68_805: 1.0005e-3,
            125_100: 1e-6, 130_000: 1e-6,
        },
        "facebookresearch/dino:main_dino.py",
    ),
    # The schedule of the last layer is that of the others, set to 0 for an epoch of 1,250 steps.
    "DINOv2, last layer": Row(
        lambda: js.join_schedules([js.Constant(0.0), js.shift(dino_lr(4e-3, 12_500, 125_000), -1250)], [1250]),
        {
            0: 0, 1249: 0, 1250: 4e-3 * 1250 / 12_499, 12_499: 4e-3, 12_500: 4e-3,
            40_625: 1e-6 + 3.999e-3 * (1 + cos(pi / 4)) / 2, 68_750: 2.0005e-3, 125_000: 1e-6, 130_000: 1e-6,
        },
        "facebookresearch/dinov2:dinov2/train/train.py",
    ),
    # As in the code, both lengths are rounded down.
    "BYOL": Row(
        lambda: js.warmup_cosine(
            peak_value=0.2 * 4096 / 256, warmup_steps=10 * IMAGENET // 4096, total_steps=1000 * IMAGENET // 4096
        ),
        {
            0: 0, 1000: 3.2 * 1000 / 3127, 3127: 3.2, 100_000: 1.6 * (1 + cos(pi * 96_873 / 309_657)),
            200_000: 1.6 * (1 + cos(pi * 196_873 / 309_657)), 312_784: 0, 320_000: 0,
        },
        "google-deepmind/deepmind-research:byol; arXiv:2006.07733",
    ),
    "CLIP ViT-L/14": Row(
        lambda: js.warmup_cosine(
            peak_value=4e-4, warmup_steps=2000, total_steps=js.steps_from(32 * 400e6, per_step=32_768)
        ),
        {
            0: 0, 1000: 2e-4, 2000: 4e-4, 100_000: 2e-4 * (1 + cos(pi * 98_000 / 388_625)),
            300_000: 2e-4 * (1 + cos(pi * 298_000 / 388_625)), 390_625: 0, 400_000: 0,
        },
        "arXiv:2103.00020, App. F",
    ),
    "airbench94": Row(
        lambda: js.onecycle(
            peak_value=1.0, warmup_steps=109, total_steps=476, init_value=0.2, end_value=0.07, ramp="linear"
        ),
        {
            0: 0.2, 54: 0.2 + 0.8 * 54 / 109, 109: 1, 292: 1 - 0.93 * 183 / 367, 400: 1 - 0.93 * 291 / 367,
            476: 0.07, 500: 0.07,
        },
        "KellerJordan/cifar10-airbench:airbench94.py",
    ),
}  # fmt: skip

ELSEWHERE = {
    # cut_frac 0.1 and ratio 32; the length depends on the data: here 1,000 steps.
    "ULMFiT": Row(
        lambda: js.slanted_triangular(peak_value=0.01, warmup_steps=100, total_steps=1000),
        {
            0: 0.01 / 32, 50: 0.01 * (1 + 31 / 2) / 32, 100: 0.01, 550: 0.01 * (1 + 31 / 2) / 32,
            775: 0.01 * (1 + 31 / 4) / 32, 1000: 0.01 / 32, 1100: 0.01 / 32,
        },
        "arXiv:1801.06146, eq. 3",
    ),
    # The defaults, in a run of 1,000 steps.
    "fastai, fit_one_cycle": Row(
        lambda: js.onecycle(peak_value=1e-3, warmup_steps=250, total_steps=1000, end_value=1e-3 / 1e5),
        {
            0: 4e-5, 125: 5.2e-4, 250: 1e-3, 500: 1e-8 + 9.9999e-4 * (1 + cos(pi / 3)) / 2, 625: 5.00005e-4, 1000: 1e-8,
            1100: 1e-8,
        },
        "fastai/fastai:fastai/callback/schedule.py",
    ),
    # The setting of the self-tuning baseline, a warmup of 2%; the search spaces also have 5%.
    "AlgoPerf, NAdamW on WMT": Row(
        lambda: js.warmup_cosine(
            peak_value=0.0017486387539278373,
            warmup_steps=js.steps_from_fraction(0.02, total_steps=120_000),
            total_steps=120_000,
        ),
        {
            0: 0, 1200: 0.00174863875393 / 2, 2400: 0.00174863875393, 61_200: 0.00174863875393 / 2,
            31_800: 0.00174863875393 * (1 + cos(pi / 4)) / 2, 120_000: 0, 130_000: 0,
        },
        "mlcommons/algorithmic-efficiency:prize_qualification_baselines/self_tuning/jax_nadamw_full_budget.py",
    ),
    # 9,765 updates of 4 epochs with 4 minibatches each, in optimizer steps; the last update still has a rate.
    "PPO on Atari": Row(
        lambda: js.every(js.Linear(2.5e-4, 0.0, 10_000_000 // (8 * 128)), 4 * 4),
        {
            0: 2.5e-4, 15: 2.5e-4, 16: 2.5e-4 * 9764 / 9765, 31_248: 2.5e-4 * 4 / 5, 78_112: 2.5e-4 * 4883 / 9765,
            156_239: 2.5e-4 / 9765, 156_240: 0, 160_000: 0,
        },
        "vwxyzjn/cleanrl:cleanrl/ppo_atari.py",
    ),
    "Epsilon of DQN on Atari": Row(
        lambda: js.Linear(1.0, 0.01, js.steps_from_fraction(0.1, total_steps=10_000_000)),
        {0: 1, 250_000: 0.7525, 500_000: 0.505, 1_000_000: 0.01, 10_000_000: 0.01},
        "vwxyzjn/cleanrl:cleanrl/dqn_atari.py",
    ),
    "Weight decay of DINO": Row(
        lambda: js.Cosine(0.04, 0.4, js.steps_from_epochs(100, samples=IMAGENET, batch_size=1024, drop_last=True)),
        {
            0: 0.04, 31_275: 0.4 - 0.36 * (1 + cos(pi / 4)) / 2, 62_550: 0.22,
            93_825: 0.4 - 0.36 * (1 - cos(pi / 4)) / 2, 125_100: 0.4, 130_000: 0.4,
        },
        "facebookresearch/dino:main_dino.py",
    ),
    # `np.linspace(0.04, 0.07, 37500)`, which ends one step early.
    "Teacher temperature of DINOv2": Row(
        lambda: js.Linear(0.04, 0.07, 30 * 1250 - 1),
        {
            0: 0.04, 10_000: 0.04 + 0.03 * 10_000 / 37_499, 20_000: 0.04 + 0.03 * 20_000 / 37_499,
            37_499: 0.07, 125_000: 0.07,
        },
        "facebookresearch/dinov2:dinov2/train/train.py",
    ),
    "Moving average of BYOL": Row(
        lambda: js.Cosine(0.996, 1.0, 1000 * IMAGENET // 4096),
        {
            0: 0.996, 78_196: 1 - 0.004 * (1 + cos(pi / 4)) / 2, 156_392: 0.998,
            234_588: 1 - 0.004 * (1 - cos(pi / 4)) / 2, 312_784: 1, 320_000: 1,
        },
        "google-deepmind/deepmind-research:byol/utils/schedules.py",
    ),
    "Momentum of modded-nanogpt": Row(
        lambda: js.Linear(0.85, 0.95, 500),
        {0: 0.85, 125: 0.875, 250: 0.9, 500: 0.95, 1875: 0.95},
        "KellerJordan/modded-nanogpt:train_gpt2.py",
    ),
    # In the 10,000 steps of above.
    "Momentum of nanochat": Row(
        lambda: js.PiecewiseInterpolate([0, 400, 3500, 10_000], [0.85, 0.97, 0.97, 0.9]),
        {0: 0.85, 200: 0.91, 400: 0.97, 2000: 0.97, 3500: 0.97, 6750: 0.935, 10_000: 0.9, 11_000: 0.9},
        "karpathy/nanochat:scripts/base_train.py",
    ),
    # M = 4 cycles, of which half goes up, in a run of 40,000 steps.
    "Cyclical weight of a KL term": Row(
        lambda: js.repeat(js.Linear(0.0, 1.0, 5000), 10_000, count=4),
        {0: 0, 2500: 0.5, 5000: 1, 9999: 1, 10_000: 0, 15_000: 1, 31_250: 0.25, 39_999: 1, 50_000: 1},
        "haofuml/cyclical_annealing:README.md; arXiv:1903.10145",
    ),
}  # fmt: skip

RECIPES = LANGUAGE | SPEECH | VISION | ELSEWHERE


@pytest.mark.parametrize("row", RECIPES.values(), ids=RECIPES)
def test_a_published_schedule_has_the_values_that_follow_from_its_publication(row: Row):
    steps, expected = np.array(list(row.values)), np.array(list(row.values.values()), float)
    life = np.linspace(0, steps.max(), 4000).astype(int)
    values = np.asarray(row.make()(np.concatenate([steps, life])))
    np.testing.assert_allclose(values[: len(steps)], expected, rtol=RTOL, err_msg=row.source)
    np.testing.assert_allclose([values.min(), values.max()], [expected.min(), expected.max()], rtol=RTOL)


def test_at_least_thirty_published_schedules_are_checked_each_with_its_source():
    assert len(RECIPES) == sum(map(len, (LANGUAGE, SPEECH, VISION, ELSEWHERE))) >= 30
    assert all(row.source and len(row.values) >= 5 for row in RECIPES.values())
