// The files of an open output: a row for each, with its format, how it is encoded, and its bytes for the photo that is looked at.
import { editFiles, fileText, formatOf, lookedAt, newFile, output, outputOf, shownFile } from './draft.js';
import { button, h, icon, keyed } from './element.js';
import { numberField, slider } from './fields.js';
import { size, t } from './i18n.js';
import { computed, signal, untracked } from './signal.js';
import { hello } from './stream.js';

/** Qualities that look alike, by format; others begin with the server's. @type {Record<string, number>} */
const QUALITIES = { jpeg: 82, webp: 78, avif: 55 };
/** What decides how large a file is: one of these, with its first value. @type {[string, string, string][]} */
const WAYS = [
  ['calidad', '', 'quality'],
  ['tamano_max', '200kB', 'way_size'],
  ['puntuacion_min', '80', 'way_score'],
  ['sin_perdida', 'si', 'way_lossless'],
];
/** What else a format can be told, with the words that there are. @type {[string, string[]][]} */
const MORE = [
  ['submuestreo', ['auto', 'entrada', '420', '422', '444']],
  ['progresivo', ['si', 'no']],
  ['esfuerzo', ['0', '2', '4', '6', '8', '10']],
  ['colores', ['auto', '16', '64', '128', '256']],
];
const KB = 1000;

/** @param {string} format */
const optionsOf = (format) => (formatOf(format)?.options ?? []).map(([name]) => name);
const hasOption = (/** @type {string} */ format, /** @type {string} */ name) => optionsOf(format).includes(name);
const usualQuality = (/** @type {string} */ format) => String(QUALITIES[format] ?? output.peek().quality);
/** @param {string} format @returns {Record<string, string>} */
const usualOptions = (format) => (hasOption(format, 'calidad') ? { calidad: usualQuality(format) } : {});
const sizeKb = (/** @type {string} */ text) => {
  const [, figure, unit] = /^([\d.]+)\s*(k|m)?b?$/i.exec(text) ?? ['', '0', ''];
  return (Number(figure) * ({ k: KB, m: KB * KB }[unit?.toLowerCase()] ?? 1)) / KB;
};

/** A file in few words: `AVIF q55`. @param {string} text */
export function shortFile(text) {
  const [format] = text.split(':');
  const value = (/** @type {string} */ name) => new RegExp(`[:,]${name}=([^,]+)`).exec(text)?.[1];
  const [quality, most, score] = ['calidad', 'tamano_max', 'puntuacion_min'].map(value);
  const how = most
    ? `≤ ${size(sizeKb(most) * KB)}`
    : score
      ? `★ ${score}`
      : value('sin_perdida') === 'si'
        ? ''
        : quality
          ? `q${quality}`
          : '';
  return [formatOf(format)?.name ?? format, how].filter(Boolean).join('\u00a0');
}

