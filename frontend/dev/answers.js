// Answers of the development server: their headers, JSON, pictures, and refusals.
import { write } from './state.js';

/** What each answer carries. */
export const SAFE = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app",
};
/** Of what never changes under its address. */
export const FOREVER = { 'Cache-Control': 'private, max-age=31536000, immutable' };

/** Why a request is not answered. */
export class Refused extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {string | null} [hint] */
  constructor(status, code, message, hint = null) {
    super(message);
    Object.assign(this, { status, code, hint });
  }
}

export const missing = () => new Refused(404, 'not_found', 'nothing of that id');

/** The value, which must be there. @template T @param {T | null | undefined} value @returns {T} */
export function found(value) {
  if (value === null || value === undefined) throw missing();
  return value;
}

/** @param {import('node:http').ServerResponse} response @param {unknown} value */
export function json(response, value, status = 200) {
  response.writeHead(status, { ...SAFE, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(write(value));
}

/** @param {import('node:http').ServerResponse} response @param {Buffer} body */
export function picture(response, body, extra = {}) {
  response.writeHead(200, { ...SAFE, 'Content-Type': 'image/png', 'Content-Length': body.length, ...extra });
  response.end(body);
}
