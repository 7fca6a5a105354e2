// The images and folders of the development server, and the rendering of what is asked for.
import { applyStep, fit, landscape, png } from './pictures.js';

const SIZES = [
  [960, 640],
  [640, 960],
  [1080, 608],
  [800, 800],
  [1200, 500],
];
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
export class Library {
  /** @param {number} count images of the first album */
  constructor(count) {
    this.revision = 1;
    this.cache = new Map();
    this.albums = [
      { id: 'f1', name: 'Boda Clara y Tomás', count: count || 24, seed: 0 },
      { id: 'f2', name: 'Costa', count: 60, seed: 300 },
      { id: 'f3', name: 'Archivo', count: 10_000, seed: 1000 },
    ];
    this.set('none', '', [], []);
  }

  set(source, label, images, skipped) {
    this.source = source;
    this.label = label;
    this.images = images;
    this.skipped = skipped;
    this.byId = new Map(images.map((image) => [image.id, image]));
    this.revision += 1;
  }
  all(id) {
    return this.byId.get(id) ?? this.known?.get(id);
  }
  remember() {
    this.known = new Map([...(this.known ?? []), ...this.byId]);
  }

  make(seed, name, extra = {}) {
    const [width_px, height_px] = SIZES[seed % 7 === 3 ? 1 : seed % 11 === 5 ? 2 : 0];
    return {
      id: `g${seed}${extra.tag ?? ''}`,
      name,
      folder: '',
      bytes: 9_000_000 + ((seed * 7919) % 6_000_000),
      width_px,
      height_px,
      seed,
      problem: null,
      ...extra,
    };
  }
  useAlbum(id) {
    const album = this.albums.find((one) => one.id === id);
    if (!album) return false;
    const images = Array.from({ length: album.count }, (_, i) => {
      const bad = album.count > 12 && i % 61 === 13;
      return this.make(album.seed + i, `DSC_${String(2400 + i).padStart(4, '0')}.jpg`, {
        problem: null,
        ...(bad
          ? {
              problem: {
                kind: i % 2 ? 'damaged' : 'too-large',
                message: i % 2 ? 'cut off after 61% of the scan' : '48000 x 48000 px is over the limit',
              },
            }
          : {}),
        ...(album.count > 12 && i === 9 ? { poison: true } : {}),
      });
    });
    this.set(
      'folder',
      album.name,
      images,
      album.count > 12
        ? [
            { name: 'notas.txt', reason: 'not an image' },
            { name: 'Thumbs.db', reason: 'not an image' },
            { name: 'video.mp4', reason: 'not an image' },
          ]
        : [],
    );
    return true;
  }
  useSamples(count) {
    this.set(
      'samples',
      '',
      Array.from({ length: count }, (_, i) =>
        this.make(5000 + i * 3, `muestra_${String(i + 1).padStart(2, '0')}.png`, { bytes: 1_400_000 + i * 90_000 }),
      ),
      [],
    );
  }
  summary() {
    return {
      revision: this.revision,
      source: this.source,
      label: this.label,
      count: this.images.length,
      excluded: 0,
      skipped: this.skipped.length,
      bytes: this.images.reduce((sum, image) => sum + image.bytes, 0),
      loading: false,
    };
  }
  list(offset, limit, query) {
    const found = query ? this.images.filter((image) => plain(image.name).includes(plain(query))) : this.images;
    return {
      revision: this.revision,
      total: found.length,
      offset,
      images: found.slice(offset, offset + limit).map(({ id, name, folder, bytes, width_px, height_px, problem }) => ({
        id,
        name,
        folder,
        bytes,
        width_px,
        height_px,
        problem,
        excluded: false,
      })),
    };
  }
  chosen() {
    return this.images;
  }

  /** The picture at full size, or at about the wanted size where that is cheaper. */
  raw(image, width, height) {
    const scale = width ? Math.min(1, width / image.width_px, height / image.height_px) : 1;
    return landscape(image.seed, Math.max(1, Math.round(image.width_px * scale)), Math.max(1, Math.round(image.height_px * scale)));
  }
  /** @returns {{ body: Buffer, width: number, height: number, fullWidth: number, fullHeight: number }} */
  render(image, steps, size) {
    const key = JSON.stringify([image.id, steps, size]);
    const old = this.cache.get(key);
    if (old) {
      this.cache.delete(key);
      this.cache.set(key, old);
      return old;
    }
    let raw = this.raw(image, size?.width_px, size?.height_px);
    const full = { width: image.width_px ?? raw.width, height: image.height_px ?? raw.height };
    if (size) raw = fit(raw, size.width_px, size.height_px);
    const scale = raw.width / full.width;
    let out = full;
    for (const step of steps) {
      raw = applyStep(raw, step, scale);
      if (step.filter === 'redimensionar')
        out = {
          width: Math.max(1, Math.round((out.width * (step.params.porcentaje ?? 50)) / 100)),
          height: Math.max(1, Math.round((out.height * (step.params.porcentaje ?? 50)) / 100)),
        };
    }
    const made = { body: png(raw), width: raw.width, height: raw.height, fullWidth: out.width, fullHeight: out.height };
    this.cache.set(key, made);
    if (this.cache.size > 400) this.cache.delete(this.cache.keys().next().value);
    return made;
  }

  folders(id) {
    if (!id)
      return {
        id: '',
        label: '',
        parent: null,
        images: 0,
        folders: this.albums.map(({ id: one, name, count }) => ({ id: one, name, images: count })),
      };
    const album = this.albums.find((one) => one.id === id);
    return album && { id, label: album.name, parent: '', images: album.count, folders: [] };
  }
}
