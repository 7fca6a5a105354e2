// The histogram of a picture: how often each red, green and blue value occurs, and how much of it is black or white through and through.
import { h } from './element.js';
import { percent, t } from './i18n.js';
import { theme } from './page-state.js';
import { effect, signal } from './signal.js';

/** Pictures are counted at this size: their distribution is that of the whole. */
const COUNTED_PX = 320;
const TONES = 256;
const HISTOGRAM_PX = 72;

/** Counts of each level, channel by channel, and the share of pixels with a channel at its end. Pure. @param {Uint8ClampedArray} rgba */
export function countTones(rgba) {
  const channels = [0, 1, 2].map(() => new Uint32Array(TONES));
  let [seen, clipped] = [0, 0];
  for (let at = 0; at < rgba.length; at += 4) {
    if (rgba[at + 3] === 0) continue;
    seen += 1;
    const pixel = [rgba[at], rgba[at + 1], rgba[at + 2]];
    pixel.forEach((value, channel) => {
      channels[channel][value] += 1;
    });
    if (pixel.some((value) => value === 0 || value === TONES - 1)) clipped += 1;
  }
  return { channels, clipped: seen ? clipped / seen : 0 };
}

/** @param {string} url @returns {Promise<ReturnType<typeof countTones>>} */
async function countOf(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  const scale = Math.min(1, COUNTED_PX / Math.max(picture.naturalWidth, picture.naturalHeight));
  const [width, height] = [picture.naturalWidth, picture.naturalHeight].map((px) => Math.max(1, Math.round(px * scale)));
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  context.drawImage(picture, 0, 0, width, height);
  return countTones(context.getImageData(0, 0, width, height).data);
}

/** @param {() => string | null} url of the picture */
export function histogram(url) {
  const share = signal(/** @type {number | null} */ (null));
  const canvas = h('canvas', {
    class: 'histogram-plot',
    width: TONES,
    height: HISTOGRAM_PX,
    role: 'img',
    'aria-label': () => t('histogram'),
  });
  effect(() => {
    const now = url();
    void theme.value;
    if (!now) return;
    countOf(now).then(
      ({ channels, clipped }) => {
        share.value = clipped;
        const context = canvas.getContext('2d');
        if (!context) return;
        // The ends may hold a spike that would flatten all the rest.
        const most = Math.max(1, ...channels.flatMap((levels) => [...levels.slice(1, -1)]));
        const dark = document.documentElement.dataset.theme === 'dark';
        context.clearRect(0, 0, TONES, HISTOGRAM_PX);
        context.globalCompositeOperation = dark ? 'lighter' : 'multiply';
        channels.forEach((levels, channel) => {
          context.fillStyle = dark ? ['#b33', '#393', '#44c'][channel] : ['#f3a9a2', '#a5d6a5', '#a5b4e6'][channel];
          levels.forEach((one, level) => {
            const height = Math.min(1, one / most) * HISTOGRAM_PX;
            context.fillRect(level, HISTOGRAM_PX - height, 1, height);
          });
        });
      },
      () => {},
    );
  });
  return h(
    'figure',
    { class: 'histogram' },
    h(
      'figcaption',
      { class: 'fine' },
      () => t('histogram'),
      ' · ',
      () => (share.value === null ? '–' : t('clipped', percent(share.value * 100, 1))),
    ),
    canvas,
  );
}
