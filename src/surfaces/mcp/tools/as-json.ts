import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

/** Facts in fields, and the same as text for clients that read nothing else. */
export function asJson(facts: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(facts) }], structuredContent: facts };
}
