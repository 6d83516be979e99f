/** What the page's own modules say of numbers, under the same names as the test gives to the server's words. */
async ({ cases, units, representative }) => {
  const { words: entries, zone, definitions, shapes } = JSON.parse(document.getElementById("live-data").textContent);
  const version = document.querySelector("script[src]").src.split("?")[1];
  const load = (name) => import(`../static/${name}.js?${version}`);
  const [judging, texts, { Words }] = await Promise.all(["judging", "texts", "words"].map(load));
  const words = new Words(entries, zone);
  return cases.map((numbers) => {
    const definition = definitions[numbers.code];
    const status = judging.statusOf(numbers, definition, representative);
    return {
      status,
      shape: shapes[status],
      gap: judging.gapOf(numbers, definition),
      grade: judging.gradeOf(numbers),
      suspicious: judging.suspicious(numbers, definition),
      value: texts.valueOf(words, numbers, definition),
      unit: texts.unitOf(words, numbers, definition),
      short: representative ? texts.shortOf(words, numbers, definition) : "",
      ratio: texts.ratioOf(words, numbers),
      kind: texts.kindOf(words, numbers),
      units: texts.unitsOf(words, units),
      registered: texts.registeredOf(words, numbers),
      change: texts.changeOf(words, numbers, definition, units, representative),
      warning: texts.warningOf(words, numbers, definition),
      spoken: texts.spokenOf(words, numbers, definition),
    };
  });
}
