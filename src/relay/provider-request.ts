import type { Readable } from 'node:stream';
import type { RequestInput } from '../models/index.js';
import type { ProviderInput, ProviderRequest } from '../providers/index.js';
import { type AssetRef, EXTENSION_OF, type ImageMediaType } from '../storage/index.js';
import { readDirective } from './directive.js';
import type { Work } from './work.js';

/** Opens a stored image at its beginning. @throws StorageUnavailableError */
type OpenAsset = (ref: AssetRef) => Promise<Readable>;

/** What an upstream is asked in one call. Inputs are read from the store when it sends them, each time anew. */
export function toProviderRequest(
  work: Work,
  call: Pick<ProviderRequest, 'upstreamModel' | 'count'>,
  open: OpenAsset,
): ProviderRequest {
  const { request, mode } = work;
  const directive = mode === 'test' ? readDirective(request.prompt) : { prompt: request.prompt };
  return {
    generationId: work.id,
    model: request.model,
    operation: request.operation,
    prompt: directive.prompt,
    size: request.size,
    parameters: request.parameters,
    ...(request.extras && { extras: request.extras }),
    ...call,
    ...inputsOf(work, open),
    ...(directive.fault ? { fault: directive.fault } : {}),
    ...(mode === 'demo' ? { demo: true } : {}),
  };
}

function inputsOf(
  { accountId, request }: Work,
  open: OpenAsset,
): Pick<ProviderRequest, 'inputs' | 'mask'> {
  if (!request.inputs) return {};
  const toInput = (input: RequestInput, name: string): ProviderInput => ({
    ...input,
    open: () => open({ accountId, assetId: input.assetId, bytes: input.bytes }),
    fileName: `${name}.${EXTENSION_OF[input.mediaType as ImageMediaType]}`,
  });
  const images = request.inputs.filter(({ role }) => role === 'image');
  const mask = request.inputs.find(({ role }) => role === 'mask');
  return {
    inputs: images.map((input, place) => toInput(input, `image-${place + 1}`)),
    ...(mask && { mask: toInput(mask, 'mask') }),
  };
}
