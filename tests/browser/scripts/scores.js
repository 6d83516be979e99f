/** Z-scores of measures by the tables of the engine in JavaScript, and the tables as it reads them. */
async ({ root, table, positions, measures, restricted }) => {
  const { halfUp, readTables, rowAt, zOf } = await import(`${root}/engine.js`);
  const bytes = await (await fetch(`${root}/tables.bin`)).arrayBuffer();
  window.tables ??= readTables(new Uint8Array(bytes));
  const found = window.tables[table];
  return {
    start: found.start,
    columns: found.columns.map((column) => [...column]),
    scores: positions.map((position, at) => halfUp(zOf(measures[at], rowAt(found, position), restricted), 2)),
  };
};
