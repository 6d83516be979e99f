/** Put fixed words where a time or a number of this run stands. */
(asOf) => {
  const instant = /\d+ \w+ \d{4} [\d.:]+/;
  const replace = (selector, pattern, fixed) => {
    for (const element of document.querySelectorAll(selector)) {
      element.textContent = element.textContent.replace(pattern, fixed);
    }
  };
  document.querySelector("#as-of")?.replaceChildren(asOf);
  replace(".refusal .note", /[0-9a-f]{16,}/, "0".repeat(32));
  replace(".foot p:not(.actions)", instant, asOf.match(instant)[0]);
}
