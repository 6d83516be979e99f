/** Put fixed words where a time or a number of this run stands. */
(asOf) => {
  const replace = (selector, pattern, fixed) => {
    for (const element of document.querySelectorAll(selector)) {
      element.textContent = element.textContent.replace(pattern, fixed);
    }
  };
  document.querySelector("#as-of")?.replaceChildren(asOf);
  replace(".refusal .note", /[0-9a-f]{16,}/, "0".repeat(32));
  replace(".foot p:not(.actions)", /\d+ \w+ \d{4} [\d.:]+/, "22 Nov 2026 14.05.12");
}
