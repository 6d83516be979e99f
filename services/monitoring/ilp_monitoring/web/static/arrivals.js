/** The list of what came in last, as the server sends it: newest first, by facility and minute; so does `web/arrivals.py`. */

import { mark, part, write } from "./marking.js";

export function paintArrivals(words, arrivals) {
  const list = document.getElementById("fresh-list");
  const known = new Map([...list.children].map((entry) => [entry.dataset.arrival, entry]));
  list.replaceChildren(...arrivals.map((arrival) => painted(words, arrival, known)));
  document.getElementById("fresh").hidden = arrivals.length === 0;
}

function painted(words, arrival, known) {
  const key = `${arrival.facility_id} ${arrival.minute.slice(0, 16)}Z`;
  const entry = known.get(key) ?? empty(key);
  write(entry.querySelector("time"), words.time(arrival.minute, "time.minute"));
  write(part(entry, "unit"), [arrival.facility_name ?? words.text("live.unit"), arrival.area_name].filter(Boolean).join(", "));
  write(part(entry, "what"), whatOf(words, arrival));
  if (write(part(entry, "amount"), `+${words.number(arrival.weighings + arrival.others)}`)) mark(entry);
  return entry;
}

function empty(key) {
  const entry = document.createElement("li");
  entry.dataset.arrival = key;
  const [unit, what, amount] = [["b", "unit"], ["span", "what"], ["b", "amount"]].map(([tag, name]) => {
    const element = document.createElement(tag);
    element.dataset.part = name;
    return element;
  });
  const where = document.createElement("div");
  where.append(unit, what);
  entry.append(document.createElement("time"), where, amount);
  return entry;
}

function whatOf(words, { weighings, others }) {
  const said = (name, n) => words.text(`live.${name}`, { n: words.number(n) }, n);
  if (weighings === 0) return said("screenings", others);
  return others === 0 ? said("weighings", weighings) : `${said("weighings", weighings)} · ${said("others", others)}`;
}
