/** Writes text only where it differs, and marks what changed for two seconds. Nothing moves under the reader. */

const MARKED_MS = 2000;

export function mark(element) {
  element.classList.add("changed");
  setTimeout(() => element.classList.remove("changed"), MARKED_MS);
}

/** Set an element's text; returns whether it changed. */
export function write(element, text) {
  if (!element || element.textContent === text) return false;
  element.textContent = text;
  return true;
}

export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}
