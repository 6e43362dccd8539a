/* Figures, second part: colours, and what is painted on uPlot's canvas beside its series: states, heat maps, levels,
   marks. */
Object.assign(window.harnessFigures, (() => {
  "use strict";
  const HEAT_LEVELS = 5;
  let colours = new Map();

  // -- colours: read from the page when they are drawn, so that its theme holds here too -----

  const colour = (role, opacity = 1) => {
    const key = `${role} ${opacity}`;
    if (!colours.has(key)) {
      const plain = getComputedStyle(document.documentElement).getPropertyValue(`--c-${role}`).trim() || "#888";
      const hex = /^#(..)(..)(..)$/.exec(plain);
      const parts = hex ? hex.slice(1).map((pair) => parseInt(pair, 16)) : null;
      const mixed = parts ? `rgba(${parts},${opacity})` : `color-mix(in srgb, ${plain} ${100 * opacity}%, transparent)`;
      colours.set(key, opacity === 1 ? plain : mixed);
    }
    return colours.get(key);
  };
  const forgetColours = () => { colours = new Map(); };

  // -- painting what uPlot has no series for; all in pixels of the canvas -----

  const inside = (u, paint) => {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(left, top, width, height);
    u.ctx.clip();
    paint(u.ctx, left, top, width, height);
    u.ctx.restore();
  };
  const dots = () => window.devicePixelRatio || 1;
  const family = () => getComputedStyle(document.body).fontFamily;
  const font = (size, weight = "") => `${weight} ${size * dots()}px ${family()}`;
  const stroked = (ctx, role, width, dash) => {
    ctx.strokeStyle = colour(role);
    ctx.lineWidth = width * dots();
    ctx.setLineDash((dash || []).map((one) => one * dots()));
  };

  const paintLanes = (u, panel) => inside(u, (ctx, left, top, width, height) => {
    const row = height / panel.lanes.length, gap = 2 * dots();
    panel.lanes.forEach(([, spans], number) => {
      const y = top + number * row;
      for (const [start, end, word, role] of spans) {
        const from = Math.max(u.valToPos(start, "x", true), left), to = Math.min(u.valToPos(end, "x", true), left + width);
        if (to < left || from > left + width) continue;
        if (role === "nodata") {
          stroked(ctx, "nodata", 1, [2, 3]);
          ctx.strokeRect(from, y + gap, to - from, row - 2 * gap);
        } else {
          ctx.fillStyle = colour(role, role === "ok" ? 0.28 : 1);
          ctx.fillRect(from, y + gap, Math.max(to - from, dots()), row - 2 * gap);
        }
        ctx.font = font(10.5);
        if (word !== "cooldown" && ctx.measureText(word).width + 8 * dots() < to - from) {
          ctx.fillStyle = colour(role === "ok" || role === "nodata" ? "ink" : "panel");
          ctx.textAlign = "center";
          ctx.textBaseline = "middle";
          ctx.fillText(word, (from + to) / 2, y + row / 2 + dots() / 2);
        }
      }
    });
  });

  /* As static.py has it. */
  const heatLevel = (count, most) => {
    const share = most <= 1 ? 1 : Math.log(count) / Math.log(most);
    return 1 + Math.min(Math.floor((HEAT_LEVELS - 1) * share + 0.5), HEAT_LEVELS - 1);
  };
  const paintHeat = (u, heat, place) => inside(u, (ctx, left, top, width, height) => {
    const across = (column) => Math.round(u.valToPos(heat.start + column * heat.step, "x", true));
    const up = (row) => Math.round(top + height * (1 - place(heat.edges[row])));
    for (let i = 0; i < heat.cells.length; i += 3) {
      const column = heat.cells[i], row = heat.cells[i + 1];
      const from = across(column), to = across(column + 1);
      if (to < left || from > left + width) continue;
      const low = up(row), high = up(row + 1);
      ctx.fillStyle = colour(heat.role, heatLevel(heat.cells[i + 2], heat.most) / HEAT_LEVELS);
      ctx.fillRect(from, high, Math.max(to - from, 1), Math.max(low - high, 1));
    }
  });

  const paintPoints = (u, one, place) => inside(u, (ctx, left, top, width, height) => {
    const x = (value) => u.valToPos(value, "x", true), y = (value) => top + height * (1 - place(value)), d = dots();
    stroked(ctx, one.role, one.width);
    ctx.fillStyle = colour(one.role);
    ctx.beginPath();
    one.x.forEach((at, i) => {
      if (one.y[i] == null) return;
      if (one.kind === "dots") {
        ctx.moveTo(x(at), y(one.y[i]));
        ctx.arc(x(at), y(one.y[i]), 2.2 * d, 0, 7);
      } else if (one.kind === "ticks") {
        ctx.moveTo(x(at), top + height);
        ctx.lineTo(x(at), top + height - 6 * d);
      } else {
        ctx.moveTo(x(at), y(one.y[i]));
        ctx.lineTo(x(one.ends[i]), y(one.y[i]));
        for (const end of one.kind === "whiskers" ? [at, one.ends[i]] : []) {
          ctx.moveTo(x(end), y(one.y[i]) - 4 * d);
          ctx.lineTo(x(end), y(one.y[i]) + 4 * d);
        }
      }
    });
    if (one.kind === "dots") ctx.fill();
    else ctx.stroke();
  });

  const covered = (ctx, words, x, y, role) => {
    ctx.setLineDash([]);
    ctx.lineWidth = 4 * dots();
    ctx.lineJoin = "round";
    ctx.strokeStyle = colour("panel");
    ctx.strokeText(words, x, y);
    ctx.fillStyle = colour(role);
    ctx.fillText(words, x, y);
  };

  const paintRules = (u, panel, place) => inside(u, (ctx, left, top, width, height) => {
    for (const rule of panel.rules) {
      const y = Math.round(top + height * (1 - place(rule.value)));
      stroked(ctx, rule.role, 1.3, rule.dash);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
      if (!rule.beside || !rule.label) continue;
      ctx.font = font(11);
      ctx.textAlign = "right";
      ctx.textBaseline = "middle";
      covered(ctx, rule.label, left + width - 3 * dots(), y - top > 16 * dots() ? y - 8 * dots() : y + 9 * dots(), rule.role);
    }
  });

  const paintMarks = (u, marks, isNamed, to) => {
    const { left, top, width, height } = u.bbox, ctx = u.ctx, d = dots();
    const used = [-1e9, -1e9]; // lines of words: what would lie over another is a line lower, or left out
    ctx.save();
    for (const [at, label, role, dash] of marks) {
      const x = Math.round(u.valToPos(to(at), "x", true));
      if (x < left - 1 || x > left + width + 1) continue;
      stroked(ctx, role, 1.1, dash);
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      ctx.font = font(11, "600");
      const wide = ctx.measureText(label).width, begin = x + wide + 4 * d > left + width ? x - wide - 3 * d : x + 3 * d;
      const line = used.findIndex((last) => begin > last);
      if (!isNamed || line < 0) continue;
      ctx.textAlign = "left";
      ctx.textBaseline = "top";
      covered(ctx, label, begin, top + (2 + 12 * line) * d, role);
      used[line] = begin + wide + 2 * d;
    }
    ctx.restore();
  };

  const paintPhases = (u, phases, isNamed) => {
    const { left, top, width, height } = u.bbox, ctx = u.ctx, d = dots();
    ctx.save();
    phases.forEach(([start, end, name], number) => {
      const from = u.valToPos(start, "x", true), to = Math.min(u.valToPos(end, "x", true), left + width);
      if (number && from >= left && from <= left + width) {
        stroked(ctx, "phase", 1);
        ctx.beginPath();
        ctx.moveTo(Math.round(from), top);
        ctx.lineTo(Math.round(from), top + height);
        ctx.stroke();
      }
      ctx.font = font(11);
      if (isNamed && ctx.measureText(name).width + 6 * d < to - Math.max(from, left)) {
        ctx.fillStyle = colour("muted");
        ctx.textAlign = "left";
        ctx.textBaseline = "alphabetic";
        ctx.fillText(name, Math.max(from, left) + 3 * d, top - 5 * d);
      }
    });
    ctx.restore();
  };

  return { colour, family, forgetColours, paintHeat, paintLanes, paintMarks, paintPhases, paintPoints, paintRules };
})());
