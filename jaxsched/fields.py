"""What the fields of a schedule hold, word by word, where `float` and `int` do not say enough.

    from typing import Literal

    import jaxsched as js
    from jaxsched.fields import Factor, Period, TimeConstant

    class Wobble(js.Schedule):
        init_value: float              # a value, as `Value` is
        warmup_steps: int              # a length, as `Length` is, and `int | float`
        period_steps: Period           # 5 steps are 2.5 in half of the time
        decay: TimeConstant            # not 0
        factor: Factor                 # not negative
        inner: js.Schedule             # or a number, which is a constant; several are a `tuple[js.Schedule, ...]`
        staircase: bool                # structure: another one is another program
        mode: Literal["up", "down"]    # structure, and one of these words; anything else need only be hashable

        def check(self): ...           # the rules between fields, if there are some
        def formula(self, step): ...

A number that is given is checked by the rule of its word, and an error names the field. Any number may be an array, in
which case the schedule is a stack.

Lengths, periods, time constants and ratios may be whole or real. In the formula they are integers as the step is; or,
once one of them is real or the step is, floats as the step is. They differ in how they are stretched to another
horizon.
"""

from typing import Annotated

from jaxsched._typing import COUNT, LENGTH, LENGTHS, VALUE, Amount, Amounts, Number, Numbers, Spec, Whole


Value = Annotated[Number, VALUE]
"""A value: absolute, never a ratio."""

Rate = Annotated[Number, Spec(minimum=0)]
"""A power, or a rate: not negative."""

Factor = Annotated[Amount, Spec(minimum=0, paired=True)]
"""A factor that is applied again and again: not negative, and held with the precision in which it is given."""

Growth = Annotated[Amount, Spec(minimum=1, paired=True)]
"""A factor that does not shrink."""

Length = Annotated[Amount, LENGTH]
"""A number of steps, 0 or more: a phase, a boundary. Stretched, a whole one goes to the nearest whole step."""

PositiveLength = Annotated[Amount, Spec("length", minimum=0, positive=True)]
"""A number of steps, and not 0."""

Offset = Annotated[Amount, Spec("length")]
"""A number of steps that may be negative."""

Period = Annotated[Amount, Spec("period", minimum=0)]
"""The steps after which something begins again, 0 or more. Stretched, it is scaled exactly."""

Time = Annotated[Amount, Spec("time", minimum=0)]
"""A time in steps, real by nature, 0 or more. Stretched, it is scaled exactly."""

TimeConstant = Annotated[Amount, Spec("time", minimum=0, positive=True)]
"""The steps in which something grows or decays; not 0, as far as that is known. Stretched, it is scaled exactly."""

Ratio = Annotated[Amount, Spec("ratio", minimum=1)]
"""A factor of lengths that does not shrink."""

Count = Annotated[Whole, COUNT]
"""How often: a whole number, 0 or more, which is not stretched."""

PositiveCount = Annotated[Whole, Spec("count", minimum=1)]
"""How often, and not never."""

Cycles = Annotated[Whole, Spec("count", minimum=0, unit="cycles")]
"""A number of cycles."""

Values = Annotated[Numbers, Spec(ndim=1)]
"""A table of values."""

Lengths = Annotated[Amounts, LENGTHS]
"""A table of lengths, or of steps in any order."""

Boundaries = Annotated[Amounts, Spec("length", ndim=1, minimum=0, increasing=True)]
"""The steps at which the next piece begins, in increasing order."""
