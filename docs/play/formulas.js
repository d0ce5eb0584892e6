"use strict";
// The recipes of jaxsched, as plain formulas: from the arguments to a function of the step. A test compares the values.

const half = (u) => Math.sin((Math.PI * u) / 2) ** 2;

// From a to b, of which the part u is left, and which takes T steps.
const SHAPES = {
  linear: (a, b, u) => b + (a - b) * u,
  cosine: (a, b, u) => b + (a - b) * half(u),
  mirror_cosine: (a, b, u) => b + (a - b) * (2 * u - half(u)),
  one_minus_sqrt: (a, b, u) => b + (a - b) * (1 - Math.sqrt(1 - u)),
  one_minus_square: (a, b, u) => b + (a - b) * (1 - (1 - u) ** 2),
  exponential: (a, b, u) => b + (a - b) * (2 * 0.5 ** (1 - u) - 1),
  geometric: (a, b, u) => a ** u * b ** (1 - u),
  inverse_root: (a, b, u) => a + ((b - a) * (1 / Math.sqrt(1 + 10 * (1 - u)) - 1)) / (1 / Math.sqrt(11) - 1),
  rex: (a, b, u) => b + ((a - b) * u) / (0.5 + 0.5 * u),
  logarithmic: (a, b, u, T) => b + ((a - b) * Math.log(1 + T * u)) / Math.log(1 + T),
};

const ramp = (shape, a, b, T) => (t) => (t >= T ? b : SHAPES[shape](a, b, (T - t) / T, T));
const constant = (value) => () => value;

// One after another; each sees its own step 0.
const sequence = (parts, durations) => (t) => {
  let i = 0;
  for (; i < durations.length && t >= durations[i]; i++) t -= durations[i];
  return parts[i](t);
};

// A warmup is a shape of a cooldown, run backwards.
const warmup = ({ warmup: shape = "linear", first = "zero", init_value: a = 0, peak_value: b, warmup_steps: W }) => {
  if (shape === "constant") return constant(a);
  const rise = (t) => (t >= W ? b : SHAPES[shape](b, a, t / W, W));
  return first === "zero" ? rise : (t) => rise(t + 1);
};
const warmupThen = (p, then) => sequence([warmup(p), then], [p.warmup_steps]);
const left = (p) => p.total_steps - p.warmup_steps;

const decayed = (p) => (t) => {
  const u = t / p.transition_steps;
  const value = p.peak_value * p.decay_rate ** (p.staircase ? Math.floor(u) : u);
  if (p.end_value === null) return value;
  return p.decay_rate < 1 ? Math.max(value, p.end_value) : Math.min(value, p.end_value);
};

const flatTop = (p, cooldown) => {
  const stable = p.total_steps - p.warmup_steps - p.cooldown_steps;
  const fall = ramp(cooldown, p.peak_value, p.end_value, p.cooldown_steps);
  return sequence([warmup(p), constant(p.peak_value), fall], [p.warmup_steps, stable]);
};

const restarts = (p) => (t) => {
  let [T, top, i] = [p.period_steps, p.peak_value, 0];
  const [growth, decay, cycles] = [p.growth ?? 1, p.decay ?? 1, p.cycles ?? Infinity];
  for (; i < cycles && t >= T; i++) [t, T, top] = [t - T, T * growth, top * decay];
  return i < cycles && T > 0 ? ramp("cosine", top, p.end_value, T)(t) : p.end_value;
};

const RECIPES = {
  warmup_cosine: (p) =>
    warmupThen(p, (t) => p.end_value + (p.peak_value - p.end_value) * ramp("cosine", 1, 0, left(p))(t) ** (p.exponent ?? 1)),
  wsd: (p) => flatTop(p, p.cooldown),
  warmup_linear: (p) => warmupThen(p, ramp("linear", p.peak_value, p.end_value, left(p))),
  warmup_constant: (p) => warmupThen(p, constant(p.peak_value)),
  warmup_polynomial: (p) =>
    warmupThen(p, (t) => p.end_value + (p.peak_value - p.end_value) * ramp("linear", 1, 0, left(p))(t) ** p.power),
  warmup_exponential: (p) => warmupThen(p, decayed(p)),
  warmup_step: (p) =>
    warmupThen(p, (t) => p.peak_value * p.factor ** Math.floor((t + p.warmup_steps) / p.step_size)),
  inverse_sqrt: (p) => {
    const tau = p.timescale ?? p.warmup_steps;
    const whole = warmupThen(p, (t) => p.peak_value / Math.sqrt(1 + t / tau));
    if (p.cooldown_steps === null) return whole;
    return (t) => whole(t) * Math.max(0, Math.min(1, (p.total_steps - t) / p.cooldown_steps || 0));
  },
  onecycle: (p) => {
    const init = p.init_value ?? p.peak_value / 25;
    const end = p.end_value ?? init / 10000;
    const rise = ramp(p.ramp, init, p.peak_value, p.warmup_steps);
    if (!p.three_phase) return sequence([rise, ramp(p.ramp, p.peak_value, end, left(p))], [p.warmup_steps]);
    const fall = ramp(p.ramp, p.peak_value, init, p.warmup_steps);
    const tail = ramp(p.ramp, init, end, p.total_steps - 2 * p.warmup_steps);
    return sequence([rise, fall, tail], [p.warmup_steps, p.warmup_steps]);
  },
  sgdr: (p) => warmupThen(p, restarts(p)),
  tri_stage: (p) => flatTop(p, "geometric"),
  trapezoid: (p) => flatTop({ ...p, end_value: 0 }, "linear"),
  infinite: (p) => {
    const stable = p.total_steps - p.warmup_steps - p.decay_steps - p.cooldown_steps;
    const fall = ramp(p.decay, p.peak_value, p.constant_value, p.decay_steps);
    const tail = ramp(p.cooldown, p.constant_value, p.end_value, p.cooldown_steps);
    return sequence([warmup(p), fall, constant(p.constant_value), tail], [p.warmup_steps, p.decay_steps, stable]);
  },
  power: (p) => {
    const rate = (t) => p.peak_value * Math.min(1, (t / p.timescale) ** -p.power);
    const at = p.total_steps - p.cooldown_steps;
    const rise = warmup({ ...p, peak_value: rate(p.warmup_steps) });
    const whole = (t) => (t < p.warmup_steps ? rise(t) : rate(t));
    return (t) => (t < at ? whole(t) : ramp(p.cooldown, whole(at), p.end_value, p.cooldown_steps)(t - at));
  },
  noam: (p) => (t) => (p.scale / Math.sqrt(p.model_size)) * Math.min((t + 1) ** -0.5, (t + 1) * p.warmup_steps ** -1.5),
  slanted_triangular: (p) => {
    const init = p.init_value ?? p.peak_value / 32;
    const rise = ramp("linear", init, p.peak_value, p.warmup_steps);
    return sequence([rise, ramp("linear", p.peak_value, init, left(p))], [p.warmup_steps]);
  },
  exponential_range_test: (p) => ramp("geometric", p.init_value, p.end_value, p.total_steps),
};

if (typeof module !== "undefined") module.exports = { RECIPES, SHAPES };
