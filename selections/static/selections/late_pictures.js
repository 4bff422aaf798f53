// Pictures that did not come at the first try. An image does not tell why it failed: too many may have
// been made at once, which passes; what CVAT refuses stays refused.

const SOON = 500; // ms
const PAUSE = 3000;
const TRIES = 5;
const PASSING = new Set([429, 502, 503, 504]);

/** Load the picture after a pause, up to five times while the portal or CVAT is busy. Returns whether
 * it was loaded; nothing is shown once the image is to show another picture. */
export async function loadLate(image, url) {
  for (let tries = 0, pause = SOON; tries < TRIES && image.src === url; tries += 1) {
    await new Promise((done) => setTimeout(done, pause));
    const answer = await fetch(url).catch(() => null);
    if (image.src !== url) return true;
    if (answer?.ok) {
      image.src = URL.createObjectURL(await answer.blob());
      return true;
    }
    if (answer && !PASSING.has(answer.status)) return false;
    pause = Math.max(PAUSE, 1000 * (Number(answer?.headers.get("Retry-After")) || 0));
  }
  return image.src !== url;
}
