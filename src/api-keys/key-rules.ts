import { checkLimits, type LimitKind } from '../accounts/index.js';
import { invalidValue } from '../common/domain-error.js';
import { codePointLength, isStorableText } from '../common/text.js';
import type { KeyDraft, KeyLimitsChange, KeySettings } from './api-key.js';
import {
  KEY_MODES,
  KEY_STYLES,
  type KeyLimits,
  type KeyMode,
  type KeyStyle,
  type Profile,
  PROFILES,
  type Scope,
  SCOPES,
} from './caller.js';
import { formatNetwork, parseNetwork } from './cidr.js';

const MAX_NAME_LENGTH = 100;
const MAX_LIST_LENGTH = 200;
const MAX_MODEL_NAME_LENGTH = 200;

const LIMIT_KINDS: Readonly<Record<keyof KeyLimits, LimitKind>> = {
  requestsPerMinute: 'count',
  concurrency: 'count',
  imagesPerDay: 'count',
  creditsPerDay: 'credits',
  creditsPerMonth: 'credits',
};

/** Settings that passed every rule, in the form that is stored. */
export interface CheckedSettings {
  readonly name: string;
  readonly profile: Profile;
  readonly scopes: readonly Scope[] | null;
  readonly models: readonly string[] | null;
  readonly allowedCidrs: readonly string[] | null;
  readonly limits: KeyLimits;
  readonly expiresAt: Date | null;
}

/** @throws DomainError `invalid_value` naming the field at fault. */
export function checkDraft(draft: KeyDraft): CheckedSettings & { style: KeyStyle; mode: KeyMode } {
  const style = oneOf('style', draft.style ?? 'easel', KEY_STYLES);
  const mode = oneOf('mode', draft.mode ?? 'live', KEY_MODES);
  const profile = draft.profile ?? (style === 'aiimg' ? 'aiimg' : 'openai');
  return { ...checkSettings({ ...draft, profile }), style, mode };
}

/** @throws DomainError `invalid_value` naming the field at fault. */
export function checkSettings(settings: KeySettings & { profile: Profile }): CheckedSettings {
  return {
    name: checkName(settings.name),
    profile: oneOf('profile', settings.profile, PROFILES),
    scopes: checkList('scopes', settings.scopes, (scope) => oneOf('scopes', scope, SCOPES)),
    models: checkList('models', settings.models, checkModelName),
    allowedCidrs: checkList('allowedCidrs', settings.allowedCidrs, checkNetwork),
    limits: checkLimits('limits', settings.limits ?? {}, LIMIT_KINDS),
    expiresAt: settings.expiresAt ?? null,
  };
}

/** Checked apart, because a key that has expired may still be renamed. */
export function checkExpiry(expiresAt: Date | null | undefined): void {
  if (expiresAt && !(expiresAt.getTime() > Date.now())) {
    throw invalidValue('expiresAt', 'The expiry must lie in the future.');
  }
}

/** A merge patch: limits that are not named stay, `null` lifts one, and instead of all of them all. */
export function mergeLimits(limits: KeyLimits, change: KeyLimitsChange | null = {}): KeyLimits {
  if (change === null) return {};
  return checkLimits('limits', { ...limits, ...named(change) }, LIMIT_KINDS);
}

/** The fields of a change that were sent: a DTO has the others as `undefined`. */
export function named<T extends object>(change: T): Partial<T> {
  const sent = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(sent) as Partial<T>;
}

function checkName(name: string): string {
  const text = typeof name === 'string' ? name.trim() : '';
  if (text === '' || codePointLength(text) > MAX_NAME_LENGTH || !isStorableText(text)) {
    throw invalidValue('name', `A name has 1 to ${MAX_NAME_LENGTH} characters.`);
  }
  return text;
}

/**
 * An empty list is refused: read as "none" the key is useless, read as "all" it
 * opens what somebody meant to close.
 */
function checkList<T extends string>(
  param: string,
  list: readonly T[] | null | undefined,
  check: (item: T) => T,
): readonly T[] | null {
  if (list === null || list === undefined) return null;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_LIST_LENGTH) {
    throw invalidValue(
      param,
      `A list has 1 to ${MAX_LIST_LENGTH} items; leave it out or send null for no restriction.`,
    );
  }
  return [...new Set(list.map((item: T) => check(item)))];
}

function checkModelName(name: string): string {
  if (typeof name !== 'string' || name === '' || name.length > MAX_MODEL_NAME_LENGTH) {
    throw invalidValue('models', 'Models are named as in the catalog.');
  }
  if (!isStorableText(name)) throw invalidValue('models', 'Models are named as in the catalog.');
  return name;
}

function checkNetwork(text: string): string {
  const network = typeof text === 'string' ? parseNetwork(text) : null;
  if (!network) {
    throw invalidValue('allowedCidrs', 'This is neither an IP address nor a network.', {
      accepted: ['203.0.113.0/24', '203.0.113.7', '2001:db8::/32'],
    });
  }
  return formatNetwork(network);
}

function oneOf<T extends string>(param: string, value: T, accepted: readonly T[]): T {
  if (!accepted.includes(value)) throw invalidValue(param, `Unknown value.`, { accepted });
  return value;
}
