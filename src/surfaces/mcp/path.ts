/** The one route of this surface. */
export const PATH = '/mcp';
/** Kept with each generation made here. */
export const SURFACE = 'mcp';
