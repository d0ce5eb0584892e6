"""Choose a schedule without a training.

from jaxsched.scoring import ConvexBound, rank

rank(ConvexBound(), {"cosine": js.Cosine(1.0, 0.0, 400), "constant": js.Constant(1.0)}, total_steps=400)
"""

from jaxsched._public import publish
from jaxsched.scoring.convex import ConvexBound as ConvexBound, Terms as Terms
from jaxsched.scoring.fitting import Fit as Fit, fit as fit
from jaxsched.scoring.power_law import MultiPowerLaw as MultiPowerLaw


__all__ = list(publish(__name__, globals(), ()))  # pyright: ignore[reportUnsupportedDunderAll]
