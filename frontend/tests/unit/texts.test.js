import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { addTexts, duration, language, number, percent, share, size, t, timeLeft } from '../../modules/i18n.js';
import { en } from '../../modules/texts-en.js';
import { es } from '../../modules/texts-es.js';

addTexts('es', es);
addTexts('en', en);
const inLanguage = (code, work) => {
  language.value = code;
  return work();
};
const nbsp = (text) => text.replaceAll('\u00a0', ' ');
const holes = (text) => [...new Set(JSON.stringify(text).match(/\{\d\}/g))].sort().join();

test('both languages have the same keys, each in both plural forms or in neither', () => {
  assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort());
  for (const key of Object.keys(es)) assert.equal(Array.isArray(es[key]), Array.isArray(en[key]), key);
});

test('both languages have the same holes in every text, and no text is empty', () => {
  for (const key of Object.keys(es)) {
    assert.equal(holes(es[key]), holes(en[key]), key);
    assert.ok(
      [es[key], en[key]].flat().every((text) => text.trim()),
      key,
    );
  }
});

test('every text that the page asks for exists, and every text is asked for', () => {
  const root = new URL('../../', import.meta.url);
  const source = [
    'app.js',
    ...readdirSync(new URL('modules/', root))
      .filter((name) => !name.startsWith('texts-'))
      .map((name) => `modules/${name}`),
  ]
    .map((name) => readFileSync(new URL(name, root), 'utf8'))
    .join('\n');
  for (const [, key] of source.matchAll(/\bt\('([a-z_0-9]+)'/g)) assert.ok(key in es, key);
  const words = new Set(source.match(/[a-z_0-9]+/g));
  const made = [
    'sandbox_full',
    'sandbox_partial',
    'sandbox_off',
    ...['paused', 'leaving', 'refusing', 'other', 'lost'].map((state) => `machine_${state}`),
    'exists_overwrite',
    'exists_skip',
    'exists_rename',
    'exists_fail',
    ...['web', 'instagram', 'shop', 'thumbnail', 'print', 'archive'].flatMap((id) => [
      `output_${id}`,
      `purpose_${id}`,
      `purpose_${id}_text`,
    ]),
    ...['submuestreo', 'progresivo', 'esfuerzo', 'colores'].map((key) => `option_${key}`),
    ...['keep', 'no-location', 'copyright', 'none'].map((key) => `metadata_${key}`),
    ...['profile_keep', 'profile_srgb'],
    ...['all', 'problems', 'larger'].map((key) => `rows_${key}`),
    ...['plan', 'name', 'size', 'saved', 'time'].map((key) => `sort_${key}`),
    ...['name', 'date', 'size', 'type'].map((key) => `order_${key}`),
  ];
  assert.deepEqual(
    Object.keys(es).filter((key) => !words.has(key) && !made.includes(key) && !key.startsWith('refused_')),
    [],
  );
});

test('a number chooses its plural and is formatted', () => {
  assert.deepEqual(
    inLanguage('es', () => [t('n_images', 1), t('n_images', 0), t('process_files', 3852)]),
    ['1 imagen', '0 imágenes', 'Procesar 3.852 archivos'],
  );
  assert.deepEqual(
    inLanguage('en', () => [t('n_images', 1), t('n_images', 2), t('process_files', 3852)]),
    ['1 image', '2 images', 'Process 3,852 files'],
  );
});

test('numbers, sizes and per cent follow the language, four digits are grouped', () => {
  assert.deepEqual(
    inLanguage('es', () => [
      number(1284),
      number(15.66, 1),
      nbsp(percent(90)),
      nbsp(size(12_400_000)),
      nbsp(size(999)),
      nbsp(size(999_999)),
    ]),
    ['1.284', '15,7', '90 %', '12,4 MB', '999 B', '1,00 MB'],
  );
  assert.deepEqual(
    inLanguage('en', () => [number(1284), number(15.66, 1), percent(90), nbsp(size(2_110_000_000)), number(NaN)]),
    ['1,284', '15.7', '90%', '2.11 GB', '–'],
  );
});

test('the share is 100 only when everything is done', () => {
  assert.deepEqual([share(0, 0), share(3851, 3852), share(3852, 3852), share(1, 3), share(5, 4)], [0, 99, 100, 33, 100]);
});

test('durations use two units at most', () => {
  assert.deepEqual(
    inLanguage('es', () => [400, 12_000, 246_000, 59_600, 3_599_600, 7_500_000].map((ms) => nbsp(duration(ms)))),
    ['0,4 s', '12 s', '4 min 06 s', '1 min 00 s', '1 h 00 min', '2 h 05 min'],
  );
});

test('time left is as coarse as it is certain', () => {
  assert.deepEqual(
    inLanguage('en', () => [20, 42_300, 82_400, 83_000, 1_234_000, 7_260_000].map((ms) => nbsp(timeLeft(ms)))),
    ['1 s', '42 s', '1 min 20 s', '1 min 25 s', '21 min', '2 h 01 min'],
  );
});
