/** Microseconds that the engine takes for one case, on average; a first round warms it up. */
async ({ lines, root }) => {
  const { prepared, evaluate } = await import(`${root}/engine.js`);
  const read = async (name) => (await fetch(`${root}/${name}`)).arrayBuffer();
  const rules = JSON.parse(new TextDecoder().decode(await read("rules.json")));
  const bundle = prepared(rules, new Uint8Array(await read("tables.bin")));
  const cases = lines.map((line) => JSON.parse(line).input);
  const round = () => {
    const began = performance.now();
    for (const input of cases) evaluate(bundle, input);
    return (1000 * (performance.now() - began)) / cases.length;
  };
  round();
  return round();
};
