/* Figures, first part: how figures are written, where values stand on an axis, what is in force at a moment.
   The rules are those of reports/figures/axes.py and reports/text.py. */
window.harnessFigures = (() => {
  "use strict";
  const TIME_STEPS = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
  ];
  const LINEAR_PART = 0.8;

  // -- words -----

  const digits = (value, most) => {
    if (!value || !isFinite(value)) return String(value);
    const decimals = Math.max(most - 1 - Math.floor(Math.log10(Math.abs(value)) + 1e-9), 0);
    return value.toLocaleString("en-US", { maximumFractionDigits: Math.min(decimals, 12) });
  };
  const number = (value) => (Number.isInteger(value) ? value.toLocaleString("en-US") : digits(value, 4));
  const short = (s) => (s >= 0.9995 ? `${digits(s, 3)} s` : `${digits(s * 1000, 3)} ms`);
  const two = (value) => String(value).padStart(2, "0");
  const clock = (s, step = 1) => {
    if (step < 1) {
      const tenths = Math.round(s * 100) / 100;
      return `${two(Math.floor(tenths / 60))}:${(tenths % 60).toFixed(step < 0.1 ? 2 : 1).padStart(step < 0.1 ? 5 : 4, "0")}`;
    }
    const whole = Math.floor(s + 0.5);
    if (whole < 36000) return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
    return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  };
  const percentile = (x) => `${digits(100 - 100 / 10 ** x, 7)} %`;
  const UNIT = { number, seconds: short, percent: (value) => `${digits(value, 3)} %` };

  // -- scales -----

  const bend = (axis) => (value) => {
    if (axis.kind === "linear") return value;
    if (axis.kind === "log") return Math.log10(Math.max(value, axis.low * 1e-3));
    return value <= axis.threshold ? (LINEAR_PART * value) / axis.threshold : LINEAR_PART + Math.log10(value / axis.threshold);
  };
  const placing = (axis) => {
    const bent = bend(axis), low = bent(axis.low), high = bent(axis.high);
    return (value) => (value == null ? value : (bent(value) - low) / (high - low));
  };
  const expanded = (found) => (Array.isArray(found) ? found : Array.from({ length: found.count }, (_, i) => found.start + i * found.step));

  const ACROSS = {
    time: {
      to: (value) => value,
      ticks: (min, max, most) => {
        const step = TIME_STEPS.find((one) => (max - min) / one <= most) || 86400 * Math.ceil((max - min) / 86400 / most);
        const first = Math.ceil(min / step - 1e-9);
        return Array.from({ length: Math.max(Math.floor(max / step + 1e-9) - first + 1, 0) }, (_, i) => (first + i) * step);
      },
      words: (values, whole) => {
        const step = values.length > 1 ? values[1] - values[0] : 1;
        if (whole >= 36000 && step % 3600 === 0) return values.map((value) => `${Math.round(value / 3600)} h`);
        return values.map((value) => clock(value, step));
      },
      at: (value, span) => ["Model time", clock(value, span < 120 ? 0.1 : 1)],
    },
    seconds: {
      to: Math.log10,
      ticks: (min, max, most) => {
        const found = [];
        const subs = max - min > 2.5 ? [1] : max - min > 0.5 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
        for (let decade = Math.floor(min); decade <= max; decade += 1) {
          for (const sub of subs) found.push(decade + Math.log10(sub));
        }
        const inside = found.filter((value) => value >= min - 1e-9 && value <= max + 1e-9);
        return inside.length > most ? inside.filter((_, i) => i % Math.ceil(inside.length / most) === 0) : inside;
      },
      words: (values) => values.map((value) => short(10 ** value)),
      at: (value) => ["Time", short(10 ** value)],
    },
    nines: {
      to: Math.log10,
      ticks: (min, max, most) => {
        const found = [];
        for (const value of [1, 0, 2, 3, 4, 5, 6, Math.log10(2)]) {
          const isFree = found.every((other) => Math.abs(other - value) > (max - min) / most / 1.3);
          if (isFree && value >= min - 1e-9 && value <= max + 1e-9) found.push(value);
        }
        return found.sort((a, b) => a - b);
      },
      words: (values) => values.map(percentile),
      at: (value) => ["Percentile", percentile(value)],
    },
  };

  // -- what is in force where -----

  const before = (xs, x) => {
    let low = 0, high = xs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (xs[middle] <= x) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  const nearest = (xs, x) => {
    const index = before(xs, x);
    return index + 1 < xs.length && (index < 0 || xs[index + 1] - x < x - xs[index]) ? index + 1 : index;
  };
  const valueAt = (one, x, unit) => {
    if (one.told === "nothing") return "";
    const xs = one.x, last = xs.length - 1;
    let index;
    if (one.kind === "step") index = x > xs[last] ? -1 : before(xs, x);
    else if (one.kind === "spans") {
      index = before(xs, x);
      if (index >= 0 && x >= one.ends[index]) index = -1;
    } else index = x < xs[0] - one.reach || x > xs[last] + one.reach ? -1 : nearest(xs, x);
    if (index < 0 || one.y[index] == null) return "";
    if (one.told === "part") return unit(one.y[index] - one.low[index]);
    if (one.told === "range" && one.low[index] !== one.y[index]) return `${unit(one.low[index])} to ${unit(one.y[index])}`;
    return unit(one.y[index]);
  };

  return { ACROSS, UNIT, clock, expanded, number, placing, short, valueAt };
})();