/** @param {number} id of the output @param {(index: number) => number | null} bytes of the file for this photo @param {() => string} isLate whether they are those of the settings before */
export function fileRows(id, bytes, isLate) {
  const files = computed(() => outputOf(id)?.files ?? []);
  const names = computed(() => hello.value?.formats ?? []);
  /** Formats that an output does not have yet: two files of one would have the same name. @param {string} [own] */
  const free = (own) => names.value.filter((one) => one.id === own || !files.value.some((file) => file.format === one.id));
  const fileOf = (/** @type {number} */ key) => files.value.find((file) => file.key === key);
  const place = (/** @type {number} */ key) => files.value.findIndex((file) => file.key === key);
  /** @param {number} key @param {string} kind @param {(file: import('./draft.js').DraftFile) => import('./draft.js').DraftFile} change */
  const edit = (key, kind, change) =>
    editFiles(id, kind && `${key}/${kind}`, (list) => list.map((one) => (one.key === key ? change(one) : one)));
  /** @param {number} key @param {string} name @param {string | null} value null: not said */
  const setOption = (key, name, value) =>
    edit(key, name, (file) => {
      const { [name]: _, ...options } = file.options;
      return { ...file, options: value === null ? options : { ...options, [name]: value } };
    });

  /** @param {string} name of the field @param {() => string} now @param {() => [string, string][]} options @param {(value: string) => void} choose @param {string} label */
  const menu = (name, now, options, choose, label) =>
    h(
      'select',
      {
        id: name,
        class: 'btn small',
        'aria-label': () => label,
        onchange: (/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target).value),
      },
      () => options().map(([value, text]) => h('option', { value, selected: now() === value }, text)),
    );

  const waysOf = (/** @type {string} */ format) => WAYS.filter(([name]) => hasOption(format, name));
  /** The way that a file has its size decided. @param {number} key */
  const wayOf = (key) => WAYS.find(([name]) => fileOf(key)?.options[name] !== undefined)?.[0] ?? 'calidad';
  /** @param {number} key @param {string} name */
  const setWay = (key, name) =>
    edit(key, '', (file) => {
      const others = Object.entries(file.options).filter(([one]) => !WAYS.some(([way]) => way === one));
      const first = WAYS.find(([one]) => one === name)?.[1] || usualQuality(file.format);
      return { ...file, options: { ...Object.fromEntries(others), [name]: first } };
    });

  /** What decides the size. @param {number} key @param {string} format */
  function way(key, format) {
    const option = (/** @type {string} */ name) => fileOf(key)?.options[name];
    const chosen = computed(() => wayOf(key));
    if (!waysOf(format).length) return h('span', { class: 'file-way muted' }, () => t('way_lossless'));
    const field = (/** @type {string} */ name, /** @type {string} */ label) => {
      const isSize = name === 'tamano_max';
      return numberField(
        { id: `file-${key}-${name}`, 'aria-label': label },
        { min: 1, max: isSize ? 100_000 : 100, whole: !isSize, needed: true },
        () => {
          const text = option(name) ?? usualQuality(format);
          return isSize ? sizeKb(text) : Number(text);
        },
        (value) => setOption(key, name, isSize ? `${value}kB` : String(value)),
      );
    };
    return h('span', { class: 'file-way' }, () => {
      const name = chosen.value;
      return untracked(() => {
        const label = t(/** @type {any} */ (WAYS.find(([one]) => one === name)?.[2] ?? 'quality'));
        if (name === 'sin_perdida') return h('span', { class: 'muted' }, label);
        const [figure, why] = field(name, label);
        return [
          name !== 'tamano_max' &&
            slider(
              { min: 1, max: 100, step: 1, 'aria-label': label },
              () => Number(option(name) ?? usualQuality(format)),
              (value) => setOption(key, name, String(value)),
            ),
          h('span', { class: 'figure-field' }, figure, name === 'tamano_max' && h('span', { class: 'unit' }, 'kB')),
          why,
        ];
      });
    });
  }

  /** @param {number} key 0: the file in the photo's own format */
  function row(key) {
    const format = computed(() => fileOf(key)?.format ?? '');
    const more = signal(false);
    const options = () => MORE.filter(([name]) => hasOption(format.value, name));
    const choose = (/** @type {string} */ name) => {
      if (!key) editFiles(id, '', () => [newFile(name, usualOptions(name))]);
      else if (!name) editFiles(id, '', () => []);
      else edit(key, '', (file) => ({ ...file, format: name, options: usualOptions(name) }));
    };
    return h(
      'li',
      { class: 'file-row' },
      menu(
        `file-${key}-format`,
        () => format.value,
        () => [
          .../** @type {[string, string][]} */ (files.value.length < 2 ? [['', t('same_format')]] : []),
          ...free(format.value).map((one) => /** @type {[string, string]} */ ([one.id, one.name])),
        ],
        choose,
        t('format'),
      ),
      () => (format.value ? untracked(() => way(key, format.value)) : h('span', { class: 'file-way muted' }, `q${output.value.quality}`)),
      h(
        'button',
        {
          type: 'button',
          class: 'link file-bytes',
          'aria-busy': isLate,
          title: () => t('show_file'),
          'aria-pressed': () => String(files.value.length > 1 && shownFile.value === fileText(fileOf(key) ?? { format: '', options: {} })),
          onclick: () => {
            lookedAt.value = key;
          },
        },
        () => {
          const now = bytes(Math.max(0, place(key)));
          return now === null ? '–' : size(now);
        },
      ),
      h(
        'span',
        { class: 'file-acts' },
        () =>
          options().length + waysOf(format.value).length > 1 &&
          button(
            'ghost small square',
            () => {
              more.value = !more.peek();
            },
            { 'aria-label': t('more_options'), title: t('more_options'), 'aria-expanded': () => String(more.value) },
            icon('sliders', 's'),
          ),
        button(
          'ghost small square',
          () => editFiles(id, '', (list) => list.filter((file) => file.key !== key)),
          { 'aria-label': () => t('remove', formatOf(format.value)?.name ?? ''), disabled: () => files.value.length < 2 },
          icon('close', 's'),
        ),
      ),
      () =>
        more.value &&
        untracked(() =>
          h(
            'div',
            { class: 'file-more' },
            waysOf(format.value).length > 1 &&
              h(
                'label',
                null,
                h('span', null, t('way')),
                menu(
                  `file-${key}-way`,
                  () => wayOf(key),
                  () => waysOf(format.value).map(([name, , label]) => [name, t(/** @type {any} */ (label))]),
                  (name) => setWay(key, name),
                  t('way'),
                ),
              ),
            options().map(([name, words]) =>
              h(
                'label',
                null,
                h('span', null, t(/** @type {any} */ (`option_${name}`))),
                menu(
                  `file-${key}-${name}`,
                  () => fileOf(key)?.options[name] ?? '',
                  () => [['', t('usual')], ...words.map((word) => /** @type {[string, string]} */ ([word, wordText(word)]))],
                  (value) => setOption(key, name, value || null),
                  t(/** @type {any} */ (`option_${name}`)),
                ),
              ),
            ),
          ),
        ),
    );
  }

  return h(
    'div',
    { class: 'files', role: 'group', 'aria-label': () => t('files_per_photo') },
    h(
      'div',
      { class: 'head' },
      h('span', { class: 'muted' }, () => t('files_per_photo')),
      h('span', { class: 'spring' }),
      button(
        'ghost small add-format',
        () => {
          const next = ['webp', 'jpeg', 'avif'].find((name) => free().some((one) => one.id === name)) ?? free()[0].id;
          editFiles(id, '', (list) => [...list, newFile(next, usualOptions(next))]);
        },
        { disabled: () => free().length === 0 },
        icon('plus', 's'),
        () => t('format'),
      ),
    ),
    keyed(
      h('ul', null),
      () => (files.value.length ? files.value.map((file) => file.key) : [0]),
      (key) => key,
      row,
    ),
  );
}

/** @param {string} word of an option */
const wordText = (word) => (word === 'si' ? t('yes') : word === 'no' ? t('no') : word === 'entrada' ? t('as_input') : word);
