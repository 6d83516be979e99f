/** Before a page loads: note its largest paint and its longest task in `window.seen` (milliseconds). */
(() => {
  const seen = { largest: 0, longest: 0 };
  window.seen = seen;
  const observe = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  observe("largest-contentful-paint", ({ startTime }) => (seen.largest = startTime));
  observe("longtask", ({ duration }) => (seen.longest = Math.max(seen.longest, duration)));
})();
