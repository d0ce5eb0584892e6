"""Arithmetic that stays exact, finite and differentiable in float32, where the obvious formulas do not.

`1 - t / T` looks harmless. XLA turns it into `1 - t * (1 / T)`, and fuses the subtraction. At the end of a run of 3
steps it is then -3·10⁻⁸ and not 0, and `(1 - t / T) ** 0.5` is NaN. Of a run of 2³⁰ steps, float32 cannot hold t, and
it is 0 from 32 steps before the end. Three ideas are enough against that, and they are all there is in this chapter.

**Whole steps** (`counts`). Steps and lengths stay integers as long as they can, for integers are exact. The steps that
are left, T - t, are exact; (T - t) / T is then rounded once. At step 3 of 3 it is 0 / 3 = 0, whatever is fused. At
step 2³⁰ - 5 of 2³⁰ it is 5 / 2³⁰, and not 0.

**Doubles, once per configuration** (`doubles`). What a float cannot hold of a number is held in a second one. A decay
of 0.999999 per step is 0.99999899 as float32, and after 10⁷ steps that is 12% off. As a double it is right to the last
bit, also after 2³¹ steps. Doubles cost ten times as much as floats, so only numbers of a configuration are doubles,
such as the logarithm of a rate. At a step, one product with a count is left, and that is taken apart so that nothing
of it is lost (`exponentials`). Where cycles grow by a fraction, doubles are needed at every step (`cycles`).

**Parts from the nearer end** (`ways`). A float is as exact near 0 as far from it, but the difference of two is not. At
step 999 of 1,000, a cosine from 1 to 0 is 2.4674·10⁻⁶; ½ (1 + cos πt/T) gives 2.4736·10⁻⁶, two digits of seven. So a
curve measures from the end at which the value is nearer to 0: sin²(π/2 · 1/1000), where 1 is the steps that are left.

A length may also be real, 7½ steps, and then it is to have a gradient. It is a double: as a float32, a period of
1600/7 steps is 2·10⁻⁶ too short, and the 100,000th begins a fifth of a step too early. What is left of a length is a
difference of doubles, rounded once. The value is then right to a part in 10⁷ of the range, and no longer to the last
bit of itself. Who writes a curve does not see which of the two a length is: `counts` and `ways` take both.

What else there is to know:

- Ends are selected and not computed.
- Wherever a branch of `where` could be infinite, its argument is replaced before (the double `where`), because the
  gradient of a branch that is not taken is still multiplied by 0.
- A table of values is one loop that writes memory as fast as it can be filled, as long as it calls no library: XLA:CPU
  has scalar ones for `cos`, `pow` and `expm1`, and integers are divided one by one. The short polynomials here are
  faster and more exact. They have the form x + x² R(x), so that the value rises wherever x does: a curve that should
  fall is not to wobble.
- What depends on a configuration alone costs nothing at a step, but compiles as long as what does not. XLA:CPU makes a
  program of its own of each quotient, root or power of such numbers, which takes as long as a whole line. So there are
  products instead, and `inverse`.
- XLA:CPU stores a quotient of two tables, or a root, that is used twice, and reads it again. So a curve uses it once,
  or divides 1 by a table.

Every function here takes and returns scalars or arrays alike, and has a plain NumPy twin in the tests.
"""
