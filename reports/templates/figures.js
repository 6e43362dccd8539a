/* Figures, fourth part: charts of the report, drawn with uPlot from the JSON beside each picture (reports/figures/data.py).

   Drag to zoom, double click to reset; all charts over model time share cursor and zoom. A chart with the focus
   takes arrows (cursor), + and - (zoom), Home, End and Escape. Without uPlot, or where something is wrong with a
   chart, its picture stays. `harnessFigures.mount(root)` may be called as often as the page changes. */
Object.assign(window.harnessFigures, (() => {
  "use strict";
  const { ACROSS, Panel, element, forgetColours } = window.harnessFigures;
  const NARROW = 620; // pixels
  const DEEPEST = 2000; // times: how far one can zoom in
  const REST_MS = 350; // silence before the cursor's values are spoken
  const charts = new Map(); // by the figure's name
  const shared = { zoom: null, at: null }; // what charts over model time have in common
  const kept = new Map(); // the same of each other chart, by name, so that a new one goes on where it was
  let focused = null;

  // -- one figure -----

  class Chart {
    constructor(host) {
      this.host = host;
      this.name = host.dataset.figure;
      this.plan = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
      if (!kept.has(this.name)) kept.set(this.name, { zoom: null, at: null });
      this.state = this.plan.across === "time" ? shared : kept.get(this.name);
      this.hasNames = this.plan.phases.length > 0; // above the first panel
      this.width = Math.max(Math.floor(host.clientWidth), 200);
      this.frame();
      const { panels } = this.plan;
      this.panels = panels.map((shown, i) => new Panel(this, shown, i === 0, i === panels.length - 1));
      this.shape();
      this.show();
      host.classList.add("is-live");
      this.watch = new ResizeObserver(() => this.resize());
      this.watch.observe(host);
    }

    frame() {
      const { host } = this, words = host.querySelector(".picture").getAttribute("aria-label");
      this.box = element("div", "chart");
      this.box.tabIndex = 0;
      this.box.setAttribute("role", "application");
      this.box.setAttribute("aria-roledescription", "interactive chart");
      this.box.setAttribute("aria-label", `${host.dataset.title}. Arrows move the cursor, plus and minus zoom, Escape shows all.`);
      const alt = element("p", "hidden", this.box, words);
      alt.id = `figure-words-${this.name}`;
      this.box.setAttribute("aria-describedby", alt.id);
      this.bar();
      this.voice = element("div", "hidden", this.box);
      this.voice.setAttribute("aria-live", "polite");
      this.box.addEventListener("keydown", (event) => this.key(event));
      this.box.addEventListener("focusin", () => { focused = this.name; });
      this.box.addEventListener("focusout", () => setTimeout(() => this.lost()));
      host.prepend(this.box);
    }

    /* Where the chart was taken out of the page while it had the focus, the one that takes its place gets it. */
    lost() {
      if (this.box.isConnected && focused === this.name && !this.box.contains(document.activeElement)) focused = null;
    }

    bar() {
      const bar = element("div", "chart-bar", this.box);
      this.at = element("span", "chart-at", bar);
      const button = (sign, label, act) => {
        const made = element("button", "", bar, sign);
        made.type = "button";
        made.title = label;
        made.setAttribute("aria-label", label);
        made.addEventListener("click", act);
        return made;
      };
      button("+", "Zoom in", () => this.zoomBy(0.5));
      button("\u2212", "Zoom out", () => this.zoomBy(2));
      const left = button("\u2039", "To the left", () => this.pan(-0.5));
      this.onlyZoomed = [left, button("\u203a", "To the right", () => this.pan(0.5))];
      this.onlyZoomed.push(button("Show all", "Show all of the axis", () => this.zoomTo(null)));
    }

    // -- geometry -----

    full() { const { to } = ACROSS[this.plan.across]; return [to(this.plan.low), to(this.plan.high)]; }
    range() { return this.state.zoom || this.full(); }
    left() { return this.width >= NARROW ? 104 : this.plan.panels.some((panel) => panel.lanes) ? 92 : 62; }
    most() { return Math.max(Math.floor((this.width - this.left()) / (this.width < NARROW ? 52 : 74)), 2); }

    shape() {
      this.box.classList.toggle("is-narrow", this.width < NARROW);
      for (const panel of this.panels) panel.heading.style.paddingLeft = this.width < NARROW ? "" : `${this.left()}px`;
    }

    resize() {
      const width = Math.floor(this.host.clientWidth);
      if (width < 50 || width === this.width) return;
      this.width = width;
      this.shape();
      for (const panel of this.panels) panel.u.setSize(panel.size());
      this.point();
    }

    // -- zoom and cursor; charts that share their state are shown together -----

    others() { return [...charts.values()].filter((chart) => chart.state === this.state); }

    zoomTo(ends) {
      const [low, high] = this.full();
      if (ends) {
        const least = (high - low) / DEEPEST, from = Math.max(Math.min(...ends), low), to = Math.min(Math.max(...ends), high);
        if (to - from >= (high - low) * 0.999) ends = null;
        else ends = to - from < least ? [(from + to - least) / 2, (from + to + least) / 2] : [from, to];
      }
      this.state.zoom = ends;
      for (const chart of this.others()) chart.show();
    }

    zoomBy(factor) {
      const [min, max] = this.range(), at = this.state.at ?? (min + max) / 2, middle = Math.min(Math.max(at, min), max);
      this.zoomTo([middle - (middle - min) * factor, middle + (max - middle) * factor]);
    }

    pan(share) {
      const [low, high] = this.full(), [min, max] = this.range();
      const shift = Math.min(Math.max((max - min) * share, low - min), high - max);
      this.zoomTo([min + shift, max + shift]);
    }

    moveTo(x) {
      if (x === this.state.at) return;
      this.state.at = x;
      for (const chart of this.others()) chart.point();
    }

    show() {
      const [min, max] = this.range();
      for (const button of this.onlyZoomed) button.hidden = !this.state.zoom;
      for (const panel of this.panels) panel.u.setScale("x", { min, max });
      this.point();
    }

    /* Put the cursor of all panels to the shared place and write the values there. */
    point() {
      const { at } = this.state, [min, max] = this.range(), isIn = at != null && at >= min && at <= max;
      this.isMoving = true;
      for (const panel of this.panels) {
        panel.u.setCursor(isIn ? { left: panel.u.valToPos(at, "x"), top: 0 } : { left: -10, top: -10 }, false);
        panel.tell(isIn ? at : null);
      }
      this.isMoving = false;
      this.at.replaceChildren();
      if (!isIn) {
        const hint = this.width < NARROW ? "" : "Point for values, drag to zoom";
        this.at.textContent = this.state.zoom ? ACROSS[this.plan.across].words(this.state.zoom).join(" to ") : hint;
        return;
      }
      const [what, where] = ACROSS[this.plan.across].at(at, max - min);
      this.at.append(`${what} `);
      element("b", "", this.at, where);
    }

    // -- keys -----

    key(event) {
      if (event.target !== this.box || event.ctrlKey || event.metaKey || event.altKey) return;
      const [min, max] = this.range(), step = ((max - min) / 100) * (event.shiftKey ? 10 : 1), at = this.state.at;
      const acts = {
        ArrowLeft: () => this.step((at ?? max) - step), ArrowRight: () => this.step((at ?? min) + step),
        Home: () => this.step(this.full()[0]), End: () => this.step(this.full()[1]),
        "+": () => this.zoomBy(0.5), "=": () => this.zoomBy(0.5), "-": () => this.zoomBy(2),
        Escape: () => { this.zoomTo(null); this.moveTo(null); },
      };
      if (!acts[event.key]) return;
      event.preventDefault();
      acts[event.key]();
      clearTimeout(this.speaking);
      this.speaking = setTimeout(() => this.speak(), REST_MS);
    }

    /* Move the cursor to *x*; where that is beyond what is seen, what is seen moves along. */
    step(x) {
      const [low, high] = this.full(), [min, max] = this.range(), to = Math.min(Math.max(x, low), high);
      if (to < min || to > max) {
        const shift = to < min ? to - min : to - max;
        this.zoomTo([min + shift, max + shift]);
      }
      this.moveTo(to);
    }

    speak() {
      const { at } = this.state;
      if (at == null) {
        this.voice.textContent = "All of the axis is shown.";
        return;
      }
      const said = [ACROSS[this.plan.across].at(at, 1e9).join(" "), ...this.panels.map((panel) => panel.spoken(at))];
      this.voice.textContent = said.filter(Boolean).join(". ");
    }

    redraw() { for (const panel of this.panels) panel.u.redraw(false, false); }

    destroy() {
      this.watch.disconnect();
      clearTimeout(this.speaking);
      for (const panel of this.panels) panel.u.destroy();
      this.box.remove();
      this.host.classList.remove("is-live");
    }
  }

  const mount = (root = document) => {
    if (!window.uPlot) return;
    for (const [name, chart] of charts) {
      if (!chart.host.isConnected) {
        chart.destroy();
        charts.delete(name);
      }
    }
    const found = [...(root.matches?.(".drawn[data-figure]") ? [root] : []), ...root.querySelectorAll(".drawn[data-figure]")];
    for (const host of found) {
      const { figure: name } = host.dataset;
      if (!host.querySelector('script[type="application/json"]') || charts.get(name)?.host === host) continue;
      charts.get(name)?.destroy();
      try {
        charts.set(name, new Chart(host));
        if (focused === name) charts.get(name).box.focus({ preventScroll: true });
      } catch (error) {
        host.querySelector(".chart")?.remove();
        host.classList.remove("is-live");
        console.error(`figure ${name}: ${error}`);
      }
    }
  };

  /* Put the cursor of all charts over model time to *moment* (s), or away. */
  const pointAt = (moment) => {
    shared.at = moment;
    for (const chart of charts.values()) if (chart.state === shared) chart.point();
  };
  // Words of the page that tell a moment, as `data-at`, show it in the charts while they are pointed at.
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const told = event.target.closest?.("[data-at]");
      if (told) pointAt(Number(told.dataset.at));
    });
  }

  const repaint = () => {
    forgetColours();
    for (const chart of charts.values()) chart.redraw();
  };
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true });
  document.addEventListener("harness:theme", repaint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  mount();
  return { mount, pointAt, charts };
})());
