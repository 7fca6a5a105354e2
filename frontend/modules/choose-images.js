// Choosing images: the newcomer's screen, and the dialog with the server's folders, uploads and samples.
import { command, read } from './commands.js';
import { button, h, icon } from './element.js';
import { size, t } from './i18n.js';
import { openDialog } from './overlays.js';
import { signal } from './signal.js';
import { pickFiles, upload } from './upload.js';

export const SAMPLES = 12;
export const useSamples = () => command('/api/images/source', { source: 'samples', count: SAMPLES });

/** What a folder has, or why it cannot be used. @param {FolderListing['folders'][number]} folder */
function folderText({ problem, images, bytes, folders, others }) {
  if (problem) return t(problem === 'permission' ? 'folder_no_permission' : 'folder_unreadable');
  if (images === null) return '';
  const inside = folders ? t('n_folders', folders) : '';
  if (images > 0) return [t('n_photos', images), bytes ? size(bytes) : '', inside].filter(Boolean).join(' · ');
  return inside || (others ? t('folder_others', others[1], others[0].toUpperCase()) : t('folder_empty'));
}

/** The folders of this machine, one level at a time. @param {'h2' | 'h3'} heading @param {() => void} chosen when one has become the list */
function folderBrowser(heading, chosen) {
  const listing = signal(/** @type {FolderListing | null} */ (null));
  const failed = signal(false);
  const visit = async (/** @type {string} */ id) => {
    try {
      listing.value = await read(`/api/folders?id=${encodeURIComponent(id)}`);
      failed.value = false;
    } catch {
      failed.value = true;
    }
  };
  /** @param {string} folder @param {boolean} recursive */
  const choose = async (folder, recursive) => {
    if (await command('/api/images/source', { source: 'folder', folder, recursive })) chosen();
  };
  visit('');
  /** @param {FolderListing['folders'][number]} folder */
  const row = (folder) => {
    // One without photos of its own is used with what is below it.
    const usable = !folder.problem && (folder.images !== 0 || Boolean(folder.folders));
    return h(
      'li',
      { class: usable ? '' : 'unusable' },
      h(
        'button',
        { type: 'button', class: 'folder', disabled: !usable, onclick: () => visit(folder.id) },
        icon(folder.problem ? 'lock' : 'folder'),
        h('span', { class: 'name' }, folder.name),
        h('span', { class: 'muted' }, folderText(folder)),
        usable && icon('right', 's'),
      ),
      usable && button('small', () => choose(folder.id, folder.images === 0), { 'aria-label': `${t('use')}: ${folder.name}` }, t('use')),
    );
  };
  return [
    h(
      'div',
      { class: 'head crumbs' },
      () =>
        listing.value?.parent != null &&
        button('ghost small square', () => visit(listing.peek()?.parent ?? ''), { 'aria-label': t('parent_folder') }, icon('left')),
      h(heading, null, () => listing.value?.label || t('server_folders')),
      h('span', { class: 'spring' }),
      () => {
        const now = listing.value;
        if (!now?.id) return null;
        return [
          now.folders.length > 0 && button('ghost small', () => choose(now.id, true), null, t('with_subfolders')),
          now.images > 0 && button('small', () => choose(now.id, false), null, t('use_folder', now.images)),
        ];
      },
    ),
    h('ul', { class: 'folder-list' }, () => {
      const now = listing.value;
      if (failed.value) return h('li', { class: 'none' }, t('no_answer'));
      if (!now) return null;
      return now.folders.length ? now.folders.map(row) : h('li', { class: 'none' }, t('no_folders'));
    }),
  ];
}

export const openFolders = () =>
  openDialog(
    () => t('choose_images'),
    'folders',
    (close) => {
      const send = (/** @type {boolean} */ folder) =>
        pickFiles(folder, (found) => {
          close();
          upload(found);
        });
      const samples = async () => {
        if (await useSamples()) close();
      };
      return [
        h(
          'div',
          { class: 'sources' },
          button(
            'primary',
            () => send(false),
            null,
            icon('images'),
            () => t('choose_photos'),
          ),
          button(
            '',
            () => send(true),
            null,
            icon('folder'),
            () => t('choose_folder'),
          ),
          button('', samples, null, icon('images'), () => t('samples', SAMPLES)),
        ),
        folderBrowser('h3', close),
      ];
    },
  );

export const emptyScreen = () =>
  h(
    'div',
    { class: 'empty' },
    h(
      'div',
      { class: 'drop-zone' },
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
    ),
    h(
      'div',
      { class: 'other-sources' },
      h(
        'section',
        { class: 'card', 'aria-label': () => t('server_folders') },
        folderBrowser('h2', () => {}),
      ),
      h(
        'section',
        { class: 'card just-looking', 'aria-label': () => t('just_looking') },
        h('h2', null, () => t('just_looking')),
        h('p', { class: 'muted' }, () => t('samples_text')),
        button('', useSamples, null, icon('images', 's'), () => t('try_samples', SAMPLES)),
      ),
    ),
  );
