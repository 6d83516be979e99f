/** Makes the table's headings sort it, on the reader's wish only; unknown values always come last. */

export function makeSortable(table) {
  if (!table) return;
  document.getElementById("sort-hint").hidden = false;
  const headings = [...table.querySelectorAll("th[data-sort]")];
  for (const heading of headings) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      sort(table.tBodies[0], heading.dataset.sort, up ? 1 : -1);
    });
  }
}

function sort(body, column, direction) {
  const compare = column === "name" ? byName : (a, b) => byValue(a, b, column, direction);
  body.append(...[...body.rows].sort((a, b) => (column === "name" ? direction * compare(a, b) : compare(a, b))));
}

function byName(a, b) {
  return a.cells[0].textContent.localeCompare(b.cells[0].textContent, "id");
}

function byValue(a, b, column, direction) {
  const [left, right] = [a, b].map((row) => row.querySelector(`[data-cell="${column}"]`).dataset.value);
  if (left === undefined || right === undefined) return (left === undefined) - (right === undefined) || byName(a, b);
  return direction * (Number(left) - Number(right)) || byName(a, b);
}
