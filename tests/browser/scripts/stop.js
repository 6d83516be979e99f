/** Where the focus stands: what it is, whether it was here before, and whether a reader sees it; null outside the page. */
() => {
  const stop = document.activeElement;
  if (stop === document.body || stop === null) return null;
  const standsFor = (radio) => {
    if (radio.matches(".legend input")) return radio.closest("label");
    return radio.matches(".tab-choice") ? document.querySelector(`label[for=${radio.id}]`) : radio;
  };
  const shown = standsFor(stop);
  const look = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  const above = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  window.stops ??= [];
  const again = window.stops.includes(stop);
  window.stops.push(stop);
  return {
    what: stop.outerHTML.slice(0, 120),
    again,
    outlined: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    covered: above !== null && !shown.contains(above) && !above.contains(shown),
  };
}
