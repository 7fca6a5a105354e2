// The Prepare screen: images, the photo before and after, filters and output. Without images, the newcomer's screen.
import { h } from './element.js';
import { emptyScreen } from './empty.js';
import { filtersPane } from './filters-pane.js';
import { t } from './i18n.js';
import { imagesPane } from './images-pane.js';
import { computed } from './signal.js';
import { stage } from './stage.js';
import { state } from './stream.js';

const hasImages = computed(() => state.images.value.count > 0 || state.images.value.loading);

export const prepareScreen = () => h('div', { class: 'screen' }, () => (hasImages.value
  ? h('div', { class: 'prepare' }, h('h1', { class: 'hidden' }, () => t('prepare')), imagesPane(), stage(), filtersPane())
  : emptyScreen()));
