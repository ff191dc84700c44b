import { type Millicredits, parseCredits } from '../../common/credits.js';
import type { JsonObject } from '../../common/strict-json.js';
import type { ImageParameters } from '../../models/index.js';
import { StrictFields } from '../../surface-kit/index.js';
import { MAX_ADDRESS, MAX_INPUTS, MAX_PROMPT, MAX_WORD } from './schemas.js';

const DEFAULT_MODEL = 'gpt-image-2';

/** What a picture is asked for with, not yet checked against the catalog. */
export interface AskedPicture {
  readonly parameters: ImageParameters;
  readonly idempotencyKey: string | null;
  /** The most that may be held; undefined: whatever the price is. */
  readonly maxHold: Millicredits | undefined;
  /** Images of an edit, each an address or the id of an image of the account. */
  readonly images: readonly string[];
  readonly mask: string | null;
}

/** @throws DomainError `invalid_value` or `missing_required_parameter` with every argument at fault */
export function readGenerateImage(sent: JsonObject): AskedPicture {
  const fields = new StrictFields(sent);
  const asked = readShared(fields);
  fields.refuseProblems();
  return { ...asked, images: [], mask: null };
}

/** @throws DomainError as `readGenerateImage` */
export function readEditImage(sent: JsonObject): AskedPicture {
  const fields = new StrictFields(sent);
  const asked = readShared(fields);
  const images = fields.requiredTexts('images', { max: MAX_ADDRESS, maxItems: MAX_INPUTS });
  const mask = fields.text('mask', { max: MAX_ADDRESS }) ?? null;
  const inputFidelity = fields.text('input_fidelity', { max: MAX_WORD });
  fields.refuseProblems();
  const parameters: ImageParameters = {
    ...asked.parameters,
    operation: 'edit',
    inputImages: images.length,
    mask: mask !== null,
    inputFidelity,
  };
  return { ...asked, parameters, images, mask };
}

/** What makes two calls the same: their arguments, but for what is said about the call itself. */
export function identityOf(sent: JsonObject): JsonObject {
  const { idempotency_key: _key, max_credits: _most, ...rest } = sent;
  return rest;
}

function readShared(
  fields: StrictFields,
): Pick<AskedPicture, 'parameters' | 'idempotencyKey' | 'maxHold'> {
  const word = (name: string) => fields.text(name, { max: MAX_WORD });
  const parameters: ImageParameters = {
    operation: 'generate',
    prompt: fields.requiredText('prompt', { max: MAX_PROMPT }),
    model: word('model') ?? DEFAULT_MODEL,
    count: fields.number('n'),
    size: word('size'),
    aspectRatio: word('aspect_ratio'),
    resolution: word('resolution'),
    quality: word('quality'),
    background: word('background'),
    outputFormat: word('output_format'),
  };
  return { parameters, idempotencyKey: keyIn(fields), maxHold: creditsIn(fields) };
}

function keyIn(fields: StrictFields): string | null {
  const key = fields.text('idempotency_key', { max: 255 });
  if (key === undefined || /^[\x21-\x7e]+$/.test(key)) return key ?? null;
  fields.wrong('idempotency_key', "'idempotency_key' must be 1 to 255 visible ASCII characters.");
  return null;
}

function creditsIn(fields: StrictFields): Millicredits | undefined {
  const sent = fields.number('max_credits');
  const amount = sent === undefined ? undefined : parseCredits(sent);
  if (amount === undefined || (amount !== null && amount >= 0n)) return amount;
  fields.wrong('max_credits', "'max_credits' must be a number from 0 with at most three decimals.");
  return undefined;
}
