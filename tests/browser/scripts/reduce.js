/** A picture (PNG, base64) in `most` colours: width, height, palette, and one byte for each pixel (base64). */
async ([picture, most, apart]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const { width, height } = image;
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);

  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const distance = (one, two) => one.reduce((sum, part, index) => sum + (part - two[index]) ** 2, 0);
  const palette = [];
  for (const pixel of [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b)) {
    const colour = parts(pixel); // frequent ones first, and none beside one that is there: rare signal colours stay
    if (palette.length < most && palette.every((chosen) => distance(chosen, colour) >= apart ** 2)) palette.push(colour);
  }
  const nearest = (pixel) => {
    const away = palette.map((colour) => distance(colour, parts(pixel)));
    return away.indexOf(Math.min(...away));
  };
  const places = new Map([...counts.keys()].map((pixel) => [pixel, nearest(pixel)]));
  let indices = "";
  for (const pixel of pixels) indices += String.fromCharCode(places.get(pixel));
  return [width, height, palette.flat(), btoa(indices)];
}
