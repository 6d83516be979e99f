/**
 * Two pictures (PNG, base64) in blocks: the share that differs in mean colour by more than `noticed` (1 for other sizes),
 * and how many are recoloured: their strong colours are more than `turned` degrees of hue apart, or one has `clear`
 * pixels in strong colours where the other has next to none.
 */
async ([before, after, { block, noticed, strong, few, clear, turned }]) => {
  const decode = async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const { width, height } = image;
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, width, height);
  };

  /** Mean colour of a block, how many of its pixels are strongly coloured, and the hue of these in degrees. */
  const read = ({ data, width }, left, top) => {
    const mean = [0, 0, 0];
    let [x, y, count] = [0, 0, 0];
    for (let row = top; row < top + block; row += 1) {
      for (let at = 4 * (row * width + left); at < 4 * (row * width + left + block); at += 4) {
        const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
        [mean[0], mean[1], mean[2]] = [mean[0] + r, mean[1] + g, mean[2] + b];
        if (Math.max(r, g, b) - Math.min(r, g, b) < strong) continue;
        [x, y, count] = [x + r - (g + b) / 2, y + (Math.sqrt(3) * (g - b)) / 2, count + 1];
      }
    }
    return { mean: mean.map((sum) => sum / block ** 2), count, hue: (Math.atan2(y, x) * 180) / Math.PI };
  };

  const isRecoloured = (was, is) => {
    const [less, more] = [Math.min(was.count, is.count), Math.max(was.count, is.count)];
    if (less < few) return more >= clear;
    const turn = Math.abs(was.hue - is.hue);
    return Math.min(turn, 360 - turn) > turned;
  };

  const [one, two] = [await decode(before), await decode(after)];
  if (one.width !== two.width || one.height !== two.height) return { apart: 1, recoloured: 0 };
  let [all, apart, recoloured] = [0, 0, 0];
  for (let top = 0; top + block <= one.height; top += block) {
    for (let left = 0; left + block <= one.width; left += block) {
      const [was, is] = [read(one, left, top), read(two, left, top)];
      all += 1;
      apart += was.mean.some((value, channel) => Math.abs(value - is.mean[channel]) > noticed) ? 1 : 0;
      recoloured += isRecoloured(was, is) ? 1 : 0;
    }
  }
  return { apart: apart / all, recoloured };
}
