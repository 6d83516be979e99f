/** How numbers are said on cards, in the table and on the map; the same sentences as the server's first rendering. */

import { gapOf, suspicious } from "./judging.js";

export function valueOf(words, numbers, definition) {
  if (numbers.state === "not_reported" || numbers.value === null) return words.text("none.mark");
  return definition.unit === "percent" ? words.decimal(numbers.value) : words.number(numbers.numerator);
}

export function unitOf(words, numbers, definition) {
  if (numbers.state === "not_reported" || numbers.value === null) return "";
  return definition.unit === "percent" ? words.text("unit.percent") : words.text("unit.persons", {}, numbers.numerator);
}

export function shortOf(words, numbers, definition) {
  if (numbers.state === "not_reported") return words.text("card.nothing");
  const gap = gapOf(numbers, definition);
  if (gap === null) return definition.unit === "percent" && numbers.value !== null ? words.noun(numbers.code, numbers.numerator) : "";
  if (gap.people === 0) return words.text("card.reached");
  return words.text(`card.${gap.kind}`, { amount: words.noun(numbers.code, gap.people) });
}

export function ratioOf(words, numbers) {
  if (numbers.state === "not_reported") return "";
  const numerator = words.number(numbers.numerator);
  const empty = `card.nobody.${numbers.denominator_kind}`;
  if (numbers.denominator === 0 && empty in words.entries) return words.text(empty);
  if (!numbers.denominator) return words.text("card.numerator_only", { numerator });
  return words.text("card.ratio", { numerator, denominator: words.number(numbers.denominator) });
}

/** What a ratio divides by; nothing where no ratio is said, or says in words that there is nobody to divide by. */
export function kindOf(words, numbers) {
  const { state, denominator, denominator_kind: kind } = numbers;
  const said = state === "not_reported" || (denominator === 0 && `card.nobody.${kind}` in words.entries);
  return said ? "" : words.text(`kind_of.${kind}`);
}

export function unitsOf(words, { registered, opened, reported }) {
  if (!registered && !opened) return words.text("card.no_units");
  return words.text("card.units", { registered: words.number(registered), opened: words.number(opened), reported: words.number(reported) });
}

export function registeredOf(words, { code, denominators }) {
  const { real = null, projected = null } = denominators;
  if (real === null || !projected) return "";
  const share = words.percent((100 * real) / projected);
  return words.text("card.registered", { registered: words.number(real), projected: words.noun(code, projected), share });
}

export function warningOf(words, numbers, definition) {
  return suspicious(numbers, definition) ? words.text("card.suspicious") : "";
}

export function changeOf(words, numbers, definition, units, representative) {
  if (numbers.follow_ups) return followUps(words, numbers.follow_ups);
  const before = numbers.previous;
  const month = words.month(before.period);
  const unknown = [numbers, before].some((one) => one.state === "not_reported" || one.value === null);
  if (unknown) return words.text("change.unknown", { month });
  if (!before.comparable) return incomparable(words, before, units, month);
  if (!representative) return words.text("change.few", { month });
  const percent = definition.unit === "percent";
  const difference = percent ? numbers.value - before.value : numbers.numerator - before.numerator;
  const size = Math.abs(difference);
  const shown = percent ? words.decimal(size) : words.number(size);
  if (shown === (percent ? words.decimal(0) : words.number(0))) return words.text("change.same", { month });
  const amount = percent ? words.text("change.points", { n: shown }, size) : words.noun(numbers.code, size);
  const rising = definition.yearly ? "change.added" : "change.up"; // a sum of months always rises
  return words.text(difference > 0 ? rising : "change.down", { amount, month });
}

function followUps(words, { opened, returned, waiting, overdue }) {
  if (!opened) return "";
  const share = words.percent((100 * returned) / opened);
  return words.text("card.follow_ups", { overdue: words.number(overdue), waiting: words.number(waiting), returned: share });
}

function incomparable(words, before, units, month) {
  const few = before.reason === "few_before" ? before.units : units;
  const counts = { reported: words.number(few.reported), registered: words.number(few.registered) };
  return words.text(`change.${before.reason}`, { month, ...counts });
}

/** The value as read in lists and on the map. */
export function spokenOf(words, numbers, definition) {
  if (numbers.state === "not_reported") return words.text("status.not_reported");
  const people = words.noun(numbers.code, numbers.numerator);
  if (numbers.value === null) return `${people}, ${words.text("map.no_denominator")}`;
  return definition.unit === "percent" ? words.percent(numbers.value) : people;
}

export function detailOf(words, numbers) {
  if (numbers.state === "not_reported") return "";
  if (numbers.denominator === null) return words.text("map.no_denominator");
  return `${words.number(numbers.numerator)}/${words.number(numbers.denominator)}`;
}
