/** Judge cases by the engine in JavaScript; returns the lines of which it says something else, with what it says. */
async ({ lines, root, most }) => {
  const { prepared, evaluate } = await import(`${root}/engine.js`);
  const read = async (name) => (await fetch(`${root}/${name}`)).arrayBuffer();
  const rules = async () => JSON.parse(new TextDecoder().decode(await read("rules.json")));
  window.bundle ??= prepared(await rules(), new Uint8Array(await read("tables.bin")));
  const same = (one, other) => {
    if (one === other) return true;
    if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return false;
    const keys = Object.keys(one);
    return (
      Array.isArray(one) === Array.isArray(other) &&
      keys.length === Object.keys(other).length &&
      keys.every((key) => key in other && same(one[key], other[key]))
    );
  };
  const order = (fault) => `${fault.pointer} ${fault.code}`;
  const said = (input) => {
    try {
      const answer = evaluate(window.bundle, input);
      answer.problems?.sort((one, other) => (order(one) < order(other) ? -1 : 1));
      return answer;
    } catch (error) {
      return { error: String(error.stack) };
    }
  };
  const different = [];
  for (const line of lines) {
    const { input, output } = JSON.parse(line);
    const answer = said(input);
    if (!same(answer, output)) different.push({ line, answer });
    if (different.length >= most) break;
  }
  return different;
};
