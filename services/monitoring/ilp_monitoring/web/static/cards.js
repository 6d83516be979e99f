/** Repaints one summary card from its numbers. */

import { statusOf } from "./judging.js";
import { mark, part, write } from "./marking.js";
import { changeOf, completeOf, ratioOf, shortOf, unitOf, valueOf, warningOf } from "./texts.js";

export function paintCard(card, numbers, { words, definition, shapes }) {
  const value = part(card, "value");
  if (write(value, valueOf(words, numbers, definition))) mark(value);
  write(part(card, "unit"), unitOf(words, numbers, definition));
  const status = statusOf(numbers, definition);
  part(card, "status").dataset.status = status;
  write(part(card, "shape"), shapes[status]);
  write(part(card, "word"), words.text(`status.${status}`));
  const bar = part(card, "bar");
  if (bar) bar.setAttribute("width", String(filled(numbers, definition)));
  write(part(card, "short"), shortOf(words, numbers, definition));
  write(part(card, "ratio"), ratioOf(words, numbers));
  const warning = part(card, "warning");
  write(warning, warningOf(words, numbers, definition));
  warning.hidden = warning.textContent === "";
  part(card, "share").setAttribute("width", String(share(numbers.completeness)));
  write(part(card, "complete"), completeOf(words, numbers.completeness));
  write(part(card, "change"), changeOf(words, numbers, definition));
}

function filled(numbers, definition) {
  const value = numbers.state === "not_reported" || numbers.value === null ? 0 : numbers.value;
  return Math.min(100, (value * 100) / definition.scale);
}

function share({ reported, expected }) {
  return expected ? Math.min(100, (100 * reported) / expected) : 0;
}
