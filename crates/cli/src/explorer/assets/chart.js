"use strict";
// Charts as SVG. They draw numbers and compute none.
const chart = (() => {
  const DASHES = ["", "7 4", "2 3", "9 3 2 3", "4 2", "1 4"];

  /** An SVG element with attributes and children. */
  function element(name, attributes = {}, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  function short(value) {
    if (value === null || Number.isNaN(value)) return "–";
    if (value === "inf" || value === "-inf") return value === "inf" ? "∞" : "−∞";
    const size = Math.abs(value);
    // Quantities on the page are of order 1, so anything this small is a rounded 0.
    if (size < 1e-15) return "0";
    const text = size >= 1e-3 && size < 1e5 ? value.toFixed(size >= 100 ? 1 : 4) : value.toExponential(2);
    return text.replace("-", "−");
  }

  // Reading a width forces a layout, so widths are cached until the window is resized.
  const widths = new Map();
  addEventListener("resize", () => widths.clear(), { capture: true });

  function widthOf(holder) {
    if (!widths.has(holder)) widths.set(holder, Math.max(260, holder.clientWidth));
    return widths.get(holder);
  }

  /** Positions of about five round ticks. */
  function ticks(low, high) {
    const span = high - low || 1;
    const raw = span / 5;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
    const all = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * span; i += 1) all.push(Number((i * step).toPrecision(12)));
    return all;
  }

  /** An empty chart with axes; returns the maps from values to positions. */
  function frame(holder, { label, x, y, xLabel, yLabel, height = 270, yLog = false }) {
    const width = widthOf(holder);
    const box = { left: 58, right: width - 14, top: 10, bottom: height - 40 };
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    const px = (value) => box.left + ((value - x[0]) / (x[1] - x[0] || 1)) * (box.right - box.left);
    const share = (value) => (yLog ? Math.log(value / y[0]) / Math.log(y[1] / y[0]) : (value - y[0]) / (y[1] - y[0] || 1));
    const py = (value) => box.bottom - share(value) * (box.bottom - box.top);
    for (const tick of ticks(...x)) {
      svg.append(element("line", { class: "grid", x1: px(tick), x2: px(tick), y1: box.top, y2: box.bottom }),
        element("text", { class: "soft", x: px(tick), y: box.bottom + 15, "text-anchor": "middle" }, String(tick)));
    }
    for (const tick of yLog ? [0.25, 0.5, 1, 2, 4] : ticks(...y)) {
      svg.append(element("line", { class: "grid", x1: box.left, x2: box.right, y1: py(tick), y2: py(tick) }),
        element("text", { class: "soft", x: box.left - 5, y: py(tick) + 4, "text-anchor": "end" }, String(tick)));
    }
    svg.append(element("text", { x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" }, xLabel),
      element("text", { x: 12, y: (box.top + box.bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(box.top + box.bottom) / 2})` }, yLabel));
    return { svg, px, py, box };
  }

  const finite = (values) => values.filter((value) => typeof value === "number");

  function path(xs, ys, px, py) {
    let pen = "M";
    let text = "";
    xs.forEach((x, i) => {
      if (typeof ys[i] !== "number") { pen = "M"; return; }
      text += `${pen}${px(x).toFixed(1)} ${py(ys[i]).toFixed(1)}`;
      pen = "L";
    });
    return text;
  }

  function legend(series) {
    const list = document.createElement("ul");
    list.className = "legend";
    for (const one of series) {
      const item = document.createElement("li");
      item.append(element("svg", { viewBox: "0 0 30 10", "aria-hidden": "true" },
        element("path", { d: "M0 5H30", class: `curve c${one.colour}${one.chosen ? " chosen" : ""}`, "stroke-dasharray": DASHES[one.colour] })));
      const name = document.createElement("span");
      name.textContent = one.name;
      if (one.chosen) name.className = "chosen-name";
      item.append(name);
      list.append(item);
    }
    return list;
  }

  /** Lines against one axis, with the current value marked. */
  function lines(holder, { label, x, series, xLabel, yLabel, now }) {
    const top = Math.max(0.05, ...series.flatMap((one) => finite(one.y)));
    const { svg, px, py, box } = frame(holder, { label, x: [x[0], x[x.length - 1]], y: [0, top * 1.05], xLabel, yLabel });
    for (const one of [...series].sort((a, b) => Number(b.chosen) - Number(a.chosen))) {
      svg.append(element("path", { d: path(x, one.y, px, py), class: `curve c${one.colour}${one.chosen ? " chosen" : ""}`, "stroke-dasharray": DASHES[one.colour] }));
    }
    svg.append(element("line", { class: "now", x1: px(now), x2: px(now), y1: box.top, y2: box.bottom }));
    holder.replaceChildren(svg, legend(series));
  }

  /** Points joined in order, one of them marked. */
  function trail(holder, { label, points, now, xLabel, yLabel }) {
    const reach = (index) => Math.max(0.05, ...finite(points.map((point) => point[index]))) * 1.06;
    const { svg, px, py } = frame(holder, { label, x: [0, reach(0)], y: [0, reach(1)], xLabel, yLabel });
    svg.append(element("path", { d: path(points.map((p) => p[0]), points.map((p) => p[1]), px, py), class: "curve c3" }));
    for (const [x, y] of points) if (typeof x === "number" && typeof y === "number") svg.append(element("circle", { class: "solid c3", cx: px(x), cy: py(y), r: 3 }));
    if (now && typeof now[0] === "number" && typeof now[1] === "number") svg.append(element("circle", { class: "mark", cx: px(now[0]), cy: py(now[1]), r: 7 }));
    holder.replaceChildren(svg);
  }

  /** A heat map of values from 0 to 1, with the zero contour of a margin and a mark. */
  function heat(holder, { label, x, y, value, margin, now, xLabel, yLabel }) {
    const { svg, px, py, box } = frame(holder, { label, x: [x[0], x[x.length - 1]], y: [y[0], y[y.length - 1]], yLog: true, xLabel, yLabel, height: 300 });
    const edges = (values, place) => {
      const at = values.map(place);
      return at.map((p, i) => [i ? (at[i - 1] + p) / 2 : p, i + 1 < at.length ? (p + at[i + 1]) / 2 : p]);
    };
    const columns = edges(x, px);
    const rows = edges(y, py);
    svg.append(element("rect", { class: "low", x: columns[0][0], y: rows[rows.length - 1][1], width: columns[columns.length - 1][1] - columns[0][0], height: rows[0][0] - rows[rows.length - 1][1] }));
    rows.forEach(([bottom, top], j) => columns.forEach(([left, right], i) => {
      if (typeof value[j][i] !== "number") return;
      const share = Math.min(1, Math.max(0, value[j][i]));
      if (share > 0.005) svg.append(element("rect", { class: "high", x: left, y: top, width: right - left, height: bottom - top, "shape-rendering": "crispEdges", "fill-opacity": share.toFixed(3) }));
    }));
    for (const [x1, y1, x2, y2] of contour(x, y, margin, px, py)) svg.append(element("line", { class: "boundary", x1, y1, x2, y2 }));
    svg.append(element("circle", { class: "mark", cx: Math.min(box.right, Math.max(box.left, px(now[0]))), cy: Math.min(box.bottom, Math.max(box.top, py(now[1]))), r: 7 }));
    holder.replaceChildren(svg);
  }

  /** Line segments of the zero contour, from the cell edges it crosses. */
  function contour(x, y, margin, px, py) {
    const pieces = [];
    for (let j = 0; j + 1 < y.length; j += 1) {
      for (let i = 0; i + 1 < x.length; i += 1) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]].map(([a, b]) => [px(x[a]), py(y[b]), margin[b][a]]);
        if (corners.some((corner) => typeof corner[2] !== "number")) continue;
        const crossings = [];
        corners.forEach((one, index) => {
          const other = corners[(index + 1) % 4];
          if ((one[2] > 0) === (other[2] > 0)) return;
          const share = one[2] / (one[2] - other[2]);
          crossings.push([one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])]);
        });
        for (let c = 0; c + 1 < crossings.length; c += 2) pieces.push([...crossings[c], ...crossings[c + 1]]);
      }
    }
    return pieces;
  }

  /** Circles whose areas show information: both sensors together, each alone, and what an encoder keeps. */
  function circles(holder, { label, both, first, second, kept }) {
    const width = widthOf(holder);
    const height = 260;
    const base = height - 12;
    const whole = Math.max(both, 1e-9);
    const outer = Math.min(height / 2 - 14, (width - 150) / 2);
    const radius = (value) => Math.sqrt(Math.max(value, 0) / whole) * outer;
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    const centre = outer + 4;
    const names = 2 * outer + 22;
    const hatch = element("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      element("line", { class: "c1", x1: 0, y1: 0, x2: 0, y2: 6, "stroke-width": 2.5 }));
    svg.append(element("defs", {}, hatch));
    const circle = (value, kind) => element("circle", { ...kind, cx: centre, cy: base - radius(value), r: radius(value) });
    const alone = [["c0", first], ["c2", second]].sort((a, b) => b[1] - a[1]);
    svg.append(circle(both, { class: "outline c5" }));
    for (const [colour, value] of alone) svg.append(circle(value, { class: `area ${colour}` }));
    svg.append(circle(kept, { fill: "url(#hatch)", class: "c1", "fill-opacity": 0.9 }));
    const values = [["c5", "both sensors", both], ["c0", "sensor 1", first], ["c2", "sensor 2", second], ["c1", "encoder 1 keeps", kept]];
    values.forEach(([colour, name, value], index) => {
      const at = 40 + index * 48;
      svg.append(element("rect", { class: `solid ${colour}`, x: names, y: at - 11, width: 12, height: 12 }),
        element("text", { x: names + 18, y: at }, name),
        element("text", { class: "soft", x: names + 18, y: at + 16 }, `${short(value)} nats`));
    });
    holder.replaceChildren(svg);
  }

  /** One stacked bar. */
  function bar(holder, { label, parts, whole }) {
    const width = widthOf(holder);
    const stacked = width < 480;
    const svg = element("svg", { viewBox: `0 0 ${width} ${stacked ? 104 : 66}`, role: "img", "aria-label": label });
    const scale = (width - 20) / whole;
    let at = 10;
    parts.forEach(({ value, colour }) => {
      svg.append(element("rect", { class: `area c${colour}`, x: at, y: 8, width: Math.max(0, value) * scale, height: 26 }));
      at += Math.max(0, value) * scale;
    });
    svg.append(element("rect", { class: "outline c5", x: 10, y: 8, width: width - 20, height: 26 }));
    parts.forEach(({ name, value, colour }, index) => {
      const x = stacked ? 10 : 10 + (index * (width - 20)) / parts.length;
      const y = stacked ? 46 + 20 * index : 46;
      svg.append(element("rect", { class: `solid c${colour}`, x, y, width: 10, height: 10 }),
        element("text", { x: x + 15, y: y + 9 }, `${name} ${short(value)}`));
    });
    holder.replaceChildren(svg);
  }

  return { lines, trail, heat, circles, bar, short };
})();
