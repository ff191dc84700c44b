export { RestErrorFilter } from './rest-error.filter.js';
export { RestImagesModule } from './rest-images.module.js';
