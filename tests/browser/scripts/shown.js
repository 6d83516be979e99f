/** What a situation page shows: the open document, or (`fresh`) the server's rendering of the same address now. */
async (fresh) => {
  const text = (element) => (element === null ? null : element.textContent.trim());
  const entries = (elements, name, read) =>
    Object.fromEntries([...elements].map((element) => [element.dataset[name], read(element)]));
  const tenth = (width) => Math.round(10 * width) / 10;

  const readCard = (card) => ({
    texts: entries(card.querySelectorAll("p [data-part]"), "part", text),
    status: card.querySelector("[data-part=status]").dataset.status,
    warned: !card.querySelector("[data-part=warning]").hidden,
    bars: [...card.querySelectorAll("rect[data-part]")].map((bar) => tenth(bar.getAttribute("width"))),
  });
  const readCell = ({ firstChild, dataset, lastElementChild }) => [
    firstChild.data.trim(),
    text(lastElementChild),
    dataset.state ?? "",
    Number(dataset.n ?? 0),
    Number(dataset.value ?? -1),
  ];
  const labelOf = (path) => text(path.querySelector("title")) ?? (path.closest("a") ?? path).getAttribute("aria-label");
  const readOutline = (path) => [path.dataset.grade, path.getAttribute("fill"), labelOf(path)];
  const readParticipant = (row) => [
    row.querySelector("[data-part=status]").dataset.status,
    ...[...row.querySelectorAll("[data-part]")].map(text),
  ];
  const readArrival = (entry) => [...entry.querySelectorAll("time, [data-part]")].map(text);
  const rendering = async () =>
    new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");

  const page = fresh ? await rendering() : document;
  return {
    cards: entries(page.querySelectorAll("[data-card]"), "card", readCard),
    table: entries(page.querySelectorAll("[data-row]"), "row", (row) =>
      entries(row.querySelectorAll("[data-cell]"), "cell", readCell),
    ),
    legend: entries(page.querySelectorAll("[data-legend]"), "legend", (row) => [text(row.querySelector("b")), row.hidden]),
    outlines: entries(page.querySelectorAll("[data-shape]"), "shape", readOutline),
    arrivals: [page.querySelector("#fresh").hidden, ...[...page.querySelectorAll("[data-arrival]")].map(readArrival)],
    participants: entries(page.querySelectorAll("[data-participant]"), "participant", readParticipant),
    sentence: text(page.querySelector("#sentence")),
    reported: text(page.querySelector("#reported")),
  };
}
