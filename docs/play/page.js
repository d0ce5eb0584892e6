"use strict";
// The page: arguments on the left, curves on the right. ARGUMENTS is written into the page from the signatures.

const COLORS = ["#3b6ea8", "#c4553b", "#3f8a5c", "#8a5aa3", "#b07d1e", "#2f8a93"];
const WORDS = { warmup: ["constant", ...Object.keys(SHAPES)], first: ["zero", "one_over_n"] };
const STARTS = {
  peak_value: 3e-4, warmup_steps: 500, total_steps: 10000, cooldown_steps: 2000, constant_value: 1e-4, decay_steps: 4000,
  period_steps: 2500, transition_steps: 2000, decay_rate: 0.5, step_size: 2500, factor: 0.5, power: 1, timescale: 2000,
  model_size: 512, init_value: 1e-6, end_value: 1e-5,
};
const RANGES = {
  value: { log: true, least: 1e-7, most: 1 }, steps: { least: 0, most: 20000, whole: true }, size: { log: true, least: 16, most: 16384, whole: true },
  factor: { least: 0, most: 1 }, power: { least: 0, most: 5 }, growth: { least: 1, most: 4 }, cycles: { least: 1, most: 20, whole: true },
};
const KINDS = {
  decay_rate: "factor", factor: "factor", decay: "factor", power: "power", exponent: "power", growth: "growth", cycles: "cycles",
  timescale: "steps", step_size: "steps", model_size: "size", scale: "power",
};
const kindOf = (recipe, name) => {
  if (name === "first" || name === "staircase" || name === "three_phase") return name === "first" ? "word" : "flag";
  if (["warmup", "cooldown", "ramp"].includes(name) || (name === "decay" && recipe === "infinite")) return "word";
  return KINDS[name] ?? (name.endsWith("_value") ? "value" : "steps");
};

const byId = (id) => document.getElementById(id);
const state = { recipe: "warmup_cosine", given: {}, kept: [] };

function argumentsOf(recipe, given) {
  return Object.fromEntries(ARGUMENTS[recipe].map(([name, byDefault]) => [name, given[name] ?? byDefault]));
}

function lineOf(recipe, given) {
  const shown = ARGUMENTS[recipe].filter(([name, byDefault]) => (given[name] ?? byDefault) !== byDefault);
  const word = (x) => (typeof x === "boolean" ? (x ? "True" : "False") : typeof x === "string" ? JSON.stringify(x) : String(x));
  return `${recipe}(${shown.map(([name]) => `${name}=${word(given[name])}`).join(", ")})`;
}

function checks(p, values) {
  const found = [];
  const phases = (p.warmup_steps ?? 0) + (p.decay_steps ?? 0) + (p.cooldown_steps ?? 0);
  if (p.total_steps != null && phases > p.total_steps) found.push("The phases are longer than the run.");
  if (p.three_phase && 2 * p.warmup_steps > p.total_steps) found.push("The way up and down is longer than the run.");
  if (values.some((x) => !Number.isFinite(x))) found.push("A value is not finite: a geometric ramp needs ends that are not 0.");
  if (p.end_value > p.peak_value) found.push("The end is above the peak.");
  return found;
}

function horizonOf(p) {
  if (p.total_steps) return p.total_steps;
  return Math.max(10, 4 * Math.max(p.warmup_steps ?? 0, p.period_steps ?? 0, p.transition_steps ?? 0, p.step_size ?? 0, p.timescale ?? 0));
}

const short = (x) => (x === 0 ? "0" : Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5 ? x.toExponential(2) : String(+x.toPrecision(4)));

