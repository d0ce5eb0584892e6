"""Choose a schedule without a training: laws that predict, from all of its values, how a run will end.

They are oracles, and no trainings. A law was found on other runs than yours, so take what it ranks first as what to try
first. `ConvexBound` needs nothing: it is a bound of convex optimisation, which orders schedules of one peak as language
models do. `MultiPowerLaw` needs a few short runs of yours, to which `fit` finds its constants; it predicts losses.

    from jaxsched.scoring import ConvexBound, rank

    candidates = {"linear": js.Linear(1.0, 0.0, 400), "cosine": js.Cosine(1.0, 0.0, 400)}
    print(rank(ConvexBound(), candidates, total_steps=400).to_pandas())

Both have `law.score(schedule, total_steps)`, less of which is better: for a schedule, a stack, or a list of any kinds;
thousands are one program. It is differentiable in every number of a schedule, so a schedule can be tuned on it, as
`examples/score_and_tune.py` does. `rank` takes whatever else has such a method.
"""

from jaxsched._public import publish
from jaxsched.scoring.convex import ConvexBound as ConvexBound, Terms as Terms
from jaxsched.scoring.fitting import Fit as Fit, fit as fit
from jaxsched.scoring.power_law import MultiPowerLaw as MultiPowerLaw
from jaxsched.scoring.ranking import Law as Law, rank as rank


__all__ = list(publish(__name__, globals(), ()))  # pyright: ignore[reportUnsupportedDunderAll]
