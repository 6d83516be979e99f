/** What can be operated and was no stop of the focus; of a group of radio buttons one stop is enough. */
() => {
  const operable = "a[href], button, select, summary, input, [tabindex='0']";
  const reached = (element) =>
    window.stops.some((stop) => stop === element || (element.type === "radio" && stop.name === element.name));
  return [...document.querySelectorAll(operable)]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest("[tabindex='-1']"))
    .filter((element) => !reached(element))
    .map((element) => element.outerHTML.slice(0, 120));
}
