// Pictures of the development server: generated landscapes, rough versions of the filters, PNG.
import { crc32, deflateSync } from 'node:zlib';

/** @typedef {{ width: number, height: number, data: Uint8Array }} Raw RGB, 8 bit */

const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const mix = (a, b, share) => [0, 1, 2].map((c) => a[c] + (b[c] - a[c]) * share);
const hue = (h, s, l) => {
  const f = (n) => {
    const k = (n + h * 12) % 12;
    return 255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [f(0), f(8), f(4)];
};

/** A landscape: sky, sun, ranges of hills. @returns {Raw} */
export function landscape(seed, width, height) {
  const dice = random(seed * 7919 + 17);
  const tone = dice();
  const top = hue(tone, 0.45, 0.25 + dice() * 0.3);
  const bottom = hue((tone + 0.08 + dice() * 0.4) % 1, 0.6, 0.7);
  const ground = hue((tone + 0.4 + dice() * 0.2) % 1, 0.35, 0.4);
  const sun = [dice() * 0.8 + 0.1, 0.2 + dice() * 0.3, 0.03 + dice() * 0.06];
  const ranges = Array.from({ length: 4 }, (_, i) => ({
    base: 0.45 + i * 0.14,
    waves: Array.from({ length: 5 }, (_, k) => [dice() * 6.3, (1.5 + dice() * 3) * (k + 1), 0.07 / (k + 1)]),
  }));
  const data = new Uint8Array(width * height * 3);
  const ridge = ranges.map(({ base, waves }) =>
    Float32Array.from(
      { length: width },
      (_, x) => base + waves.reduce((sum, [phase, step, size]) => sum + Math.sin(phase + (x / width) * step) * size, 0),
    ),
  );
  for (let y = 0, at = 0; y < height; y += 1) {
    const v = y / height;
    for (let x = 0; x < width; x += 1, at += 3) {
      let colour = mix(top, bottom, Math.min(1, v * 1.7));
      const d = Math.hypot(((x / width - sun[0]) * width) / height, v - sun[1]);
      if (d < sun[2]) colour = [255, 244, 214];
      else if (d < sun[2] * 5) colour = mix([255, 240, 200], colour, (d - sun[2]) / (sun[2] * 4));
      for (let i = 0; i < 4; i += 1)
        if (v > ridge[i][x])
          colour = mix(mix(bottom, ground, 0.25 + i * 0.22), [12, 14, 18], i * 0.14 + Math.min(0.3, (v - ridge[i][x]) * 0.5));
      const grain = ((x * 7 + y * 13 + ((x * y) % 11)) % 9) - 4;
      data[at] = Math.max(0, Math.min(255, colour[0] + grain));
      data[at + 1] = Math.max(0, Math.min(255, colour[1] + grain));
      data[at + 2] = Math.max(0, Math.min(255, colour[2] + grain));
    }
  }
  return { width, height, data };
}

/** Box-scales to fit, never enlarges. @param {Raw} raw @returns {Raw} */
export function fit(raw, maxWidth, maxHeight) {
  const scale = Math.min(1, maxWidth / raw.width, maxHeight / raw.height);
  if (scale >= 1) return raw;
  const [width, height] = [Math.max(1, Math.round(raw.width * scale)), Math.max(1, Math.round(raw.height * scale))];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y += 1) {
    const [y0, y1] = [
      Math.floor((y * raw.height) / height),
      Math.max(Math.floor((y * raw.height) / height) + 1, Math.floor(((y + 1) * raw.height) / height)),
    ];
    for (let x = 0; x < width; x += 1, at += 3) {
      const [x0, x1] = [
        Math.floor((x * raw.width) / width),
        Math.max(Math.floor((x * raw.width) / width) + 1, Math.floor(((x + 1) * raw.width) / width)),
      ];
      let r = 0,
        g = 0,
        b = 0;
      for (let j = y0; j < y1; j += 1)
        for (let i = x0, p = (j * raw.width + x0) * 3; i < x1; i += 1, p += 3) {
          r += raw.data[p];
          g += raw.data[p + 1];
          b += raw.data[p + 2];
        }
      const n = (x1 - x0) * (y1 - y0);
      data[at] = r / n;
      data[at + 1] = g / n;
      data[at + 2] = b / n;
    }
  }
  return { width, height, data };
}

