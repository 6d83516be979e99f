/** Entry of the situation page: takes up the server's rendering and keeps it current. */

import { paintArrivals } from "./arrivals.js";
import { Areas } from "./areas.js";
import { paintCard } from "./cards.js";
import { makeTappable, makeZoomable } from "./map.js";
import { write } from "./marking.js";
import { Connection } from "./stream.js";
import { makeSortable } from "./table.js";
import { unitsOf } from "./texts.js";
import { Words } from "./words.js";

const data = JSON.parse(document.getElementById("live-data").textContent);
const words = new Words(data.words, data.zone);
const areas = new Areas({ words, definitions: data.definitions, indicator: data.indicator, few: data.few, shapes: data.shapes });
const own = new Map(data.indicators.map((numbers) => [numbers.code, numbers]));
/** Of a yearly indicator the page shows the coverage of the year; `as_shown` on the server does the same. */
const shown = (numbers) => ({ ...numbers, ...numbers.year, ...overdue(numbers) });

function overdue({ follow_ups: tasks, previous }) {
  if (!tasks) return {};
  const { overdue: numerator, opened: denominator, value, state, map_class } = tasks;
  return { previous: { ...previous, comparable: false }, numerator, denominator, denominators: { opened: denominator }, value, state, map_class };
}
let checkedAt = null;
let counted = data.current !== null;

function take([code, indicator, numerator, denominator, denominators, value, state, map_class, previous, year, follow_ups]) {
  const news = shown({ code: indicator, numerator, denominator, denominators, value, state, map_class, previous, year, follow_ups });
  if (code === data.code) Object.assign(own.get(indicator), news);
  areas.paint(code, news);
}

function takeUnits([code, registered, opened, reported]) {
  const units = { registered, opened, reported };
  areas.units(code, units);
  if (code !== data.code) return;
  data.units = units;
  write(document.getElementById("reported"), words.text("facilities.units", { units: unitsOf(words, units), period: data.period_text }));
  const amount = (n) => words.text("facilities.posyandu", { n: words.number(Math.max(0, n)) }, n);
  write(document.getElementById("unreported"), amount(opened - reported));
  write(document.getElementById("unopened"), amount(registered - opened));
}

function repaint() {
  for (const card of document.querySelectorAll("[data-card]")) {
    const definition = data.definitions[card.dataset.card];
    paintCard(card, own.get(card.dataset.card), { words, definition, shapes: data.shapes, units: data.units, representative: data.representative });
  }
  areas.summarise();
}

function onPatch(patch) {
  counted ||= patch.as_of !== null;
  patch.units.forEach(takeUnits);
  for (const cell of patch.cells) take(cell);
  if (patch.arrivals) paintArrivals(words, patch.arrivals);
  repaint();
}

function onSnapshot(situation) {
  const parts = [...situation.children, ...situation.participants];
  const all = [situation.area.code, ...parts.map((part) => part.code)];
  const lists = [situation.indicators, ...parts.map((part) => part.indicators)];
  const units = [situation.units, ...parts.map((part) => part.units)];
  data.representative = !situation.participation || situation.participation.population_percent >= data.half;
  onPatch({
    as_of: situation.as_of,
    arrivals: situation.arrivals,
    units: all.map((code, index) => [code, units[index].registered, units[index].opened, units[index].reported]),
    cells: all.flatMap((code, index) => lists[index].map((n) => [code, n.code, n.numerator, n.denominator, n.denominators, n.value, n.state, n.map_class, n.previous, n.year, n.follow_ups])),
  });
}

/** `at` is null while the numbers catch up with what is published: then no instant may be named. */
function onChecked(at) {
  checkedAt = at ?? checkedAt;
  const unknown = counted ? "head.catching_up" : "head.no_data_yet";
  write(document.getElementById("as-of"), at ? words.text("head.data_as_of", { time: words.time(at) }) : words.text(unknown));
}

function say(state) {
  document.getElementById("connection").dataset.state = state;
  const time = words.time(checkedAt ?? data.current ?? Date.now(), "time.clock");
  write(document.getElementById("connection-text"), words.text(`live.${state}`, { time }));
}

const query = new URLSearchParams({ period: data.period, denominator: data.denominator, below: data.below });
const source = `../v1/situations/${data.code}`;
say("connecting");
new Connection({
  address: (last) => `${source}/stream?${query}&last=${last}`,
  snapshot: `${source}?${query}`,
  sequence: data.sequence,
  onPatch,
  onSnapshot,
  onChecked,
  say,
}).open();

const map = document.querySelector("svg.map");
makeTappable(map, document.getElementById("tapped"), document.getElementById("hovered"));
makeZoomable(map, document.getElementById("zoom"), words);
makeSortable(document.getElementById("areas"));
const filters = document.getElementById("filters");
filters.classList.add("live");
filters.addEventListener("change", () => filters.requestSubmit());
const print = document.getElementById("print");
print.hidden = false;
print.addEventListener("click", () => window.print());
addEventListener("beforeprint", () => {
  const time = words.time(Date.now());
  write(document.getElementById("printed"), words.text("paper.printed", { time, account: data.account }));
});
