/** The share of blocks in which two pictures (PNG, base64) differ in mean colour by more than `noticed`; 1 for other sizes. */
async ([before, after, block, noticed]) => {
  const decode = async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const { width, height } = image;
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, width, height);
  };
  const mean = ({ data, width }, left, top, channel) => {
    let sum = 0;
    for (let y = top; y < top + block; y += 1) {
      for (let x = left; x < left + block; x += 1) sum += data[4 * (y * width + x) + channel];
    }
    return sum / block ** 2;
  };
  const [one, two] = [await decode(before), await decode(after)];
  if (one.width !== two.width || one.height !== two.height) return 1;
  let [all, other] = [0, 0];
  for (let top = 0; top + block <= one.height; top += block) {
    for (let left = 0; left + block <= one.width; left += block) {
      const away = [0, 1, 2].map((channel) => Math.abs(mean(one, left, top, channel) - mean(two, left, top, channel)));
      all += 1;
      other += Math.max(...away) > noticed ? 1 : 0;
    }
  }
  return other / all;
}
