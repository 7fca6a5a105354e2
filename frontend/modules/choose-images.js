// Choosing images: the newcomer's screen, and the dialog with the server's folders, uploads and samples.
import { command, read } from './commands.js';
import { button, h, icon } from './element.js';
import { t } from './i18n.js';
import { openDialog } from './overlays.js';
import { signal } from './signal.js';
import { pickFiles, upload } from './upload.js';

export const SAMPLES = 12;
export const useSamples = () => command('/api/images/source', { source: 'samples', count: SAMPLES });

export const openFolders = () =>
  openDialog(
    () => t('choose_images'),
    'folders',
    (close) => {
      const listing = signal(/** @type {FolderListing | null} */ (null));
      const failed = signal(false);
      let recursive = false;
      const visit = async (/** @type {string} */ id) => {
        try {
          listing.value = await read(`/api/folders?id=${encodeURIComponent(id)}`);
          failed.value = false;
        } catch {
          failed.value = true;
        }
      };
      const choose = async (/** @type {Record<string, unknown>} */ source) => {
        if (await command('/api/images/source', source)) close();
      };
      const send = (/** @type {boolean} */ folder) =>
        pickFiles(folder, (found) => {
          close();
          upload(found);
        });
      visit('');
      return [
        h(
          'div',
          { class: 'sources' },
          button(
            '',
            () => send(false),
            null,
            icon('upload'),
            () => t('upload_photos'),
          ),
          button(
            '',
            () => send(true),
            null,
            icon('folder'),
            () => t('upload_folder'),
          ),
          button(
            '',
            async () => {
              if (await useSamples()) close();
            },
            null,
            icon('images'),
            () => t('samples', SAMPLES),
          ),
        ),
        h(
          'div',
          { class: 'head crumbs' },
          button(
            'ghost small square',
            () => visit(listing.peek()?.parent ?? ''),
            { 'aria-label': () => t('parent_folder'), disabled: () => listing.value?.parent == null },
            icon('left'),
          ),
          h('h3', null, () => listing.value?.label || t('server_folders')),
        ),
        h('ul', { class: 'folder-list' }, () => {
          const now = listing.value;
          if (failed.value) return h('li', { class: 'none' }, t('no_answer'));
          if (!now) return null;
          if (!now.folders.length) return h('li', { class: 'none' }, t('no_folders'));
          return now.folders.map((folder) =>
            h(
              'li',
              null,
              h(
                'button',
                { type: 'button', class: 'folder', onclick: () => visit(folder.id) },
                icon('folder'),
                h('span', { class: 'name' }, folder.name),
                h('span', { class: 'muted' }, folder.images === null ? '' : t('n_images', folder.images)),
                icon('right', 's'),
              ),
            ),
          );
        }),
        h(
          'div',
          { class: 'actions spread' },
          h(
            'label',
            { class: 'check' },
            h('input', {
              type: 'checkbox',
              onchange: (/** @type {Event} */ event) => {
                recursive = /** @type {HTMLInputElement} */ (event.target).checked;
              },
            }),
            () => t('with_subfolders'),
          ),
          button(
            'primary',
            () => {
              const now = listing.peek();
              if (now) choose({ source: 'folder', folder: now.id, recursive });
            },
            { disabled: () => !listing.value?.id },
            () => (listing.value?.id ? t('use_folder', listing.value.images) : t('pick_a_folder')),
          ),
        ),
      ];
    },
  );

/** Three sheets, drawn rather than loaded: there is no picture yet. */
const fan = () => h('div', { class: 'fan', 'aria-hidden': 'true' }, h('span', null), h('span', null), h('span', null, icon('images')));

export const emptyScreen = () =>
  h(
    'div',
    { class: 'empty' },
    h(
      'div',
      { class: 'drop-zone' },
      fan(),
      h('h1', null, () => t('drop_title')),
      h('p', null, () => t('drop_text')),
      h(
        'div',
        { class: 'actions' },
        button('primary tall', openFolders, null, icon('folder'), () => t('choose_folder')),
        button('tall', useSamples, null, () => t('try_samples', SAMPLES)),
      ),
      button(
        'ghost small',
        () => pickFiles(false, upload),
        null,
        icon('upload', 's'),
        () => t('or_pick_files'),
      ),
      h(
        'ol',
        { class: 'three-steps' },
        /** @type {const} */ (['step_1', 'step_2', 'step_3']).map((key, index) =>
          h('li', null, h('b', null, String(index + 1)), () => t(key)),
        ),
      ),
    ),
  );
