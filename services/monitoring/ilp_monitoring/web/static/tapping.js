/** On a touch screen the first tap on an area says what it is in a small card; the second, or its link, opens it. */

import { part } from "./marking.js";

export function makeTappable(map, card) {
  if (!map || !card) return;
  let chosen = null;
  map.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const path = link?.querySelector("[data-shape]");
    if (!path || path === chosen || !matchMedia("(hover: none)").matches) return;
    event.preventDefault();
    chosen?.classList.remove("shown");
    chosen = path;
    chosen.classList.add("shown");
    say(card, path, link);
  });
}

function say(card, path, link) {
  const row = document.querySelector(`[data-row="${path.dataset.shape}"]`);
  part(card, "said").textContent = path.querySelector("title").textContent;
  part(card, "ratio").textContent = row?.querySelector(".main small")?.textContent ?? "";
  const reporting = row?.querySelector('[data-cell="reporting"]');
  part(card, "units").textContent = reporting ? `${reporting.dataset.label}: ${reporting.textContent}` : "";
  part(card, "open").href = link.getAttribute("href");
  card.hidden = false;
}
