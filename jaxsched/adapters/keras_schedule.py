"""The class of Keras that has our values. To load a model that was saved with it, import this first."""

from typing import Any

import keras
import numpy as np

from jaxsched._text.reading import loads


@keras.saving.register_keras_serializable(package="jaxsched")
class KerasSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of ours in Keras, made by `to_keras`.

    On JAX it is a part of the compiled training step. On another backend the value is computed on the host at each
    step; PyTorch allows that, and TensorFlow where the model is compiled with `run_eagerly=True`.

    Args:
        schedule: its text, of `dumps`.

    Raises:
        NotImplementedError: when called inside of a program of TensorFlow.
    """

    def __init__(self, schedule: str):
        self.text, self.schedule = schedule, loads(schedule)

    def __call__(self, step: Any) -> Any:
        """The value at a step, in the backend of Keras; a float step counts as the whole step in which it lies."""
        step = keras.ops.cast(step, "int32")
        if keras.backend.backend() == "jax":
            return self.schedule(step)
        try:
            known: Any = keras.ops.convert_to_numpy(step)
        except NotImplementedError:
            hint = "compile the model with run_eagerly=True, or run Keras on JAX or PyTorch"
            rule = "the step must be known, and TensorFlow traces it"
            raise NotImplementedError(f"KerasSchedule: {rule}: {hint}.") from None
        return keras.ops.convert_to_tensor(np.asarray(self.schedule(known)))

    def get_config(self) -> dict[str, str]:
        """Its text."""
        return {"schedule": self.text}
