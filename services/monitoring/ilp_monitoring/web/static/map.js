/**
 * What an area on the map is, before it is opened: under the pointer in a small card beside it; on a touch screen after
 * the first tap, in a card below the map; the second tap, or the card's link, opens the area. Small areas are enlarged.
 */

import { part } from "./marking.js";

const BESIDE_PX = 14;

export function makeTappable(map, tapped, hovered) {
  if (!map || !tapped) return;
  map.querySelectorAll("[data-shape]").forEach(labelled);
  let chosen = null;
  map.addEventListener("click", (event) => {
    const path = shapeAt(event);
    if (!path || path === chosen || !isTouch(event)) return;
    event.preventDefault();
    chosen?.classList.remove("shown");
    chosen = path;
    chosen.classList.add("shown");
    say(tapped, path);
    const link = path.closest("a");
    part(tapped, "open").hidden = !link;
    if (link) part(tapped, "open").href = link.getAttribute("href");
  });
  map.addEventListener("pointermove", (event) => {
    const path = event.pointerType === "mouse" ? shapeAt(event) : null;
    hovered.hidden = !path;
    if (!path) return;
    say(hovered, path);
    place(hovered, event);
  });
  map.addEventListener("pointerleave", () => (hovered.hidden = true));
}

function shapeAt(event) {
  return event.target.closest("[data-shape]");
}

/** A click by keyboard has no pointer: it opens, as on any link. */
function isTouch(event) {
  return event.pointerType ? event.pointerType !== "mouse" : event.detail > 0 && matchMedia("(hover: none)").matches;
}

function place(card, { clientX, clientY }) {
  const { width, height } = card.getBoundingClientRect();
  const left = clientX + BESIDE_PX + width > innerWidth ? clientX - BESIDE_PX - width : clientX + BESIDE_PX;
  const top = clientY + BESIDE_PX + height > innerHeight ? clientY - BESIDE_PX - height : clientY + BESIDE_PX;
  card.style.left = `${Math.max(0, left)}px`;
  card.style.top = `${Math.max(0, top)}px`;
}

function say(card, path) {
  const row = document.querySelector(`[data-row="${path.dataset.shape}"]`);
  part(card, "said").textContent = labelOf(path);
  part(card, "ratio").textContent = row?.querySelector(".main small")?.textContent ?? "";
  const reporting = row?.querySelector('[data-cell="reporting"]');
  part(card, "units").textContent = reporting ? `${reporting.dataset.label}: ${reporting.textContent}` : "";
  card.hidden = false;
}

/** Name the outline without a title: for programs that read the page aloud, its link carries the label. */
function labelled(path) {
  const title = path.querySelector("title");
  if (!title) return;
  const named = path.closest("a") ?? path;
  if (named === path) path.setAttribute("role", "img");
  named.setAttribute("aria-label", title.textContent);
  title.remove();
}

function labelOf(path) {
  return path.querySelector("title")?.textContent ?? (path.closest("a") ?? path).getAttribute("aria-label");
}

export function relabel(path, text) {
  const title = path.querySelector("title");
  if (title) title.textContent = text;
  else (path.closest("a") ?? path).setAttribute("aria-label", text);
}

/** Enlarge the part where the small areas lie, step by step, and then show the whole again. */
export function makeZoomable(map, button, words) {
  const steps = map?.dataset.zooms?.split("|").filter(Boolean) ?? [];
  if (!button || steps.length === 0) return;
  const views = [map.getAttribute("viewBox"), ...steps];
  const width = (view) => Number(view.split(" ")[2]);
  let at = 0;
  const show = (index) => {
    at = index;
    map.setAttribute("viewBox", views[at]);
    map.classList.toggle("zoomed", at > 0);
    for (const pattern of map.querySelectorAll("pattern")) {
      pattern.setAttribute("patternTransform", `${pattern.dataset.turned} scale(${width(views[at]) / width(views[0])})`);
    }
    button.textContent = words.text(at === views.length - 1 ? "map.whole" : "map.zoom");
  };
  show(0);
  button.hidden = false;
  button.addEventListener("click", () => show((at + 1) % views.length));
  addEventListener("beforeprint", () => show(0));
}
