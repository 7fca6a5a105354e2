// What all pages see of the development server: the images, the job, the comparison, and the events that tell of their changes.
import { Batch } from './batch.js';
import { Comparison } from './comparison.js';
import { Library } from './library.js';
import { options } from './options.js';

const began = performance.now();
/** Milliseconds since the start, to a tenth. */
export const now = () => Math.round((performance.now() - began) * 10) / 10;

/** As JSON, without what only the server knows. @param {unknown} value */
export const write = (value) =>
  JSON.stringify(value, (key, one) => (key === 'work' || (key === 'source' && typeof one === 'object') ? undefined : one));

let events = [];
/** Notes an event as it is now: what it names may change before it is sent. */
export const emit = (event) => events.push(JSON.parse(write(event)));
/** The events since this was last asked. */
export function takeEvents() {
  const taken = events;
  events = [];
  return taken;
}

export const library = new Library(options.images);
export const batch = new Batch({ now, emit, rate: options.rate, cores: options.cores });
export const comparison = new Comparison({ emit, cores: options.cores });

library.useAlbum('f1');
library.remember();

/** The list of images has changed. */
export function imagesChanged() {
  library.remember();
  emit({ event: 'images', images: library.summary() });
  return { revision: library.revision };
}
