/** Below this every answer is this surface's, failures included. */
export const PREFIX = '/api/open/v1';