const each = (raw, change) => {
  const data = new Uint8ClampedArray(raw.data.length);
  for (let i = 0; i < data.length; i += 3) change(raw.data, i, data);
  return { ...raw, data: new Uint8Array(data.buffer) };
};
const grey = (d, i) => d[i] * 0.299 + d[i + 1] * 0.587 + d[i + 2] * 0.114;
function blur(raw, radius) {
  const r = Math.max(1, Math.round(radius));
  const pass = ({ width, height, data }, step, line, lines, length) => {
    const out = new Uint8Array(data.length);
    for (let n = 0; n < lines; n += 1)
      for (let c = 0; c < 3; c += 1) {
        let sum = 0;
        const at = (i) => data[(n * line + Math.max(0, Math.min(length - 1, i)) * step) * 3 + c];
        for (let i = -r; i <= r; i += 1) sum += at(i);
        for (let i = 0; i < length; i += 1) {
          out[(n * line + i * step) * 3 + c] = sum / (2 * r + 1);
          sum += at(i + r + 1) - at(i - r);
        }
      }
    return { width, height, data: out };
  };
  let now = raw;
  for (let k = 0; k < 2; k += 1) {
    now = pass(now, 1, raw.width, raw.height, raw.width);
    now = pass(now, raw.width, 1, raw.width, raw.height);
  }
  return now;
}
function kernel(raw, weights, offset) {
  return each(raw, (d, i, o) => {
    const p = i / 3,
      x = p % raw.width,
      y = (p - x) / raw.width;
    for (let c = 0; c < 3; c += 1) {
      let sum = offset;
      for (let k = 0; k < 9; k += 1) {
        const X = Math.max(0, Math.min(raw.width - 1, x + (k % 3) - 1)),
          Y = Math.max(0, Math.min(raw.height - 1, y + Math.floor(k / 3) - 1));
        sum += d[(Y * raw.width + X) * 3 + c] * weights[k];
      }
      o[i + c] = sum;
    }
  });
}

/** Applies one step; `scale`: size of `raw` against the full picture. @param {Raw} raw @returns {Raw} */
export function applyStep(raw, { filter, params }, scale) {
  switch (filter) {
    case 'invertir':
      return each(raw, (d, i, o) => {
        for (let c = 0; c < 3; c += 1) o[i + c] = 255 - d[i + c];
      });
    case 'grises':
      return each(raw, (d, i, o) => {
        o[i] = o[i + 1] = o[i + 2] = grey(d, i);
      });
    case 'sepia':
      return each(raw, (d, i, o) => {
        const g = grey(d, i);
        o[i] = g * 1.08 + 18;
        o[i + 1] = g * 0.95 + 6;
        o[i + 2] = g * 0.74;
      });
    case 'brillo':
      return each(raw, (d, i, o) => {
        for (let c = 0; c < 3; c += 1) o[i + c] = d[i + c] * (params.factor ?? 1.5);
      });
    case 'contraste':
      return each(raw, (d, i, o) => {
        for (let c = 0; c < 3; c += 1) o[i + c] = 128 + (d[i + c] - 128) * (params.factor ?? 1.5);
      });
    case 'posterizar': {
      const mask = 256 - 2 ** (8 - (params.bits ?? 4));
      return each(raw, (d, i, o) => {
        for (let c = 0; c < 3; c += 1) o[i + c] = d[i + c] & mask;
      });
    }
    case 'blur':
      return (params.radio ?? 5) > 0 ? blur(raw, (params.radio ?? 5) * scale) : raw;
    case 'nitidez': {
      const soft = blur(raw, Math.max(1, 2 * scale));
      const f = (params.factor ?? 2) - 1;
      return each(raw, (d, i, o) => {
        for (let c = 0; c < 3; c += 1) o[i + c] = d[i + c] + f * (d[i + c] - soft.data[i + c]);
      });
    }
    case 'bordes':
      return kernel(raw, [-1, -1, -1, -1, 8, -1, -1, -1, -1], 0);
    case 'relieve':
      return kernel(raw, [-1, 0, 0, 0, 1, 0, 0, 0, 0], 128);
    case 'redimensionar': {
      if (params.ancho && params.alto) return fit(raw, params.ancho, params.alto);
      const p = params.lado_largo ? Math.min(1, params.lado_largo / Math.max(raw.width, raw.height)) : (params.porcentaje ?? 50) / 100;
      return fit(raw, raw.width * p, raw.height * p);
    }
    case 'marca_agua':
      return each(raw, (d, i, o) => {
        const p = i / 3,
          x = p % raw.width,
          y = (p - x) / raw.width;
        const on =
          Math.abs(y / raw.height - 0.86) < 0.035 &&
          x / raw.width > 0.62 &&
          x / raw.width < 0.95 &&
          Math.floor((x / raw.width) * 60) % 3 !== 2;
        const a = on ? (params.opacidad ?? 0.3) : 0;
        for (let c = 0; c < 3; c += 1) o[i + c] = d[i + c] * (1 - a) + 255 * a;
      });
    case 'logo':
      return each(raw, (d, i, o) => {
        const p = i / 3,
          on = (p % raw.width) / raw.width > 0.82 && p / raw.width / raw.height > 0.8;
        for (let c = 0; c < 3; c += 1) o[i + c] = on ? 255 : d[i + c];
      });
    case 'lienzo':
      return raw;
    default:
      throw new Error(`no filter ${filter}`);
  }
}

/** @param {Raw} raw */
export function png({ width, height, data }) {
  const lines = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y += 1) {
    const to = y * (width * 3 + 1),
      from = y * width * 3;
    lines[to] = 1;
    for (let i = 0; i < width * 3; i += 1) lines[to + 1 + i] = data[from + i] - (i >= 3 ? data[from + i - 3] : 0);
  }
  const chunk = (name, body) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length);
    head.write(name, 4, 'latin1');
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), body])));
    return [head, body, tail];
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = 2;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    ...chunk('IHDR', header),
    ...chunk('IDAT', deflateSync(lines, { level: 1 })),
    ...chunk('IEND', Buffer.alloc(0)),
  ]);
}
