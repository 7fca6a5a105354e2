// Orders a situation that a real server cannot be ordered into: `POST /dev/control`.
import { batch } from './state.js';
import { drop } from './stream.js';

const FULL_DISK = { needed_bytes: 3.2e9, free_bytes: 0.4e9 };

const SITUATIONS = {
  refuse: (ms) => drop(ms ?? 3000),
  no_space() {
    batch.pause('no_space', FULL_DISK);
    batch.notice('error', 'no_space', FULL_DISK, 'the disk is full');
  },
  space() {
    batch.resume();
    batch.notice('info', 'space_back', {}, 'there is room again');
  },
  rate(ms) {
    batch.rate = ms;
  },
};

/** @param {{ action: string, ms?: number }} order */
export const control = ({ action, ms }) => SITUATIONS[action]?.(ms) ?? {};
