/** Note in `window.painted` when (Unix time) an element was painted with which text, from now on. */
(selector) => {
  const element = document.querySelector(selector);
  window.painted = [];
  const note = () => requestAnimationFrame(() => window.painted.push([Date.now() / 1000, element.textContent]));
  new MutationObserver(note).observe(element, { subtree: true, childList: true, characterData: true });
}
