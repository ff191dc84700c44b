export { McpErrorFilter } from './mcp-error.filter.js';
export { McpSurfaceModule } from './mcp.module.js';
export { PATH as MCP_PATH } from './path.js';
