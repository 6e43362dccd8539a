/* Figures, third part: one panel of a chart, its heading with key and values, its uPlot. */
Object.assign(window.harnessFigures, (() => {
  "use strict";
  const { ACROSS, UNIT, clock, expanded, number, placing, short, valueAt } = window.harnessFigures;
  const { colour, family, paintHeat, paintLanes, paintMarks, paintPhases, paintPoints, paintRules } = window.harnessFigures;

  const element = (tag, name, parent, words) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (words !== undefined) made.textContent = words;
    if (parent) parent.append(made);
    return made;
  };

  const swatch = (one) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const draw = (tag, given) => {
      const part = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [key, value] of Object.entries(given)) part.setAttribute(key, value);
      svg.append(part);
    };
    svg.setAttribute("viewBox", "0 0 16 11");
    const line = `var(--c-${one.role})`;
    if (one.fill) draw("rect", { width: 16, height: 11, fill: line, opacity: Math.max(one.fill, 0.2) });
    if (one.kind === "dots") draw("circle", { cx: 8, cy: 5.5, r: 2.5, fill: line });
    else if (one.kind === "ticks") draw("path", { d: "M8 9V2", stroke: line, "stroke-width": 2 });
    else if (one.width !== 0) {
      const dash = (one.dash || []).join(" ");
      draw("path", { d: "M0 5.5H16", stroke: line, "stroke-width": Math.max(one.width || 1.3, 1.4), "stroke-dasharray": dash });
    }
    return svg;
  };

  class Panel {
    constructor(chart, shown, isFirst, isLast) {
      Object.assign(this, { chart, shown, isFirst, isLast });
      this.place = placing(shown.axis);
      this.unit = UNIT[shown.unit];
      const { to } = ACROSS[chart.plan.across];
      for (const one of shown.series) {
        one.x = expanded(one.x).map(to);
        one.reach = one.x.length > 1 ? (one.x[one.x.length - 1] - one.x[0]) / (one.x.length - 1) : 1e9;
      }
      this.box = element("div", shown.lanes ? "chart-panel chart-lanes" : "chart-panel", chart.box);
      this.head();
      this.plot = element("div", "chart-plot", this.box);
      this.u = new uPlot(this.options(), this.data(), this.plot);
    }

    head() {
      const head = element("div", "chart-head", this.box);
      this.heading = head;
      element("b", "", head, this.shown.heading);
      const key = element("ul", "chart-key", head);
      this.values = [];
      const add = (label, sign, read, room) => {
        const item = element("li", "", key);
        if (sign) element("i", "", item).append(sign);
        if (label) element("span", "", item, label);
        const value = element("span", "value", item);
        if (room) value.style.minWidth = `${room}ch`; // so that nothing moves when values come and go
        this.values.push([label, value, read]);
      };
      for (const one of this.shown.series) if (one.label) add(one.label, swatch(one), (x) => valueAt(one, x, this.unit), this.longest(one));
      for (const rule of this.shown.rules) if (rule.label && !rule.beside) add(rule.label, swatch(rule), () => "");
      for (const [label, spans] of this.shown.lanes || []) {
        add("", null, (x) => {
          const found = spans.find(([start, end]) => start <= x && x < end);
          return found ? `${label}: ${found[2] === "cooldown" ? `until ${clock(found[1])}` : found[2]}` : "";
        });
      }
      if (this.shown.heat) add("", null, (x) => this.heatAt(x));
    }

    longest(one) {
      if (one.told === "nothing") return 0;
      const sample = one.y.filter((value, i) => value != null && i % Math.ceil(one.y.length / 20) === 0);
      return Math.max(2, ...sample.map((value) => this.unit(value).length)) * (one.told === "range" ? 2 : 1);
    }

    heatAt(x) {
      const { start, step, cells, edges } = this.shown.heat, column = Math.floor((x - start) / step);
      let all = 0, most = 0, row = 0;
      for (let i = 0; i < cells.length; i += 3) {
        if (cells[i] !== column) continue;
        all += cells[i + 2];
        if (cells[i + 2] > most) [most, row] = [cells[i + 2], cells[i + 1]];
      }
      return all ? `${number(all)} requests, most (${number(most)}) ${short(edges[row])} to ${short(edges[row + 1])}` : "";
    }

    /* Only steps and lines are series of uPlot's; without one it still needs a column. */
    drawn() { return this.shown.series.filter((one) => one.kind === "step" || one.kind === "line"); }

    data() {
      const { to } = ACROSS[this.chart.plan.across], ends = [to(this.chart.plan.low), to(this.chart.plan.high)];
      const tables = this.drawn().map((one) => [one.x, one.y.map(this.place), ...(one.low ? [one.low.map(this.place)] : [])]);
      const bare = [ends, [null, null]];
      // A value that one series lacks at another's moment is no gap; one that is null in its own is (2 keeps it).
      return tables.length ? uPlot.join([bare, ...tables], [[2, 0], ...tables.map((table) => table.map(() => 2))]) : bare;
    }

    series() {
      const found = [{}, { show: false }], bands = [];
      for (const one of this.drawn()) {
        const paths = one.kind === "step" ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear();
        const stroke = one.width ? () => colour(one.role) : null;
        const look = { scale: "y", paths, points: { show: false }, width: one.width, dash: one.dash, stroke };
        if (one.fill && !one.low) Object.assign(look, { fill: () => colour(one.role, one.fill), fillTo: 0 });
        found.push(look);
        if (one.low) {
          bands.push({ series: [found.length - 1, found.length], fill: () => colour(one.role, one.fill) });
          found.push({ scale: "y", paths, points: { show: false }, width: 0 });
        }
      }
      return [found, bands];
    }

    options() {
      const { chart, shown, place } = this, across = ACROSS[chart.plan.across], [series, bands] = this.series();
      const rows = shown.lanes && shown.lanes.length;
      const splits = rows ? shown.lanes.map((_, i) => 1 - (i + 0.5) / rows) : shown.axis.ticks.map(([value]) => place(value));
      const labels = rows ? shown.lanes.map(([label]) => label) : shown.axis.ticks.map(([, words]) => words);
      const grid = { stroke: () => colour("grid"), width: 1 };
      const bare = rows ? { grid: { show: false }, stroke: () => colour("ink") } : {};
      const axis = { stroke: () => colour("muted"), font: `11.5px ${family()}`, ticks: { show: false }, grid };
      return {
        ...this.size(), series, bands,
        legend: { show: false },
        padding: [this.isFirst && chart.hasNames ? 18 : 8, 18, 0, 0],
        scales: { x: { time: false, range: () => chart.range() }, y: { range: [0, 1] } },
        axes: [
          {
            ...axis, size: this.isLast ? 26 : 4, gap: 6,
            splits: (u, _, min, max) => across.ticks(min, max, chart.most()),
            values: (u, found) => (this.isLast ? across.words(found, chart.plan.high) : found.map(() => "")),
          },
          { ...axis, scale: "y", gap: 7, size: () => chart.left(), splits: () => splits, values: () => labels, ...bare },
        ],
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: true, y: false, setScale: false, dist: 5 },
          bind: { dblclick: () => () => { chart.zoomTo(null); return null; } },
        },
        hooks: {
          drawAxes: [(u) => {
            paintPhases(u, chart.plan.phases, this.isFirst);
            if (rows) paintLanes(u, shown);
            if (shown.heat) paintHeat(u, shown.heat, place);
          }],
          draw: [(u) => {
            for (const one of shown.series) if (!["step", "line"].includes(one.kind)) paintPoints(u, one, place);
            paintRules(u, shown, place);
            paintMarks(u, chart.plan.marks, this.isFirst, across.to);
            paintMarks(u, shown.marks, true, across.to);
          }],
          setSelect: [(u) => {
            if (u.select.width < 3) return;
            const ends = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
            u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
            chart.zoomTo(ends);
          }],
          setCursor: [(u) => {
            if (!chart.isMoving) chart.moveTo(u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x"));
          }],
        },
      };
    }

    size() {
      const extra = (this.isLast ? 26 : 4) + (this.isFirst && this.chart.hasNames ? 18 : 8);
      return { width: this.chart.width, height: Math.round(this.shown.height * 1.1) + extra };
    }

    tell(x) {
      for (const [, target, read] of this.values) target.textContent = x == null ? "" : read(x);
    }

    spoken(x) {
      const found = this.values.map(([label, , read]) => [label, read(x)]).filter(([, value]) => value);
      return found.length ? `${this.shown.heading}: ${found.map(([label, value]) => `${label} ${value}`.trim()).join(", ")}` : "";
    }
  }

  return { Panel, element };
})());
