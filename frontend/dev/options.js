// What the development server is started with. See README.md in this folder.
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8770' },
    images: { type: 'string', default: '24' },
    cores: { type: 'string', default: '8' },
    rate: { type: 'string', default: '16' },
    modules: { type: 'boolean', default: false },
  },
});

export const options = {
  ...values,
  port: Number(values.port),
  images: Number(values.images),
  cores: Number(values.cores),
  rate: Number(values.rate),
};
