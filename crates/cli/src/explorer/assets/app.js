"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const stored = window.alignlossStored || null;
  const REST_MS = 180;
  let about;
  let state;
  const drawn = {};
  const last = {};

  // --- answers -----------------------------------------------------------------------------------

  /** Asks this page's server. */
  async function askServer(kind, question) {
    const response = await fetch(`api/${kind}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error || response.statusText);
    return answer;
  }

  const models = new Map();
  if (stored) {
    stored.receive = (name, content) => models.get(name).resolve(content);
  }

  /** The stored answers of one model, loaded once. */
  function loadModel(name) {
    if (!models.has(name)) {
      const entry = {};
      entry.content = new Promise((resolve, reject) => {
        entry.resolve = resolve;
        const script = document.createElement("script");
        script.src = `data/model-${name}.js`;
        script.onerror = () => reject(new Error(`data/model-${name}.js is missing`));
        document.head.append(script);
      });
      models.set(name, entry);
    }
    return models.get(name).content;
  }

  /** Puts the shared parts of a stored answer back in place. */
  function restore(value, pool) {
    if (Array.isArray(value)) return value.map((part) => restore(part, pool));
    if (value === null || typeof value !== "object") return value;
    if ("$" in value) return restore(pool[value.$], pool);
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, restore(part, pool)]));
  }

  async function askStore(kind, { setting, axis }) {
    const { objective, dim, lambda, private_fraction: fraction } = setting;
    const keys = {
      report: [objective, dim, hasLambda(objective) ? lambda : "-", fraction],
      phase: [objective, dim],
      frontier: [dim],
      curves: { private_fraction: [axis, dim, lambda], lambda: [axis, dim, fraction], dim: [axis, fraction, lambda] }[axis],
    };
    const content = await loadModel([setting.snr_db, setting.angle_degrees, setting.nuisance_correlation].join("-"));
    return restore(content.answers[[kind, ...keys[kind]].join("|")], content.pool);
  }

  /** The answer, cached until a parameter it depends on changes. */
  async function ask(kind, detail) {
    const setting = { ...state.setting };
    const question = { setting, axis: state.axis, target: state.target, detail };
    const moved = { ...setting };
    if (kind === "frontier") { delete moved.private_fraction; delete moved.objective; }
    if (kind === "phase") { for (const name of ["private_fraction", "nuisance_correlation", "private_std", "lambda"]) if (!(name === "nuisance_correlation" && hasLambda(setting.objective))) delete moved[name]; }
    const key = JSON.stringify([moved, kind === "curves" && state.target, (kind === "curves" || kind === "report") && state.axis]);
    const known = last[kind];
    if (known && known.key === key && (known.detail === detail || known.detail === "fine")) return known.answer;
    const answer = await (stored ? askStore : askServer)(kind, question);
    last[kind] = { key, detail, answer };
    return answer;
  }

  const hasLambda = (objective) => about.objectives.find((entry) => entry.id === objective).has_lambda;

  // --- controls ---------------------------------------------------------------------------------------------------

  function fill(select, values, name = (value) => value) {
    select.replaceChildren(...values.map((value) => {
      const option = document.createElement("option");
      option.value = value;
      option.textContent = name(value);
      return option;
    }));
  }

  const control = (name) => about.controls.find((entry) => entry.name === name);
  const positions = (name) => (stored ? stored.positions[name] : null);

  function buildControls() {
    fill(byId("control-objective"), stored ? stored.objectives : about.objectives.map((entry) => entry.id));
    fill(byId("choice-axis"), stored ? stored.axes : about.axes, (axis) => control(axis).label);
    const names = { mixture: "the task", shared: "the shared factors", "private 1": "the private factors of sensor 1" };
    fill(byId("choice-target"), stored ? stored.targets : about.targets, (target) => names[target]);
    for (const { name, label, help, from, to, step } of about.controls) {
      const places = positions(name);
      if (stored && !places) continue;
      const box = document.createElement("div");
      box.className = "slider";
      const input = Object.assign(document.createElement("input"), places
        ? { type: "range", min: 0, max: places.length - 1, step: 1 }
        : { type: "range", min: from, max: to, step });
      input.id = `control-${name}`;
      input.setAttribute("aria-describedby", `help-${name}`);
      const caption = document.createElement("label");
      caption.htmlFor = input.id;
      const output = document.createElement("output");
      output.id = `value-${name}`;
      output.htmlFor = input.id;
      caption.append(label, output);
      const note = Object.assign(document.createElement("p"), { className: "help", id: `help-${name}`, textContent: help });
      box.append(caption, input, note);
      byId("sliders").append(box);
      input.addEventListener("input", () => {
        state.setting[name] = places ? places[Number(input.value)] : Number(input.value);
        changed();
      });
    }
    byId("control-objective").addEventListener("change", (event) => { state.setting.objective = event.target.value; changed(); });
    byId("choice-axis").addEventListener("change", (event) => { state.axis = event.target.value; changed(); });
    byId("choice-target").addEventListener("change", (event) => { state.target = event.target.value; changed(); });
    byId("reset").addEventListener("click", () => { state = initial(); changed(); });
    byId("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
    for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button.dataset.copy));
    byId("details-curves").addEventListener("toggle", () => curvesTable());
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
  }

  function showControls() {
    for (const { name, unit } of about.controls) {
      const input = byId(`control-${name}`);
      if (!input) continue;
      const places = positions(name);
      const value = state.setting[name];
      input.value = places ? places.indexOf(value) : value;
      const text = unit === "°" ? `${value}°` : unit ? `${value} ${unit}` : String(value);
      byId(`value-${name}`).textContent = text;
      input.setAttribute("aria-valuetext", text);
    }
    byId("control-objective").value = state.setting.objective;
    byId("objective-summary").textContent = about.objectives.find((entry) => entry.id === state.setting.objective).summary;
    byId("choice-axis").value = state.axis;
    byId("choice-target").value = state.target;
  }

  function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
  }

  // --- permalinks -------------------------------------------------------------------------------------------------

  const initial = () => ({ setting: { ...about.default }, axis: "private_fraction", target: "mixture" });

  function toLink() {
    const start = initial();
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries(state.setting)) if (value !== start.setting[name]) parts.set(name, value);
    if (state.axis !== start.axis) parts.set("axis", state.axis);
    if (state.target !== start.target) parts.set("target", state.target);
    return `#${parts}`;
  }

  /** The state in a link; unknown or out-of-range values keep their defaults. */
  function fromLink() {
    const next = initial();
    for (const [name, text] of new URLSearchParams(location.hash.slice(1))) {
      const slider = control(name);
      const value = Number(text);
      const places = positions(name);
      if (slider && text !== "" && (places ? places.includes(value) : !stored && value >= slider.from && value <= slider.to && (slider.step !== 1 || Number.isInteger(value)))) next.setting[name] = value;
      const offered = (id) => [...byId(id).options].some((option) => option.value === text);
      if (name === "objective" && offered("control-objective")) next.setting.objective = text;
      if (name === "axis" && offered("choice-axis")) next.axis = text;
      if (name === "target" && offered("choice-target")) next.target = text;
    }
    return next;
  }

  // --- drawing ----------------------------------------------------------------------------------------------------

  const { short } = chart;

  function row(cells, head = false) {
    const line = document.createElement("tr");
    cells.forEach((cell, index) => {
      const node = document.createElement(head || index === 0 ? "th" : "td");
      if (node.tagName === "TH") node.scope = head ? "col" : "row";
      if (cell && typeof cell === "object") {
        node.textContent = cell.text;
        if (cell.id) node.id = cell.id;
        if ("value" in cell) node.dataset.value = JSON.stringify(cell.value);
        if (cell.kind) node.className = cell.kind;
      } else node.textContent = cell;
      line.append(node);
    });
    return line;
  }

  function table(holder, caption, head, rows) {
    const node = document.createElement("table");
    const title = document.createElement("caption");
    title.textContent = caption;
    title.className = "help";
    node.append(title, Object.assign(document.createElement("thead"), {}), document.createElement("tbody"));
    node.tHead.append(row(head, true));
    node.tBodies[0].append(...rows.map((cells) => row(cells)));
    holder.replaceChildren(node);
  }

  function drawReport({ evaluation, command, experiment_file: experiment }) {
    const task = evaluation.targets.find((target) => target.name === "mixture");
    const cell = (id, value) => ({ id: `number-${id}`, text: short(value), value });
    const { mi, pid, information_loss: loss } = task;
    byId("sentence").textContent = `With ${evaluation.objective} and d = ${evaluation.dim}, encoder 1 keeps ${short(mi.z1)} of the `
      + `${short(mi.x1)} nats that sensor 1 knows about the task and loses ${short(loss.z1)}; sensor 2 alone knows ${short(mi.x2)}.`;
    chart.circles(byId("chart-pid"), {
      label: `Information about the task in nats: both sensors ${short(mi.x12)}, sensor 1 ${short(mi.x1)}, sensor 2 ${short(mi.x2)}, encoder 1 keeps ${short(mi.z1)}.`,
      both: mi.x12, first: mi.x1, second: mi.x2, kept: mi.z1,
    });
    table(byId("table-numbers"), "Information about the task, in nats", ["nats", "1", "2", "both"], [
      ["sensors know", cell("mi-x1", mi.x1), cell("mi-x2", mi.x2), cell("mi-x12", mi.x12)],
      ["encoders keep", cell("mi-z1", mi.z1), cell("mi-z2", mi.z2), cell("mi-z12", mi.z12)],
      ["lost", cell("loss-z1", loss.z1), cell("loss-z2", loss.z2), cell("loss-z12", loss.z12)],
      ["unique", cell("unique1", pid.unique1), cell("unique2", pid.unique2), cell("synergy", pid.synergy)],
      ["either one", "", "", cell("redundancy", pid.redundancy)],
      ["alignment error ε²", "", "", cell("alignment-error", evaluation.alignment.error)],
    ]);
    const spent = evaluation.capacity.find((entry) => entry.encoder === 1 && entry.target === "private 1");
    const holder = byId("chart-capacity");
    if (spent) {
      const free = Math.max(0, spent.dim - spent.aligned - spent.private);
      chart.bar(holder, {
        label: `Of ${spent.dim} dimensions ${short(spent.aligned)} are aligned, ${short(spent.private)} private, ${short(free)} neither.`,
        whole: spent.dim,
        parts: [{ name: "aligned", value: spent.aligned, colour: 0 }, { name: "private", value: spent.private, colour: 1 }, { name: "neither", value: free, colour: 5 }],
      });
    } else holder.textContent = "The capacity law does not apply: sensor 2 also sees the factors of sensor 1 (κ > 0), so they are not private.";
    const statements = Object.fromEntries(about.theorems.map((entry) => [entry.id, entry.statement]));
    table(byId("table-verdicts"), "Each theorem on this model", ["theorem", "verdict", "left side", "right side", { text: "what is compared, or why it does not apply", kind: "text" }], evaluation.theorems.map((theorem) => [
      { text: theorem.id, id: `theorem-${theorem.id}` },
      { text: theorem.verdict.replaceAll("-", " "), kind: `verdict ${theorem.applies ? "" : "none"}`, id: `verdict-${theorem.id}` },
      theorem.applies ? short(theorem.lhs) : "", theorem.applies ? short(theorem.rhs) : "",
      { text: `${statements[theorem.id]} — ${theorem.note}`, kind: "text" },
    ]));
    byId("text-command").textContent = command;
    byId("text-experiment").textContent = experiment;
  }

  let curvesTable = () => {};

  function drawCurves(curves) {
    const label = control(curves.axis).label;
    const series = curves.curves.map((curve, index) => ({ name: curve.objective, y: curve.information_loss, colour: index, chosen: curve.objective === state.setting.objective }));
    chart.lines(byId("chart-curves"), {
      label: `Information lost by encoder 1, in nats, against ${label}, for ${series.map((one) => one.name).join(", ")}. The numbers are in the table below.`,
      x: curves.x, series, xLabel: label, yLabel: "lost, nats", now: state.setting[curves.axis],
    });
    curvesTable = () => table(byId("table-curves"), "Information lost by encoder 1, in nats", [label, "sensor 1 knows", ...series.map((one) => one.name)],
      curves.x.map((x, index) => [String(Number(x.toFixed(4))), short(curves.available[index]), ...series.map((one) => short(one.y[index]))]));
    if (byId("details-curves").open) curvesTable();
  }

  function drawFrontier({ points, threshold }) {
    const { lambda } = state.setting;
    const now = points.reduce((best, point) => (Math.abs(point.lambda - lambda) < Math.abs(best.lambda - lambda) ? point : best));
    chart.trail(byId("chart-frontier"), {
      label: `As λ rises, cross-modal information goes from ${short(points[0].mi_z1_z2)} to ${short(points[points.length - 1].mi_z1_z2)} nats and private information from ${short(points[0].private)} to ${short(points[points.length - 1].private)}.`,
      points: points.map((point) => [point.mi_z1_z2, point.private]), now: [now.mi_z1_z2, now.private],
      xLabel: "aligned: I(z₁; z₂), nats", yLabel: "private: I(z₁; u₁), nats",
    });
    byId("frontier-note").textContent = `At λ = ${short(now.lambda)}: I(z₁; z₂) = ${short(now.mi_z1_z2)}, I(z₁; u₁) = ${short(now.private)}. `
      + (threshold === null ? "" : `In closed form, a private factor displaces a shared one at λ = ${short(threshold)}.`);
  }

  function drawPhase(phase) {
    const spoken = phase.margin.some((line) => line.some((value) => typeof value === "number"));
    chart.heat(byId("chart-phase"), {
      label: `R² of encoder 1 about the shared factors against ${control(phase.x_axis).label} and the strength of private factors, for ${state.setting.objective}.`,
      x: phase.x, y: phase.y, value: phase.r2, margin: phase.margin, now: [state.setting[phase.x_axis], state.setting.private_std],
      xLabel: control(phase.x_axis).label, yLabel: "private strength",
    });
    byId("phase-note").textContent = `Full colour: encoder 1 keeps the shared factors (R² near 1); faint: its dimensions went elsewhere. ${spoken ? "The line is the boundary that the theorem predicts." : "No theorem predicts the boundary here: the loadings interfere."}`;
  }

  /** Draws only what has changed: an answer, or a mark that moved. */
  function draw(kind, answer) {
    const { private_fraction: fraction, ...others } = state.setting;
    const marks = JSON.stringify(kind === "frontier" || kind === "phase" ? others : [fraction, others]);
    if (drawn[kind] && drawn[kind].answer === answer && drawn[kind].marks === marks) return;
    drawn[kind] = { answer, marks };
    drawers[kind](answer);
  }

  const drawers = { report: drawReport, curves: drawCurves, frontier: drawFrontier, phase: drawPhase };

  // --- from a change to a redraw ---------------------------------------------------------------------------------

  let busy = false;
  let waiting = null;
  let rest;
  let since = 0;

  async function refresh(detail) {
    if (busy) { waiting = detail; return; }
    busy = true;
    const start = since;
    const asked = JSON.stringify(state);
    try {
      const kinds = Object.keys(drawers);
      const answers = await Promise.all(kinds.map((kind) => ask(kind, detail)));
      kinds.forEach((kind, index) => draw(kind, answers[index]));
      byId("status").textContent = "";
      if (detail === "coarse") window.alignloss.latenciesMs.push(performance.now() - start);
      document.body.dataset.shown = asked;
      document.body.dataset.detail = detail;
    } catch (error) {
      byId("status").textContent = error.message;
    }
    busy = false;
    if (waiting) {
      const next = waiting;
      waiting = null;
      refresh(next);
    }
  }

  function changed() {
    since = performance.now();
    showControls();
    refresh("coarse");
    clearTimeout(rest);
    rest = setTimeout(() => {
      // Not on every move: browsers limit how often the address may change.
      history.replaceState(null, "", toLink());
      refresh("fine");
    }, REST_MS);
  }

  async function copy(what) {
    const text = { link: new URL(toLink(), location.href).href, command: byId("text-command").textContent, experiment: byId("text-experiment").textContent }[what];
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    byId("status").textContent = done ? `Copied the ${{ link: "link", command: "command", experiment: "experiment file" }[what]}.` : "The browser blocks copying; select the text at the end of the page instead.";
  }

  async function start() {
    // For tests: the latencies, and whether the page shows the current state.
    window.alignloss = { latenciesMs: [], settled: () => !busy && document.body.dataset.shown === JSON.stringify(state) };
    setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));
    about = stored ? stored.about : await (await fetch("api/about")).json();
    state = initial();
    buildControls();
    state = fromLink();
    addEventListener("hashchange", () => { state = fromLink(); changed(); });
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth === width) return;
      width = innerWidth;
      for (const [kind, { answer }] of Object.entries(drawn)) drawers[kind](answer);
    });
    changed();
  }

  start().catch((error) => { byId("status").textContent = error.message; });
})();