function draw() {
  const now = { recipe: state.recipe, given: state.given };
  const all = [...state.kept, now].map(({ recipe, given }) => {
    const p = argumentsOf(recipe, given);
    return { recipe, given, p, curve: RECIPES[recipe](p), horizon: horizonOf(p) };
  });
  const last = Math.max(...all.map((x) => x.horizon));
  const log = byId("log").checked;
  for (const each of all) {
    const step = Math.max(1, Math.floor(last / 2000));
    each.steps = [];
    for (let t = 0; t <= last; t += step) each.steps.push(t);
    each.values = each.steps.map(each.curve);
  }
  const finite = all.flatMap((x) => x.values).filter((x) => Number.isFinite(x) && (!log || x > 0));
  const high = Math.max(...finite, 1e-12);
  const low = log ? Math.max(Math.min(...finite), high * 1e-6) : Math.min(0, ...finite);
  const W = Math.max(320, byId("chart").clientWidth); // so that letters are as large on a phone
  const [H, L, R, T, B] = [Math.max(220, Math.round(W / 2)), 62, 14, 14, 30];
  byId("chart").setAttribute("viewBox", `0 0 ${W} ${H}`);
  const x = (t) => L + ((W - L - R) * t) / last;
  const scaled = (v) => (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
  const y = (v) => H - B - (H - T - B) * Math.min(1.02, Math.max(0, scaled(v)));
  const ticks = log ? [low, Math.sqrt(low * high), high] : [low, (low + high) / 2, high];
  const grid = ticks.map((v) => `<line x1="${L}" x2="${W - R}" y1="${y(v)}" y2="${y(v)}" stroke="var(--line)"/><text x="${L - 6}" y="${y(v) + 4}" text-anchor="end">${short(v)}</text>`);
  const below = [0, last / 2, last].map((t, i) => `<text x="${x(t)}" y="${H - 8}" text-anchor="${["start", "middle", "end"][i]}">${Math.round(t).toLocaleString("en")}</text>`);
  const lines = all.map(({ steps, values }, i) => {
    const points = steps.map((t, j) => (Number.isFinite(values[j]) ? `${x(t).toFixed(1)},${y(values[j]).toFixed(1)}` : "")).filter(Boolean);
    return `<polyline fill="none" stroke="${COLORS[i]}" stroke-width="2" stroke-linejoin="round" points="${points.join(" ")}"/>`;
  });
  byId("chart").innerHTML = [...grid, ...below, ...lines].join("");

  const { p, curve, values, horizon } = all[all.length - 1];
  byId("line").textContent = lineOf(state.recipe, state.given);
  const marks = new Map([[0, "start"], [p.warmup_steps ?? 0, "after the warmup"], [horizon, "end"]]);
  if (p.cooldown_steps) marks.set(p.total_steps - p.cooldown_steps, "the cooldown begins");
  const rows = [...marks].sort((a, b) => a[0] - b[0]).map(([t, name]) => `<tr><td>${t.toLocaleString("en")}</td><td>${short(curve(t))}</td><td>${name}</td></tr>`);
  byId("marks").innerHTML = rows.join("");
  const note = values[0] === 0 ? "<p>The value at step 0 is 0, so the first update changes nothing.</p>" : "";
  byId("checks").innerHTML = checks(p, values).map((text) => `<p class="off">${text}</p>`).join("") + note;
  byId("kept").innerHTML = all.map((each, i) => {
    const button = i < state.kept.length ? `<button data-drop="${i}" aria-label="remove">×</button>` : "";
    return `<li><span style="background:${COLORS[i]}"></span><span>${lineOf(each.recipe, each.given)}</span>${button}</li>`;
  }).join("");
  byId("keep").disabled = state.kept.length >= COLORS.length - 1;
}

const toSlider = (range, v) => (range.log ? Math.log(Math.max(v, range.least) / range.least) / Math.log(range.most / range.least) : (v - range.least) / (range.most - range.least));
const fromSlider = (range, s) => {
  const v = range.log ? range.least * (range.most / range.least) ** s : range.least + (range.most - range.least) * s;
  return range.whole ? Math.round(v) : +v.toPrecision(3);
};

function controls() {
  const form = byId("arguments");
  form.replaceChildren();
  for (const [name, byDefault] of ARGUMENTS[state.recipe]) {
    const kind = kindOf(state.recipe, name);
    const label = document.createElement("label");
    label.append(document.createElement("span"));
    label.firstChild.textContent = name;
    const set = (value) => { state.given[name] = value; draw(); };
    if (kind === "word") {
      const select = document.createElement("select");
      for (const word of WORDS[name] ?? Object.keys(SHAPES)) select.add(new Option(word, word, false, word === (state.given[name] ?? byDefault)));
      select.onchange = () => set(select.value);
      label.append(select);
    } else if (kind === "flag") {
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: state.given[name] ?? byDefault });
      box.onchange = () => set(box.checked);
      label.append(box);
    } else {
      const range = RANGES[kind];
      const value = state.given[name] ?? byDefault;
      const text = Object.assign(document.createElement("input"), { type: "text", inputMode: "decimal", value: value ?? "", placeholder: "None" });
      const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 1, step: 0.001, value: toSlider(range, value ?? range.least) });
      slider.setAttribute("aria-label", name);
      slider.oninput = () => { const v = fromSlider(range, +slider.value); text.value = v; set(v); };
      text.onchange = () => {
        const typed = text.value.trim() === "" ? byDefault : Number(text.value);
        if (typed === undefined || Number.isNaN(typed)) return;
        slider.value = toSlider(range, typed ?? range.least);
        set(typed);
      };
      label.append(text, slider);
    }
    form.append(label);
  }
}

function choose(recipe, given) {
  state.recipe = recipe;
  state.given = given ?? {};
  for (const [name, byDefault] of ARGUMENTS[recipe]) if (byDefault === undefined && state.given[name] === undefined) state.given[name] = STARTS[name];
  byId("recipe").value = recipe;
  controls();
  draw();
}

function begin() {
  for (const recipe of Object.keys(ARGUMENTS)) byId("recipe").add(new Option(recipe, recipe));
  byId("recipe").onchange = () => choose(byId("recipe").value);
  byId("log").onchange = draw;
  byId("keep").onclick = () => { state.kept.push({ recipe: state.recipe, given: { ...state.given } }); draw(); };
  byId("copy").onclick = async () => {
    await navigator.clipboard.writeText(`js.${byId("line").textContent}`);
    byId("copy").textContent = "Copied";
    setTimeout(() => (byId("copy").textContent = "Copy"), 1200);
  };
  byId("kept").onclick = (event) => {
    const i = event.target.dataset.drop;
    if (i !== undefined) { state.kept.splice(+i, 1); draw(); }
  };
  window.onresize = draw;
  choose("warmup_cosine");
}

begin();
