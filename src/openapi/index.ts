export { buildDocuments } from './documents.js';
export { setUpDocs } from './set-up-docs.js';
export { operationsOf } from './tidy.js';
