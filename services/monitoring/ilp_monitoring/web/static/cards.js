/** Repaints one summary card from its numbers. */

import { statusOf } from "./judging.js";
import { mark, part, write } from "./marking.js";
import { changeOf, kindOf, ratioOf, registeredOf, shortOf, unitOf, unitsOf, valueOf, warningOf } from "./texts.js";

export function paintCard(card, numbers, { words, definition, shapes, units, representative }) {
  const value = part(card, "value");
  if (write(value, valueOf(words, numbers, definition))) mark(value);
  write(part(card, "unit"), unitOf(words, numbers, definition));
  paintStatus(card, statusOf(numbers, definition, representative), { words, shapes });
  const bar = part(card, "bar");
  if (bar) bar.setAttribute("width", String(filled(numbers, definition)));
  write(part(card, "short"), representative ? shortOf(words, numbers, definition) : "");
  write(part(card, "ratio"), ratioOf(words, numbers));
  const kind = part(card, "kind");
  write(kind, kindOf(words, numbers));
  kind.hidden = kind.textContent === "";
  const warning = part(card, "warning");
  write(warning, warningOf(words, numbers, definition));
  warning.hidden = warning.textContent === "";
  write(part(card, "registered"), registeredOf(words, numbers));
  const reporting = part(card, "share");
  reporting.setAttribute("width", String(share(units)));
  reporting.dataset.whole = isWhole(units) ? "yes" : "no";
  write(part(card, "units"), unitsOf(words, units));
  write(part(card, "change"), changeOf(words, numbers, definition, units, representative));
}

/** Repaints the status of a card, or of a regency that takes part. */
export function paintStatus(holder, status, { words, shapes }) {
  part(holder, "status").dataset.status = status;
  write(part(holder, "shape"), shapes[status]);
  write(part(holder, "word"), words.text(`status.${status}`));
}

function filled(numbers, definition) {
  const value = numbers.state === "not_reported" || numbers.value === null ? 0 : numbers.value;
  return Math.min(100, (value * 100) / definition.scale);
}

function share({ registered, reported }) {
  return registered ? Math.min(100, (100 * reported) / registered) : 0;
}

function isWhole({ registered, opened, reported }) {
  return registered > 0 && registered === opened && opened === reported;
}
