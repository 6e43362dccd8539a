// The page of a run that goes on. The server says by server-sent events that there is a newer page and which
// parts of it changed; they are exchanged here, and whoever reads stays where they are: scroll, open details,
// focus, selected text, and the zoom of the figures.
(() => {
  "use strict";
  const GIVE_UP_MS = 15000;
  const SETTLE_MS = 700;
  const BLOCKS = "h1, h2, h3, p, li, dt, tr, figure, summary, pre";
  const run = Number(document.body.dataset.liveRun);
  const waiting = "liveWaiting" in document.body.dataset;
  const strip = document.getElementById("live");
  const slot = (name) => strip.querySelector(`[data-live="${name}"]`);
  const put = (name, text) => {
    const element = slot(name);
    if (element.textContent !== text) element.textContent = text;
  };
  let shown = Number(document.body.dataset.liveVersion);
  let source = null;
  let latest = null;
  let ended = false;
  let busy = false;
  let lostSince = 0;
  let pressed = null;
  let settling = null;
  const stale = new Set();

  document.documentElement.style.overflowAnchor = "none"; // the place is kept below; twice would be too much

  // --- the connection -------------------------------------------------------------------------------------

  function connect() {
    source?.close();
    if (ended) return;
    source = new EventSource(`/events?run=${run}${document.hidden ? "&quiet" : ""}`);
    source.addEventListener("state", (event) => take(JSON.parse(event.data)));
    source.addEventListener("error", lost);
  }

  function lost() {
    if (ended) return;
    lostSince = lostSince || Date.now();
    const gone = Date.now() - lostSince > GIVE_UP_MS || source.readyState === EventSource.CLOSED;
    if (gone) end();
    strip.dataset.state = "lost";
    put("word", gone ? "No longer live" : "Reconnecting");
    put("detail", gone ? "The command that made this page has ended; this is the last it showed." : "");
    put("news", gone ? "The page is no longer live." : "Reconnecting.");
  }

  function end() {
    ended = true;
    source.close();
  }

  function take(state) {
    lostSince = 0;
    latest = state;
    tell(state);
    refresh();
  }

  // --- what is told above the page ------------------------------------------------------------------------

  function tell(state) {
    const own = state.runs.find((one) => one.run === run);
    const now = state.runs.find((one) => one.run === state.current);
    const over = own ? own.state === "over" : state.over;
    strip.dataset.state = over ? "over" : "live";
    put("word", over ? "Over" : "Live");
    put("detail", own ? inWords(own) : "");
    share(over ? null : own);
    elsewhere(now && run && now.run !== run && now.state !== "over" ? now : null);
    const text = news(own, over);
    if (text !== null) put("news", text);
  }

  function inWords(own) {
    if (own.trouble) return own.trouble;
    if (own.state === "over") return "This is the final report; it needs no server any more.";
    if (own.state === "starting") return "the backend starts";
    const words = [own.state === "judged" ? "the report is drawn" : own.phase];
    if (own.at_s !== undefined) {
      words.push(own.ends_at_s > own.at_s ? `${clock(own.at_s)} of ${clock(own.ends_at_s)}` : clock(own.at_s));
    }
    if (own.left_s >= 1) words.push(`about ${span(own.left_s)} left`);
    if (own.counts?.due) words.push(`${own.counts.sent.toLocaleString("en")} sent, ${own.counts.completed.toLocaleString("en")} answered`);
    return words.join(" · ");
  }

  /** Return what is read out, null while that is not known: each phase, and the verdict once the page has it. */
  function news(own, over) {
    if (!own) return "";
    if (!over) return own.state === "running" ? `Phase: ${own.phase}.` : "";
    if (shown < own.version) return null;
    return `The run is over. ${document.querySelector(".verdict")?.innerText ?? ""}`;
  }

  function share(own) {
    const bar = slot("share");
    bar.hidden = !(own && own.state === "running" && own.ends_at_s > 0);
    if (!bar.hidden) bar.value = Math.min(own.at_s / own.ends_at_s, 1);
  }

  function elsewhere(other) {
    const hint = slot("hint");
    const text = other ? `${other.name} runs now` : "";
    if (hint.textContent === text) return;
    hint.textContent = "";
    if (!other) return;
    const link = document.createElement("a");
    link.href = `/runs/${other.run}`;
    link.textContent = text;
    hint.append(link);
  }

  function clock(seconds) {
    const whole = Math.floor(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    return `${hours ? `${hours}:` : ""}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  }

  function span(seconds) {
    return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
  }

  // --- the newer page -------------------------------------------------------------------------------------

  async function refresh() {
    if (busy) return;
    busy = true;
    try {
      for (let own = wanted(); own; own = wanted()) {
        if (waiting) return location.reload();
        const before = shown;
        const answer = await fetch(location.pathname, { cache: "no-store" });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        const next = new DOMParser().parseFromString(await answer.text(), "text/html");
        shown = Number(answer.headers.get("X-Live-Version"));
        for (const [name, version] of Object.entries(own.sections)) if (version > before) stale.add(name);
        if (shown > own.version) for (const name of parts(next).keys()) stale.add(name);
        exchange(next);
        if (shown === before) break;
      }
      tell(latest);
      if (latest.over && !wanted()) end();
    } catch (error) {
      lost(); // the next state tries again
    } finally {
      busy = false;
    }
  }

  /** Return how our run stands when there is something of it to fetch. */
  function wanted() {
    const own = run ? latest.runs.find((one) => one.run === run) : latest.index;
    const free = [...stale].some((name) => !held(current(name)));
    return own && (own.version > shown || free) ? own : null;
  }

  /** Return the exchangeable parts of a page by their names, in order. */
  function parts(page) {
    const found = new Map();
    const add = (name, element) => element && found.set(name, element);
    add("masthead", page.querySelector("header.masthead"));
    add("nav", page.querySelector("body > nav#sections"));
    for (const section of page.querySelectorAll("main > section[id]")) add(section.id, section);
    add("footer", page.querySelector("body > footer"));
    return found;
  }

  function current(name) {
    return parts(document).get(name);
  }

  /** Return whether a part is in use in a way that an exchange would break. */
  function held(part) {
    if (!part) return false;
    const selected = getSelection();
    return (
      (pressed && part.contains(pressed)) ||
      (selected && !selected.isCollapsed && selected.rangeCount > 0 && selected.containsNode(part, true))
    );
  }

  function exchange(next) {
    const place = readingPlace();
    const fresh = parts(next);
    let before = null;
    for (const [name, part] of fresh) {
      const old = current(name);
      if (!old) {
        const made = document.adoptNode(part);
        if (made.matches("section")) insert(made, before);
        else if (name === "nav") current("masthead")?.after(made);
        window.harnessFigures?.mount(made);
      } else if (stale.has(name)) {
        if (held(old)) {
          before = name;
          continue;
        }
        swap(old, document.adoptNode(part));
      }
      stale.delete(name);
      before = name;
    }
    for (const [name, old] of parts(document)) {
      if (!fresh.has(name)) old.remove();
    }
    for (const name of [...stale]) if (!fresh.has(name)) stale.delete(name);
    const bars = [document, next].map((page) => page.querySelector("body > .bar"));
    if (bars[0] && bars[1]) bars[0].className = bars[1].className;
    document.title = next.title;
    hold(place);
  }

  /** Keep *place* where it is, until figures above it have their size again or the reader moves on. */
  function hold(place) {
    settling?.disconnect();
    if (!place) return;
    place.keep();
    const observer = new ResizeObserver(place.keep);
    settling = observer;
    observer.observe(document.body);
    setTimeout(() => observer.disconnect(), SETTLE_MS);
  }

  /** Put a new section after the one called *before*, or first. */
  function insert(section, before) {
    const after = before && document.querySelector(`main > section[id="${CSS.escape(before)}"]`);
    if (after) after.after(section);
    else document.querySelector("main").prepend(section);
  }

  function swap(old, fresh) {
    const open = new Map(keyed(old).map(([key, details]) => [key, details.open]));
    for (const [key, details] of keyed(fresh)) if (open.has(key)) details.open = open.get(key);
    const focused = old.contains(document.activeElement) ? path(old, document.activeElement) : null;
    const scrolled = [...old.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
    old.replaceWith(fresh);
    window.harnessFigures?.mount(fresh);
    [...fresh.querySelectorAll(".scroll")].forEach((box, index) => {
      if (scrolled[index]) [box.scrollLeft, box.scrollTop] = scrolled[index];
    });
    if (focused) resolve(fresh, focused).focus({ preventScroll: true });
  }

  /** Return the details below *part*, each with a key that outlasts new figures in its summary. */
  function keyed(part) {
    const seen = new Map();
    return [...part.querySelectorAll("details")].map((details) => {
      const summary = details.querySelector("summary")?.textContent ?? "";
      const key = details.id || summary.replace(/[\d.,:]+/g, "#").trim();
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return [`${key}/${seen.get(key)}`, details];
    });
  }

  /** Return the way from *root* down to *element*: its id, or the position at each step. */
  function path(root, element) {
    const steps = [];
    for (let at = element; at !== root; at = at.parentElement) {
      steps.unshift(at.id ? { id: at.id } : { nth: [...at.parentElement.children].indexOf(at) });
      if (at.id) break;
    }
    return steps;
  }

  /** Return the element at the end of that way, or the last one before the way is lost. */
  function resolve(root, steps) {
    let at = root;
    for (const step of steps) {
      const next = step.id ? root.querySelector(`[id="${CSS.escape(step.id)}"]`) : at.children[step.nth];
      if (!next) break;
      at = next;
    }
    return at;
  }

  /** Remember what stands where eyes rest, a third down, to put it there again; nothing at the page's top. */
  function readingPlace() {
    if (scrollY === 0) return null;
    const line = innerHeight / 3;
    const reaches = (one) => one.getBoundingClientRect().bottom > line;
    for (const [name, part] of parts(document)) {
      if (name === "nav" || !reaches(part)) continue;
      const blocks = [...part.querySelectorAll(BLOCKS)].filter((one) => one.getClientRects().length > 0);
      const element = blocks.find(reaches) ?? part;
      const steps = path(part, element);
      const top = element.getBoundingClientRect().top;
      const keep = () => {
        const now = current(name);
        if (now) scrollBy({ top: resolve(now, steps).getBoundingClientRect().top - top, behavior: "instant" });
      };
      return { keep };
    }
    return null;
  }

  /** Exchange what had to wait while it was in use. */
  function letGo() {
    if (latest && stale.size && !ended) refresh();
  }

  addEventListener("pointerdown", (event) => (pressed = event.target));
  for (const kind of ["pointerup", "pointercancel", "blur"]) {
    addEventListener(kind, () => {
      pressed = null;
      letGo();
    });
  }
  document.addEventListener("selectionchange", letGo);
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    addEventListener(kind, () => settling?.disconnect(), { passive: true });
  }
  document.addEventListener("visibilitychange", connect);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && connect());
  connect();
})();
