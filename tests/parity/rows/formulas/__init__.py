"""Trainers and libraries that are compared by their formulas, written down in NumPy from their code."""

from tests.parity.rows.formulas import (
    big_vision,
    composer,
    deepspeed,
    fairseq,
    fastai,
    google,
    ignite,
    levanter,
    maxtext,
    megatron,
    mmengine,
    nemo,
    olmo_core,
    others,
    paddle,
    parameter_schedulers,
    praxis,
)
from tests.parity.rows.formulas.row import FormulaRow


TRAINERS = [deepspeed, megatron, fairseq, composer, ignite, mmengine, olmo_core, maxtext]
LIBRARIES = [fastai, paddle, praxis, levanter, big_vision, nemo, parameter_schedulers, google, others]

ROWS: list[FormulaRow] = [row for module in (*TRAINERS, *LIBRARIES) for row in module.ROWS]
