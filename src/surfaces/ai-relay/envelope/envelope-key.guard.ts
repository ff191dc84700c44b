import { ApiKeyGuard } from '../../../api-keys/index.js';

/** The envelope routes take a key as `X-Api-Key` or Bearer. */
export const EnvelopeKeyGuard = ApiKeyGuard.for({ headers: ['x-api-key', 'bearer'] });
