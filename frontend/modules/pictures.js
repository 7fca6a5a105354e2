// Pictures that the program makes when they are asked for, a few at a time: of a browser's six connections, commands need one at once.

const PICTURES_AT_ONCE = 2;
/** What each is to show. @type {Map<HTMLImageElement, string>} */
const toShow = new Map();
/** @type {Set<HTMLImageElement>} */
const coming = new Set();

/** Has a picture show what is at an address, when its turn comes; what is not on the page by then is left. @param {HTMLImageElement} picture @param {string} address */
export function showIn(picture, address) {
  // What it was to show until now does not come any more.
  if (coming.has(picture) && !picture.complete) picture.src = address;
  else {
    toShow.delete(picture);
    toShow.set(picture, address);
    queueMicrotask(loadNext);
  }
}

function loadNext() {
  for (const picture of coming) if (picture.complete || !picture.isConnected) coming.delete(picture);
  for (const [picture, address] of toShow) {
    if (coming.size >= PICTURES_AT_ONCE) return;
    toShow.delete(picture);
    if (!picture.isConnected) continue;
    coming.add(picture);
    for (const end of ['load', 'error']) picture.addEventListener(end, loadNext, { once: true });
    picture.src = address;
  }
}
