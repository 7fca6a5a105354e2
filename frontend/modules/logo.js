// A logo placed by hand: drawn over the photo as the step gets it, let go at one of nine places, sized at its corners.
import { followPointer, grips, onOthers, onPhoto, photoBelow, placeOfBox, tool } from './by-hand.js';
import { shareOf } from './crop-box.js';
import { filterOf, sentName } from './draft.js';
import { h } from './element.js';
import { percent, say, t } from './i18n.js';
import { drawnWidth, besides, logoBox, nearestPlace } from './logo-box.js';
import { computed, effect, onCleanup, signal } from './signal.js';

/** @typedef {import('./crop-box.js').Box} Box */
const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };
const STEP = 0.01;

/** The file of a logo as a picture. @param {string} id @param {AbortSignal} stop */
async function logoOf(id, stop) {
  const answer = await fetch(`/api/assets/${encodeURIComponent(id)}`, { signal: stop });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  // Browsers know the others by their content, and a drawing by its type alone.
  const isDrawing = !new Uint8Array(bytes).includes(0);
  const url = URL.createObjectURL(new Blob([bytes], { type: isDrawing ? 'image/svg+xml' : '' }));
  const probe = new Image();
  probe.src = url;
  await probe.decode();
  return { url, width_px: probe.naturalWidth || 1, height_px: probe.naturalHeight || 1 };
}

/** @param {{ id: number, key: number }} step */
export function logoTool(step) {
  const placed = onPhoto(step);
  const { picture, params } = placed;
  const logo = signal(/** @type {Awaited<ReturnType<typeof logoOf>> | null} */ (null));
  const file = computed(() => String(params().archivo ?? ''));
  effect(() => {
    const id = file.value;
    const stop = new AbortController();
    logoOf(id, stop.signal).then(
      (made) => {
        if (stop.signal.aborted) URL.revokeObjectURL(made.url);
        else logo.value = made;
      },
      () => {},
    );
    onCleanup(() => {
      stop.abort();
      const old = logo.peek();
      if (old) URL.revokeObjectURL(old.url);
      logo.value = null;
    });
  });
  /** @param {Record<string, ParamValue>} given */
  const boxWith = (given) => {
    const [now, own] = [picture.value, logo.value];
    return now && own ? logoBox({ ...params(), ...given }, now, own) : NOWHERE;
  };
  /** While it is dragged. */
  const loose = signal(/** @type {Box | null} */ (null));
  const box = () => loose.value ?? boxWith({});
  const place = () => String(params().posicion ?? 'abajo_derecha');
  const width = () => shareOf(params().tamano, picture.value?.width_px ?? 1) ?? 0.15;
  /** @param {'tamano' | 'margen'} name @param {number} share */
  const share = (name, share) => ({ [name]: `${Number((share * 100).toFixed(1))}%` });
  const said = () => {
    const option = filterOf('logo')
      ?.params.find(({ id }) => id === 'posicion')
      ?.options?.find(({ id }) => id === place());
    return [sentName(file.value), option && say(option.label), percent(width() * 100)].filter(Boolean).join(' · ');
  };
  const surface = h('div', { class: 'placing-surface' });
  const frame = h(
    'div',
    {
      class: 'logo-box',
      tabIndex: 0,
      role: 'application',
      'aria-label': () => `${t('logo_box')}: ${said()}`,
      ...placeOfBox(box),
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        const start = boxWith({});
        const around = surface.getBoundingClientRect();
        const from = { x: (event.clientX - around.left) / around.width, y: (event.clientY - around.top) / around.height };
        followPointer(
          event,
          surface,
          (x, y) => {
            loose.value = { ...start, x: start.x + x - from.x, y: start.y + y - from.y };
          },
          () => {
            const let_go = loose.peek();
            loose.value = null;
            if (let_go) placed.put({ posicion: nearestPlace(let_go, (posicion) => boxWith({ posicion })) });
          },
        );
        frame.focus();
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
        const grow = { '+': STEP, '-': -STEP }[event.key] ?? 0;
        const margin = shareOf(params().margen, picture.peek()?.width_px ?? 1) ?? 0;
        if (event.key === 'Escape') placed.leave();
        else if (event.altKey && (dx || dy)) placed.put(share('margen', Math.max(0, Math.min(0.5, margin + (dx - dy) * STEP))));
        else if (dx || dy) placed.put({ posicion: besides(place(), dx, dy) });
        else if (grow) placed.put(share('tamano', Math.max(STEP, Math.min(1, width() + grow))));
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    },
    h('img', {
      alt: '',
      draggable: 'false',
      src: () => logo.value?.url ?? null,
      hidden: () => !logo.value,
      '--angle': () => `${-Number(params().angulo ?? 0)}deg`,
      '--opacity': () => String(params().opacidad ?? 1),
      // Of its box, which is larger than itself when it is turned.
      '--share': () => {
        const [now, own] = [picture.value, logo.value];
        if (!now || !own) return '100%';
        const angle = (Number(params().angulo ?? 0) * Math.PI) / 180;
        const across = own.width_px * Math.abs(Math.cos(angle)) + own.height_px * Math.abs(Math.sin(angle));
        return `${(own.width_px / across) * 100}%`;
      },
    }),
    grips((event) => {
      const [start, now] = [boxWith({}), params()];
      let wide = width();
      followPointer(
        event,
        surface,
        (x) => {
          wide = drawnWidth({ ...now, tamano: `${width() * 100}%` }, start, x);
          loose.value = boxWith(share('tamano', wide));
        },
        () => {
          loose.value = null;
          placed.put(share('tamano', wide));
        },
      );
      frame.focus();
    }),
    h('span', { class: 'crop-said', 'aria-hidden': 'true' }, said),
  );
  surface.append(photoBelow(placed), frame);
  return tool(
    placed,
    () => t('logo_box'),
    placed.scope(() => ({ posicion: place(), ...share('tamano', width()) })),
    null,
    surface,
    () => t('logo_hint'),
    onOthers(placed, (now, size) => (logo.value ? logoBox(now, size, logo.value) : { ...NOWHERE }), 'logo'),
  );
}
