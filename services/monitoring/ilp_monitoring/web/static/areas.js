/** Repaints the parts that show areas below this one: table cell, outline, legend, lists. */

import { paintStatus } from "./cards.js";
import { gradeOf, statusOf, suspicious } from "./judging.js";
import { relabel } from "./map.js";
import { mark, part, write } from "./marking.js";
import { detailOf, spokenOf, unitsOf, valueOf } from "./texts.js";

export class Areas {
  /** @param {{words: import("./words.js").Words, definitions: object, indicator: string, few: boolean, shapes: object}} page */
  constructor(page) {
    this.page = page;
    this.rows = new Map([...document.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
    this.outlines = new Map([...document.querySelectorAll("[data-shape]")].map((path) => [path.dataset.shape, path]));
  }

  paint(code, numbers) {
    const { words, definitions, indicator } = this.page;
    const definition = definitions[numbers.code];
    const cell = this.rows.get(code)?.querySelector(`[data-cell="${numbers.code}"]`);
    if (cell) this.#cell(cell, numbers, definition);
    if (numbers.code !== indicator) return;
    const spoken = spokenOf(words, numbers, definition);
    const outline = this.outlines.get(code);
    if (outline) relabel(outline, words.text("map.area", { name: outline.dataset.name, value: spoken }));
    if (outline && !this.rows.has(code)) regrade(outline, gradeOf(numbers)); // else `summarise` does
    const participant = participantOf(code);
    if (participant) paintStatus(participant, statusOf(numbers, definition, true), this.page);
    for (const entry of document.querySelectorAll(`[data-entry="${code}"], [data-participant="${code}"]`)) {
      const value = part(entry, "value");
      if (write(value, spoken)) mark(value);
    }
  }

  #cell(cell, numbers, definition) {
    const { words } = this.page;
    const without = numbers.value === null && numbers.state !== "not_reported";
    const text = without ? words.number(numbers.numerator) : valueOf(words, numbers, definition);
    const said = suspicious(numbers, definition) ? `${text} ⚠` : text;
    const changed = write(cell.querySelector("small"), detailOf(words, numbers)) || cell.firstChild.data !== said;
    cell.firstChild.data = said;
    cell.dataset.n = String(numbers.numerator);
    cell.dataset.state = numbers.state;
    if (numbers.value === null) delete cell.dataset.value;
    else cell.dataset.value = String(numbers.value);
    if (changed) mark(cell);
  }

  units(code, { registered, opened, reported }) {
    const { words } = this.page;
    const participant = participantOf(code);
    if (participant) write(part(participant, "units"), unitsOf(words, { registered, opened, reported }));
    const cell = this.rows.get(code)?.querySelector('[data-cell="reporting"]');
    if (!cell) return;
    cell.dataset.n = String(reported);
    cell.dataset.value = String(registered ? reported / registered : -1);
    if (write(cell, [registered, opened, reported].map((n) => words.number(n)).join(" · "))) mark(cell);
  }

  /** Grade the outlines anew, and count legend and sentence, by the table, which also holds areas without an outline. */
  summarise() {
    if (this.rows.size === 0) return;
    const { words, definitions, indicator, few } = this.page;
    const { breaks, unit } = definitions[indicator];
    const counts = { 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, n: 0, x: 0 };
    for (const [code, row] of this.rows) {
      const grade = few && !takesPart(row) ? "n" : gradeInTable(row.querySelector(`[data-cell="${indicator}"]`), breaks);
      counts[grade] += 1;
      if (this.outlines.has(code)) regrade(this.outlines.get(code), grade);
    }
    for (const row of document.querySelectorAll("[data-legend]")) {
      const count = counts[row.dataset.legend];
      write(part(row, "count"), words.number(count));
      if (row.dataset.legend === "x") row.hidden = count === 0;
    }
    const plain = (value) => {
      const text = Number.isInteger(value) ? words.number(value) : words.decimal(value);
      return unit === "percent" ? words.text("number.percent", { n: text }) : text;
    };
    const said = { high: counts[4], low: counts[0] + counts[1], none: counts.n, top: plain(breaks[3]), bottom: plain(breaks[1]) };
    write(document.getElementById("sentence"), words.text(few ? "map.sentence_few" : "map.sentence", said));
  }
}

function participantOf(code) {
  return document.querySelector(`[data-participant="${code}"]`);
}

function regrade(path, grade) {
  if (path.dataset.grade === grade) return;
  path.dataset.grade = grade;
  path.setAttribute("fill", grade === "x" ? "url(#dots)" : "url(#hatch)");
  mark(path);
}

/** A posyandu reported; a puskesmas alone is not enough. The same rule as `Frame.takes_part`. */
function takesPart(row) {
  return Number(row.querySelector('[data-cell="reporting"]').dataset.n) > 0;
}

function gradeInTable(cell, breaks) {
  if (cell.dataset.state === "not_reported") return "n";
  if (cell.dataset.value === undefined) return "x";
  const value = Number(cell.dataset.value);
  return String(breaks.filter((low) => value >= low).length);
}
