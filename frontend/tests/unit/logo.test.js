// A logo by hand: where it lies, and what drags and keys make of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besides, drawnWidth, logoBox, nearestPlace } from '../../modules/logo-box.js';

const logo = { width_px: 400, height_px: 200 };
const near = (box, x, y, width, height) =>
  [x, y, width, height].forEach((wanted, at) =>
    assert.ok(Math.abs([box.x, box.y, box.width, box.height][at] - wanted) < 1e-9, JSON.stringify(box)),
  );

test('size and margin are shares of the width, as the filter has them', () => {
  const picture = { width_px: 2000, height_px: 1000 };
  near(logoBox({ tamano: '10%', margen: '5%' }, picture, logo), 0.85, 0.8, 0.1, 0.1);
  near(logoBox({ tamano: '200', margen: '0', posicion: 'arriba' }, picture, logo), 0.45, 0, 0.1, 0.1);
  near(logoBox({ tamano: '10%', margen: '5%', posicion: 'centro' }, picture, logo), 0.45, 0.45, 0.1, 0.1);
  // Turned by a quarter it takes the room of its other side.
  near(logoBox({ tamano: '10%', margen: '0', posicion: 'arriba_izquierda', angulo: 90 }, picture, logo), 0, 0, 0.05, 0.2);
  // The margin is kept wherever the logo stays inside; else it is in the middle.
  near(logoBox({ tamano: '80%', margen: '15%', posicion: 'arriba' }, { width_px: 1000, height_px: 500 }, logo), 0.1, 0.1, 0.8, 0.8);
  near(logoBox({ tamano: '80%', margen: '15%', posicion: 'izquierda' }, { width_px: 1000, height_px: 500 }, logo), 0.15, 0.1, 0.8, 0.8);
  // It never leaves the picture.
  near(logoBox({ tamano: '100%', margen: '0' }, { width_px: 400, height_px: 100 }, logo), 0.5, 0, 0.5, 1);
});

test('it is let go at the nearest of nine places', () => {
  const boxAt = (posicion) => logoBox({ tamano: '10%', margen: '5%', posicion }, { width_px: 1000, height_px: 1000 }, logo);
  assert.equal(nearestPlace({ x: 0.1, y: 0.2, width: 0.1, height: 0.05 }, boxAt), 'arriba_izquierda');
  assert.equal(nearestPlace({ x: 0.5, y: 0.55, width: 0.1, height: 0.05 }, boxAt), 'centro');
  assert.equal(besides('centro', 1, 0), 'derecha');
  assert.equal(besides('derecha', 1, 1), 'abajo_derecha');
  assert.equal(besides('arriba', 0, -1), 'arriba');
});

test('a corner changes the width, and what is at the edge stays', () => {
  const box = { x: 0.7, y: 0.7, width: 0.2, height: 0.1 };
  const drawn = (posicion, x) => drawnWidth({ tamano: '20%', posicion }, box, x);
  assert.ok(Math.abs(drawn('abajo_derecha', 0.6) - 0.3) < 1e-9);
  assert.ok(Math.abs(drawn('arriba_izquierda', 0.8) - 0.1) < 1e-9);
  assert.ok(Math.abs(drawn('centro', 0.95) - 0.3) < 1e-9);
  assert.equal(drawn('arriba_izquierda', 0.1), 0.01);
});
