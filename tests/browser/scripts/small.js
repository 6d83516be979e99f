/** Targets smaller than `least` pixels each way; links within a sentence and outlines of the map are exempt (WCAG 2.5.8). */
(least) => {
  const targets = "a[href], button, select, summary, .legend label, .tabs label";
  const exempt = "svg, p:not(.actions), .skip";
  return [...document.querySelectorAll(targets)]
    .filter((element) => element.checkVisibility() && !element.closest(exempt))
    .map((element) => [element.outerHTML.slice(0, 100), element.getBoundingClientRect()])
    .filter(([, { width, height }]) => Math.min(width, height) < least - 0.5)
    .map(([what, { width, height }]) => `${what} ${Math.round(width)} × ${Math.round(height)}`);
}
