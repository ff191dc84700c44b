import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { naming, type SurfaceFailure } from '../../surface-kit/index.js';

/**
 * A failure as the client's model reads it: what is wrong, what would be
 * accepted, and whether it is worth another try. Programs find the same in
 * `_meta`, because structured content is only for what succeeded.
 */
export function toToolFailure(failure: SurfaceFailure): CallToolResult {
  const { code, message, param, problems, retryable, retryAfterSeconds, generationId } = failure;
  const told = (problems.length > 0 ? problems : [{ param, message }]).map(naming);
  const advice = [
    ...(retryAfterSeconds === null ? [] : [`Worth another try in ${retryAfterSeconds} s.`]),
    ...(generationId === null ? [] : [`Generation: ${generationId}.`]),
  ];
  return {
    isError: true,
    content: [{ type: 'text', text: [...told, ...advice].join('\n') }],
    _meta: {
      'easel/error': {
        code,
        param,
        retryable,
        retry_after_seconds: retryAfterSeconds,
        generation_id: generationId,
      },
    },
  };
}
