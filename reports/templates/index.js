// Narrows the list of runs by verdict and by the words of a line. Without it the list is whole.
(() => {
  "use strict";
  const form = document.querySelector(".filter");
  if (!form) return;
  const lines = [...document.querySelectorAll(".run")].map((line) => ({
    line,
    words: line.querySelector(".who").textContent.toLowerCase(),
  }));
  const status = document.getElementById("shown");

  function narrow() {
    const wanted = form.querySelector("input[type=search]").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = form.querySelector("input[name=verdict]:checked")?.value ?? "";
    let shown = 0;
    for (const { line, words } of lines) {
      const fits = (!verdict || line.dataset.verdict === verdict) && wanted.every((word) => words.includes(word));
      line.hidden = !fits;
      shown += fits;
    }
    status.textContent = shown === lines.length ? "" : `${shown} of ${lines.length} shown`;
  }

  form.addEventListener("input", narrow);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("pageshow", narrow);
})();
