import { invalidValue } from '../../common/domain-error.js';
import type { JsonObject, JsonValue } from '../../common/strict-json.js';

/** One image of an edit, as its text was sent. */
export interface JsonRef {
  readonly kind: 'address' | 'asset';
  readonly text: string;
  /** The caller's name for it. */
  readonly param: string;
}

/** How an API writes the images of an edit in JSON. */
export interface JsonEditForm {
  readonly imagesParam: 'image' | 'images';
  /** Where data URLs may stand. */
  readonly place: RegExp;
  /** What was sent for the images, one by one; null when it is no list of any kind. */
  listOf(value: JsonValue): readonly (readonly [param: string, value: JsonValue])[] | null;
  /** @throws DomainError `invalid_value` */
  refOf(value: JsonValue, param: string): JsonRef;
}

const REF_KEYS = ['image_url', 'file_id'] as const;

/** OpenAI's: `images: [{image_url | file_id}]`, `mask` the same. */
export const OPENAI_EDIT: JsonEditForm = {
  imagesParam: 'images',
  place: /^(?:images\[\d+\]|mask)\.image_url$/,
  listOf: (value) => (Array.isArray(value) ? placesOf('images', value as JsonValue[]) : null),
  refOf: (value, param) => {
    const [key, text] = keyOf(value, param);
    return { kind: key === 'file_id' ? 'asset' : 'address', text, param: `${param}.${key}` };
  },
};

/** `image: address` or a list of them, `mask: address`. */
export const PLAIN_EDIT: JsonEditForm = {
  imagesParam: 'image',
  place: /^(?:image|image\[\d+\]|mask)$/,
  listOf: (value) => {
    if (Array.isArray(value)) return placesOf('image', value as JsonValue[]);
    return typeof value === 'string' ? [['image', value]] : null;
  },
  refOf: (value, param) => {
    if (typeof value === 'string' && value !== '') return { kind: 'address', text: value, param };
    throw invalidValue(param, `'${param}' must be an address or a data URL.`);
  },
};

function placesOf(name: string, values: readonly JsonValue[]): [string, JsonValue][] {
  return values.map((value, index) => [`${name}[${index}]`, value]);
}

/** The one key of a reference and its text. A key that is null beside another counts as not sent. */
function keyOf(value: JsonValue, param: string): [key: string, text: string] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const sent = isObject ? Object.entries(value as JsonObject) : [];
  const given = sent.filter(([, member]) => member !== null);
  const members = given.length > 0 ? given : sent;
  const [[key, text] = ['', null]] = members;
  const isRef = members.length === 1 && REF_KEYS.some((known) => known === key);
  if (!isRef) {
    throw invalidValue(param, `'${param}' must hold exactly one of image_url and file_id.`, {
      accepted: [...REF_KEYS],
    });
  }
  if (typeof text === 'string' && text !== '') return [key, text];
  throw invalidValue(`${param}.${key}`, `'${param}.${key}' must be a string.`);
}
