export { PageErrorFilter } from './page-error.filter.js';
export { PagesModule } from './pages.module.js';

/** Failures below these are pages. */
export const PAGE_PREFIXES: readonly string[] = [
  '/images',
  '/assets',
  '/activity',
  '/sign-in',
  '/sign-out',
];
