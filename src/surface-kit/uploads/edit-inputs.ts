import { DomainError, invalidValue } from '../../common/domain-error.js';
import {
  type Asset,
  INPUT_LIMITS,
  type InputImages,
  type InputRole,
  type ReceivedImage,
} from '../../storage/index.js';
import type { EditUpload, SentInput } from './edit-upload.js';

/** An asset that an edit is made from. */
export interface KeptInput extends Pick<
  Asset,
  'assetId' | 'mediaType' | 'bytes' | 'width' | 'height'
> {
  readonly role: InputRole;
}

/** An input whose bytes are known, and how it becomes an asset. */
interface Known {
  readonly role: InputRole;
  readonly sha256: string;
  readonly facts: Pick<Asset, 'mediaType' | 'bytes' | 'width' | 'height'>;
  hasAlpha(): Promise<boolean>;
  keep(): Promise<Asset>;
}

/** What turns the inputs of one request into assets. */
export interface Keeping {
  readonly accountId: string;
  readonly inputs: InputImages;
  /** Fetches an image from its address; the result is cleaned up with those that were uploaded. */
  fetch(url: string, role: InputRole, param: string): Promise<ReceivedImage>;
}

/**
 * Gets every input, checks the mask against the first image, and keeps them all
 * as assets of the account, in the order sent, the mask last.
 *
 * @throws DomainError `invalid_value` that names the input at fault; what storing throws
 */
export async function keepInputs(keeping: Keeping, upload: EditUpload): Promise<KeptInput[]> {
  const sent = [
    ...upload.images.map((input) => ['image', input] as const),
    ...(upload.mask ? [['mask', upload.mask] as const] : []),
  ];
  const known = await allOf(sent.map(([role, input]) => know(keeping, role, input)));
  await refuseUnfitMask(known);
  const assets = await allOf(keepEach(known));
  return known.map(({ role }, place) => {
    const { assetId, mediaType, bytes, width, height } = assets[place];
    return { role, assetId, mediaType, bytes, width, height };
  });
}

/** The same image sent twice is stored once. */
function keepEach(known: readonly Known[]): Promise<Asset>[] {
  const kept = new Map<string, Promise<Asset>>();
  return known.map((input) => {
    const before = kept.get(input.sha256);
    const asset = before ?? input.keep();
    kept.set(input.sha256, asset);
    return asset;
  });
}

/** Like `Promise.all`, but nothing is still at work on a file when it throws. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function know(keeping: Keeping, role: InputRole, sent: SentInput): Promise<Known> {
  const { param } = sent;
  if (sent.kind === 'asset') return knownAsset(keeping, role, sent);
  const image = sent.kind === 'url' ? await keeping.fetch(sent.url, role, param) : sent.image;
  return {
    role,
    sha256: image.sha256,
    facts: image.facts,
    hasAlpha: () => Promise.resolve(image.facts.hasAlpha ?? false),
    keep: () => keeping.inputs.keep(keeping.accountId, image),
  };
}

/** Ids of other accounts look like missing ones. */
async function knownAsset(
  { accountId, inputs }: Keeping,
  role: InputRole,
  { id, param }: Extract<SentInput, { kind: 'asset' }>,
): Promise<Known> {
  const asset = await inputs.find(accountId, id);
  if (!asset) throw invalidValue(param, `'${param}' names no image of this account.`);
  const { maxBytes, maxPixels, mediaTypes } = INPUT_LIMITS[role];
  const fits = asset.bytes <= maxBytes && asset.width * asset.height <= maxPixels;
  if (!fits || !mediaTypes.includes(asset.mediaType)) {
    throw invalidValue(param, `'${param}' names an image that cannot be used here.`, {
      accepted: mediaTypes.map((type) => type.replace('image/', '')),
    });
  }
  return {
    role,
    sha256: asset.sha256,
    facts: asset,
    hasAlpha: () => inputs.hasAlpha(asset),
    keep: () => Promise.resolve(asset),
  };
}

async function refuseUnfitMask(known: readonly Known[]): Promise<void> {
  const [first] = known;
  const mask = known.find(({ role }) => role === 'mask');
  if (!mask) return;
  const { width, height } = first.facts;
  if (mask.facts.width !== width || mask.facts.height !== height) {
    throw unfitMask(`The mask must be as large as the first image, ${width}x${height}.`);
  }
  if (!(await mask.hasAlpha())) {
    throw unfitMask('The mask must be a PNG that can be transparent: it has no alpha channel.');
  }
}

function unfitMask(problem: string): DomainError {
  return new DomainError('invalid_value', problem, { param: 'mask' });
}
