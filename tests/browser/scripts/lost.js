/** Elements whose text is cut off, or which stand beyond the right edge where nothing scrolls. */
() => {
  const scrolls = "thead, .scroller";
  const elsewhere = "svg, .unseen"; // drawings, words for screen readers
  const cutOff = (element) => {
    const { overflowX } = getComputedStyle(element);
    return ["hidden", "clip"].includes(overflowX) && element.scrollWidth > element.clientWidth + 1;
  };
  const outside = (element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(scrolls);
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility() && !element.closest(elsewhere) && !element.matches("input, .skip"))
    .filter((element) => cutOff(element) || outside(element))
    .map((element) => element.outerHTML.slice(0, 120));
}
