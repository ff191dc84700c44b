import { streamMessage, type SurfaceFailure } from '../../../surface-kit/index.js';
import { CHINESE } from './chinese.js';
import type { Language } from './language.js';

/** What an envelope says of a request that succeeded. */
export const SUCCESS: Readonly<Record<Language, string>> = { zh: '请求成功', en: 'Success' };

/** The public text of a failure; it names the id of what still runs. */
export function messageOf(failure: SurfaceFailure, language: Language): string {
  return language === 'zh' ? CHINESE[failure.code](failure) : streamMessage(failure);
}
