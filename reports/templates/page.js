// What the page does beside its figures: colours, copying, unfolding what an address names, the mark in the
// list of sections, and unfolding for print. By delegation: parts of a live page are exchanged under it.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  root.dataset.scripts = "";

  // --- light and dark ---------------------------------------------------------------------------------------

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  function tellTheme() {
    for (const button of document.querySelectorAll(".theme")) button.lastChild.textContent = isDark() ? "Light" : "Dark";
  }
  dark.addEventListener("change", tellTheme);

  // --- copying ----------------------------------------------------------------------------------------------

  async function copy(button) {
    const source = button.closest(".copied").querySelector("pre");
    const word = button.firstChild;
    let done = true;
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      done = document.execCommand("copy");
    }
    word.textContent = done ? "Copied" : "Selected";
    button.setAttribute("aria-live", "polite");
    setTimeout(() => { word.textContent = "Copy"; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (button?.classList.contains("copy")) copy(button);
    if (button?.classList.contains("theme")) {
      root.dataset.theme = isDark() ? "light" : "dark";
      tellTheme();
    }
    const link = event.target.closest?.('a[href^="#"]');
    if (link) unfold(link.hash);
  });

  // --- what an address names --------------------------------------------------------------------------------

  function unfold(hash) {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true;
    target.querySelector(":scope > details:only-of-type")?.setAttribute("open", "");
  }

  function follow() {
    unfold(location.hash);
    if (location.hash.length > 1) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }
  addEventListener("hashchange", follow);

  // --- where the reader is ----------------------------------------------------------------------------------

  let asked = false;
  function mark() {
    asked = false;
    const line = innerHeight / 4;
    let current = null;
    for (const section of document.querySelectorAll("main > section[id]")) {
      if (section.getBoundingClientRect().top <= line) current = section.id;
    }
    const atEnd = innerHeight + scrollY >= root.scrollHeight - 2 && scrollY > 0;
    const links = [...document.querySelectorAll("#sections a")];
    for (const link of links) {
      const here = atEnd ? link === links.at(-1) : link.hash === `#${current}`;
      if (here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  }
  function ask() {
    if (!asked) requestAnimationFrame(mark);
    asked = true;
  }
  addEventListener("scroll", ask, { passive: true });
  addEventListener("resize", ask, { passive: true });

  // --- paper ------------------------------------------------------------------------------------------------

  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open]):not([data-fold])")];
    for (const details of unfolded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of unfolded) details.open = false;
  });

  addEventListener("DOMContentLoaded", () => { tellTheme(); follow(); mark(); });
})();
