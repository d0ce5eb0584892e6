"""Six configurations as people have them, read by the adapters; and our curve over theirs.

    pip install -e '.[parity,plot]' && python examples/migrate.py

Writes `migrate.png` beside this file, and prints the line to keep of each.
"""

import json
import math
import os
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np


os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import keras
import optax
import torch
import transformers
import yaml
from matplotlib.ticker import MaxNLocator
from timm.scheduler.scheduler_factory import create_scheduler_v2

import jaxsched as js
from jaxsched.adapters import optax as our_optax
from jaxsched.adapters.keras import from_keras
from jaxsched.adapters.timm import from_timm
from jaxsched.adapters.torch import from_torch
from jaxsched.adapters.transformers import from_transformers


Case = tuple[np.ndarray, js.Schedule]
"""What each step of a run uses there, and the schedule here."""

OLYMPIC_CODER = """
{"model_name_or_path": "Qwen/Qwen2.5-Coder-7B-Instruct", "learning_rate": 1.0e-05, "warmup_ratio": 0.03,
 "lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": {"min_lr_rate": 0.1}, "max_steps": 2500}
"""  # open-r1, recipes/OlympicCoder-7B

DEIT = """
model: deit_small_patch16_224
lr: 0.001
sched: cosine
epochs: 300
warmup_epochs: 5
warmup_lr: 1.0e-06
min_lr: 1.0e-05
cooldown_epochs: 10
"""  # the arguments of DeiT, as timm writes them to args.yaml

DEEPSPEED = """
{"scheduler": {"type": "WarmupDecayLR", "params":
 {"warmup_min_lr": 0, "warmup_max_lr": 3e-5, "warmup_num_steps": 500, "total_num_steps": 5000}}}
"""

SAVED = keras.optimizers.schedules.serialize(
    keras.optimizers.schedules.CosineDecay(0.0, decay_steps=9000, alpha=0.05, warmup_target=1e-3, warmup_steps=1000)
)  # as it is in the config of a saved model


def sgd(lr: float) -> Any:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)


def stepped(scheduler: Any, steps: int) -> np.ndarray:
    """What a loop of PyTorch uses, that calls `scheduler.step()` after each update."""
    used = []
    for _ in range(steps):
        used.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return np.asarray(used)


def in_a_notebook() -> Case:
    """PyTorch: an object, made by somebody else."""
    scheduler = torch.optim.lr_scheduler.OneCycleLR(sgd(0.1), max_lr=0.1, steps_per_epoch=390, epochs=15)
    ours = from_torch(scheduler, "lr")
    return stepped(scheduler, 390 * 15), ours


def of_a_training() -> Case:
    """Transformers: the arguments of a training, in JSON."""
    config = json.loads(OLYMPIC_CODER)
    steps = config["max_steps"]
    phases = {"num_warmup_steps": math.ceil(config["warmup_ratio"] * steps), "num_training_steps": steps}
    name, words = config["lr_scheduler_type"], config["lr_scheduler_kwargs"]
    theirs = transformers.get_scheduler(name, sgd(config["learning_rate"]), **phases, scheduler_specific_kwargs=words)
    ours = from_transformers(name, learning_rate=config["learning_rate"], **phases, **words)
    return stepped(theirs, steps), ours


def of_arguments() -> Case:
    """timm: the arguments of a script, in YAML; a scheduler of epochs."""
    args, updates_per_epoch = yaml.safe_load(DEIT), 1251
    names = {"sched": "sched", "epochs": "num_epochs", "warmup_epochs": "warmup_epochs", "warmup_lr": "warmup_lr"}
    words = {theirs: args[name] for name, theirs in names.items()} | {"min_lr": args["min_lr"]}
    made: tuple[Any, int] = create_scheduler_v2(sgd(args["lr"]), **words)
    scheduler, epochs = made
    ours = from_timm(scheduler, updates_per_epoch=updates_per_epoch)
    used = []
    for epoch in range(epochs):
        used.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.step(epoch + 1)
    return np.repeat(used, updates_per_epoch), ours


def of_a_saved_model() -> Case:
    """Keras: what is in a saved model."""
    theirs = keras.optimizers.schedules.deserialize(SAVED)
    return np.asarray(jax.jit(jax.vmap(theirs))(np.arange(10_000))), from_keras(SAVED)


def create_learning_rate_fn(optax: Any) -> Any:
    """optax: the code of a script, in which another import is all that changes."""
    warmup, total = 5 * 1251, 100 * 1251
    rise = optax.linear_schedule(init_value=0.0, end_value=0.1, transition_steps=warmup)
    fall = optax.cosine_decay_schedule(init_value=0.1, decay_steps=total - warmup)
    return optax.join_schedules(schedules=[rise, fall], boundaries=[warmup])


def in_code() -> Case:
    theirs, ours = create_learning_rate_fn(optax), create_learning_rate_fn(our_optax)
    return np.asarray(theirs(np.arange(100 * 1251))), ours


def of_a_trainer() -> Case:
    """DeepSpeed: its JSON, and the line for `WarmupDecayLR` on the page of migration."""
    params = json.loads(DEEPSPEED)["scheduler"]["params"]
    peak, warmup, total = params["warmup_max_lr"], params["warmup_num_steps"], params["total_num_steps"]
    t = np.arange(total)
    theirs = peak * np.where(t < warmup, np.log(t + 1) / np.log(warmup), (total - t) / (total - warmup))
    rise = js.warmup_constant(peak_value=peak, warmup_steps=warmup - 1, warmup="logarithmic")
    return theirs, js.join_schedules([rise, js.Linear(peak, 0.0, total - warmup)], [warmup])


CASES = {
    "PyTorch: an object in a notebook": in_a_notebook,
    "Transformers: the JSON of a training": of_a_training,
    "timm: the arguments of a script, in YAML": of_arguments,
    "Keras: in a saved model": of_a_saved_model,
    "optax: code": in_code,
    "DeepSpeed: its JSON, by formula": of_a_trainer,
}


def main() -> None:
    figure, axes = plt.subplots(2, 3, figsize=(12, 5.6), layout="constrained")
    for (title, case), axis in zip(CASES.items(), axes.flat, strict=True):
        theirs, ours = case()
        values = js.evaluate(ours, len(theirs))
        apart = np.abs(values - theirs).max() / np.abs(theirs).max()
        print(f"{title}: apart by {apart:.0e} of the peak at most, in {len(theirs):,} steps\n    {js.dumps(ours)}")
        axis.plot(theirs, color="#e3a08f", lw=6, label="theirs")
        axis.plot(values, color="#3b6ea8", lw=1.4, label="ours")
        axis.set_title(title, loc="left", size=10)
        axis.set_ylim(bottom=0)
        axis.spines[["top", "right"]].set_visible(False)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    axes.flat[0].legend(frameon=False)
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
