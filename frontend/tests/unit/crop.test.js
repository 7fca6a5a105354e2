// A crop by hand: boxes from parameters, and what drags and keys make of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxOf, holding, inside, largest, ratioOf, resized, ruleOf, shareOf } from '../../modules/crop-box.js';

const near = (box, x, y, width, height) =>
  [x, y, width, height].forEach((wanted, at) =>
    assert.ok(Math.abs([box.x, box.y, box.width, box.height][at] - wanted) < 1e-9, JSON.stringify(box)),
  );
const photo = { width_px: 3000, height_px: 2000 };

test('lengths are shares of the picture, in per cent or pixels', () => {
  assert.equal(shareOf('25%', 3000), 0.25);
  assert.equal(shareOf('1500', 3000), 0.5);
  assert.equal(shareOf('300px', 3000), 0.1);
  assert.equal(shareOf('', 3000), null);
  assert.equal(ratioOf('4:5'), 0.8);
  assert.equal(ratioOf('4'), null);
});

test('without measures the box is the largest of its proportions at its place', () => {
  near(boxOf({ aspecto: '1:1' }, photo), 1 / 6, 0, 2 / 3, 1);
  near(boxOf({ aspecto: '1:1', gravedad: 'derecha' }, photo), 1 / 3, 0, 2 / 3, 1);
  near(boxOf({}, photo), (1 - 1600 / 3000) / 2, 0, 1600 / 3000, 1);
  near(largest(2, 'abajo'), 0, 0.5, 1, 0.5);
});

test('measures and a place give just that box, within the picture', () => {
  near(boxOf({ ancho: '50%', alto: '50%', x: '10%', y: '200' }, photo), 0.1, 0.1, 0.5, 0.5);
  near(boxOf({ ancho: '50%', alto: '50%', x: '90%', y: '0' }, photo), 0.9, 0, 0.1, 0.5);
  near(boxOf({ ancho: '50%', gravedad: 'abajo_derecha' }, photo), 0.5, 0, 0.5, 1);
  near(inside({ x: -0.2, y: 0.9, width: 0.5, height: 0.5 }), 0, 0.5, 0.5, 0.5);
});

test('a box of proportions is a rule that keeps them on photos of every shape', () => {
  const upright = { width_px: 2000, height_px: 3000 };
  const made = (box) => ruleOf(box, '1:1');
  const square = boxOf({ aspecto: '1:1' }, photo);
  assert.deepEqual(made(square), { aspecto: '1:1', ancho: null, alto: null, gravedad: 'centro', x: null, y: null });
  near(boxOf(made(square), upright), 0, 1 / 6, 1, 2 / 3);
  // At the right of a wide photo: what has no room there is in its middle.
  const right = { ...square, x: 1 / 3 };
  assert.equal(made(right).gravedad, 'derecha');
  near(boxOf(made(right), upright), 0, 1 / 6, 1, 2 / 3);
  // Between, and smaller.
  const small = { x: 0.1, y: 0.2, width: 0.4, height: 0.6 };
  assert.deepEqual(made(small), { aspecto: '1:1', ancho: null, alto: '60%', gravedad: null, x: '10%', y: '20%' });
  near(boxOf(made(small), photo), 0.1, 0.2, 0.4, 0.6);
  near(boxOf(made(small), upright), 0.1, 0.2, 0.9, 0.6);
  assert.equal(made({ x: 0.6, y: 0.4, width: 0.4, height: 0.6 }).gravedad, 'abajo_derecha');
});

test('a corner moves and the opposite one stays; proportions hold where they are locked', () => {
  const box = { x: 0.2, y: 0.2, width: 0.4, height: 0.4 };
  near(resized(box, false, false, 0.9, 0.5, null), 0.2, 0.2, 0.7, 0.3);
  near(resized(box, true, true, 0, 0.1, null), 0, 0.1, 0.6, 0.5);
  near(resized(box, false, false, 0.5, 0.7, 1), 0.2, 0.2, 0.5, 0.5);
  // No farther than the picture goes.
  near(resized(box, false, false, 2, 0.3, 1), 0.2, 0.2, 0.8, 0.8);
});

test('a box moves as little as it takes to have the focus point in it', () => {
  const box = { x: 0.2, y: 0.2, width: 0.4, height: 0.4 };
  near(holding(box, null), 0.2, 0.2, 0.4, 0.4);
  near(holding(box, { x: 0.5, y: 0.3 }), 0.2, 0.2, 0.4, 0.4);
  near(holding(box, { x: 0.9, y: 0.1 }), 0.5, 0.1, 0.4, 0.4);
});
