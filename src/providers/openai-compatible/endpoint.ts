import { isIP } from 'node:net';
import { isPublicAddress } from '../../egress/index.js';
import type { ProviderSettings } from '../image-provider.js';
import type { Quirks } from './quirks.js';

const LOCAL_NAME = /(^|\.)(localhost|local|internal|lan|home\.arpa)\.?$/i;
const GENERATIONS = /\/images\/generations(?=\/?(?:$|\?))/;

/** Origin and request target of one call. */
export interface Endpoint {
  readonly origin: string;
  /** Path with its query, ready for the request line. */
  readonly path: string;
}

/** Names every problem of the base URL. Its text stays out: it may hold a secret. */
export function checkBaseUrl(settings: ProviderSettings): string[] {
  const { baseUrl, allowPrivateNetwork } = settings;
  if (baseUrl === null) return ['baseUrl is missing'];
  if (!URL.canParse(baseUrl)) return ['baseUrl must be an absolute URL'];
  const url = new URL(baseUrl);
  return [
    ...checkTransport(url, allowPrivateNetwork),
    ...(url.username + url.password === ''
      ? []
      : ['baseUrl must not carry a user name or password']),
    ...(url.hash === '' ? [] : ['baseUrl must not have a fragment']),
  ];
}

function checkTransport(url: URL, allowPrivateNetwork: boolean): string[] {
  const schemes = allowPrivateNetwork ? ['https:', 'http:'] : ['https:'];
  const problems: string[] = [];
  if (!schemes.includes(url.protocol)) {
    problems.push('baseUrl must be https (or http with allowPrivateNetwork)');
  }
  if (!allowPrivateNetwork && isPrivate(url.hostname)) {
    problems.push('baseUrl must be a public address (or have allowPrivateNetwork)');
  }
  return problems;
}

/**
 * Joins a base URL, with or without trailing slash and query, and a path
 * template, with or without a query of its own.
 */
export function endpointOf(baseUrl: string, pathTemplate: string, model: string): Endpoint {
  const url = new URL(baseUrl);
  const [path = '', query = ''] = pathTemplate
    .replaceAll('{model}', () => encodeURIComponent(model))
    .split('?', 2);
  const queries = [url.search.slice(1), query].filter((each) => each !== '').join('&');
  const target = url.pathname.replace(/\/+$/, '') + path;
  return { origin: url.origin, path: queries === '' ? target : `${target}?${queries}` };
}

/** The path template of edits; null where the upstream has none, or where it cannot be told. */
export function editPathOf({
  editMode,
  pathTemplate,
}: Pick<Quirks, 'editMode' | 'pathTemplate'>): string | null {
  if (editMode === 'none' || !GENERATIONS.test(pathTemplate)) return null;
  return pathTemplate.replace(GENERATIONS, '/images/edits');
}

function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? LOCAL_NAME.test(host) : !isPublicAddress(host);
}
