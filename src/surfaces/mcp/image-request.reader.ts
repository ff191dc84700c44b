import { type Millicredits, parseCredits } from '../../common/credits.js';
import { invalidValue } from '../../common/domain-error.js';
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
  return { ...checked(asked), images: [], mask: null };
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
  return { ...checked({ ...asked, parameters }), images, mask };
}

/** What makes two calls the same: their arguments, but for what is said about the call itself. */
export function identityOf(sent: JsonObject): JsonObject {
  const { idempotency_key: _key, max_credits: _most, ...rest } = sent;
  return rest;
}

interface Shared {
  readonly parameters: ImageParameters;
  readonly key: string | undefined;
  readonly maxCredits: number | undefined;
}

function readShared(fields: StrictFields): Shared {
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
  const key = fields.text('idempotency_key', { max: 255 });
  return { parameters, key, maxCredits: fields.number('max_credits') };
}

function checked({ parameters, key, maxCredits }: Shared) {
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    throw invalidValue('idempotency_key', "'idempotency_key' has a character it may not have.", {
      accepted: ['1 to 255 visible ASCII characters'],
    });
  }
  return { parameters, idempotencyKey: key ?? null, maxHold: creditsOf(maxCredits) };
}

function creditsOf(sent: number | undefined): Millicredits | undefined {
  if (sent === undefined) return undefined;
  const amount = parseCredits(sent);
  if (amount !== null && amount >= 0n) return amount;
  throw invalidValue('max_credits', "'max_credits' is no amount of credits.", {
    accepted: ['a number from 0 with at most three decimals'],
  });
}
