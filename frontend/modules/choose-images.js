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
          return now.folders.map((folder) => {
            const why = folder.problem
              ? t(folder.problem === 'permission' ? 'folder_no_permission' : 'folder_unreadable')
              : folder.images === 0
                ? t('folder_no_images')
                : '';
            return h(
              'li',
              null,
              h(
                'button',
                { type: 'button', class: 'folder', disabled: Boolean(folder.problem), onclick: () => visit(folder.id) },
                icon('folder'),
                h('span', { class: 'name' }, folder.name),
                h('span', { class: 'muted' }, why || (folder.images === null ? '' : t('n_images', folder.images))),
                !folder.problem && icon('right', 's'),
              ),
              !why &&
                button(
                  'small',
                  () => choose({ source: 'folder', folder: folder.id, recursive }),
                  { 'aria-label': `${t('use')}: ${folder.name}` },
                  t('use'),
                ),
            );
          });
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
          () =>
            listing.value?.id
              ? button(
                  'primary',
                  () => choose({ source: 'folder', folder: listing.peek()?.id, recursive }),
                  null,
                  t('use_folder', listing.value.images),
                )
              : null,
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
        button(
          'primary tall',
          () => pickFiles(false, upload),
          null,
          icon('images'),
          () => t('choose_photos'),
        ),
        button(
          'tall',
          () => pickFiles(true, upload),
          null,
          icon('folder'),
          () => t('choose_folder'),
        ),
      ),
      h(
        'div',
        { class: 'actions' },
        button('ghost small', openFolders, null, icon('folder', 's'), () => t('server_folders')),
        button('ghost small', useSamples, null, icon('images', 's'), () => t('try_samples', SAMPLES)),
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
