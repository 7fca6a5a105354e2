// A small line of the last minute's rate.
import { h } from './element.js';
import { theme } from './preferences.js';
import { effect } from './signal.js';
import { metrics } from './stream.js';

export function sparkline() {
  const canvas = h('canvas', { class: 'sparkline', 'aria-hidden': 'true' });
  let drawn = '';
  effect(() => {
    const values = metrics.value?.history ?? [];
    void theme.value;
    queueMicrotask(() => draw(values));
  });
  /** @param {number[]} values */
  function draw(values) {
    const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
    const context = canvas.getContext('2d');
    const key = `${values.length}/${values.at(-1)}/${width}/${theme.peek()}`;
    if (!context || !width || key === drawn) return;
    drawn = key;
    canvas.width = width * scale;
    canvas.height = height * scale;
    if (values.length < 2) return;
    const top = Math.max(...values) || 1;
    const bottom = Math.min(...values) * 0.8;
    context.scale(scale, scale);
    context.strokeStyle = getComputedStyle(canvas).getPropertyValue('--accent').trim();
    context.lineWidth = 1.6;
    context.lineJoin = 'round';
    context.beginPath();
    values.forEach((value, index) => context.lineTo(2 + index / (values.length - 1) * (width - 4), height - 2 - (value - bottom) / (top - bottom || 1) * (height - 4)));
    context.stroke();
  }
  return canvas;
}
