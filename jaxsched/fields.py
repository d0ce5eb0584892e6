"""What the fields of a schedule of your own hold, where `float` and `int` do not say enough.

    from jaxsched.fields import Period, TimeConstant

    class Wobble(js.Schedule):
        init_value: float          # a value
        warmup_steps: int          # a length: `Length`
        wave: Period               # 5 steps are 2.5 in half of the time
        decay: TimeConstant

All of these but `Count` may be whole or real. In the formula, they are integers as the step is; or, once one of them is
real or the step is, floats as the step is. They differ in how they are stretched to another horizon.
"""

from typing import Annotated, Any

from jaxsched._typing import COUNT, PLAIN_LENGTH, Spec


Length = Annotated[Any, PLAIN_LENGTH]
"""A number of steps, as `int` is: a phase, a boundary. Stretched, a whole one goes to the nearest whole step."""

Period = Annotated[Any, Spec("period", minimum=0, plain=True)]
"""The steps after which something begins again. Stretched, it is scaled exactly."""

TimeConstant = Annotated[Any, Spec("time", minimum=0, positive=True, plain=True)]
"""The steps in which something grows or decays; not 0, as far as that is known. Stretched, it is scaled exactly."""

Count = Annotated[Any, COUNT]
"""How often: a whole number, which is not stretched."""
