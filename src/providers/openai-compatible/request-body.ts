import type { ProviderRequest } from '../image-provider.js';
import type { Quirks } from './quirks.js';
import { sizeFields } from './size-fields.js';

const GPT_IMAGE = /(^|[/:])(chatgpt|gpt)-image/i;
/** stable-diffusion.cpp reads commands from the prompt between these tags. */
const COMMAND_TAG = /<(\/?sd_cpp_extra_args)/gi;

/** GPT image models refuse `response_format` and `style` and always answer base64. */
export function isGptImage({ model, upstreamModel }: ProviderRequest): boolean {
  return GPT_IMAGE.test(upstreamModel) || GPT_IMAGE.test(model);
}

/** The JSON of one call, in the upstream's words. Holds the prompt: never for a log. */
export function requestBody(request: ProviderRequest, quirks: Quirks): string {
  return JSON.stringify(requestFields(request, quirks));
}

/** What one call says in the upstream's words, but the images of an edit. */
export function requestFields(request: ProviderRequest, quirks: Quirks): Record<string, unknown> {
  const dropped = new Set(quirks.dropParams);
  const known = { ...passedFields(request, quirks), ...openAiFields(request, quirks) };
  const fields = Object.entries(known)
    .filter(([name, value]) => value !== undefined && !dropped.has(name))
    .map(([name, value]) => [renamed(name, quirks), mapped(name, value, quirks)] as const);
  return { ...Object.fromEntries(fields), ...quirks.extraParams };
}

function openAiFields(request: ProviderRequest, quirks: Quirks): Record<string, unknown> {
  const { parameters } = request;
  const gptImage = isGptImage(request);
  return {
    model: request.upstreamModel,
    prompt: request.prompt.replace(COMMAND_TAG, '< $1'),
    n: quirks.nMode === 'native' ? request.count : undefined,
    ...sizeFields(request, quirks.sizeMode),
    quality: parameters.quality,
    style: gptImage ? undefined : parameters.style,
    background: parameters.background,
    output_format: parameters.outputFormat,
    output_compression: parameters.outputCompression,
    moderation: parameters.moderation,
    thinking_level: parameters.thinkingLevel,
    complexity: parameters.complexity,
    frame_count: parameters.frameCount,
    frame_duration_ms: parameters.frameDurationMs,
    input_fidelity: parameters.inputFidelity,
    user: parameters.user,
    ...streamFields(parameters, quirks),
    response_format: gptImage ? undefined : responseFormat(quirks),
  };
}

/** What the operator lets customers say to this upstream beside what the catalog knows. */
function passedFields(
  { extras = {} }: ProviderRequest,
  { passParams }: Quirks,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extras).filter(([name]) => passParams.includes(name)));
}

function streamFields(
  { stream, partialImages }: ProviderRequest['parameters'],
  { supportsStream }: Quirks,
): Record<string, unknown> {
  return stream && supportsStream ? { stream, partial_images: partialImages } : {};
}

/** Bytes in the answer save the second connection that a link costs, and cannot expire. */
function responseFormat(quirks: Quirks): string {
  return quirks.supportsB64 ? 'b64_json' : 'url';
}

function mapped(name: string, value: unknown, { mapValues }: Quirks): unknown {
  const values = Object.hasOwn(mapValues, name) ? mapValues[name] : {};
  return typeof value === 'string' && Object.hasOwn(values, value) ? values[value] : value;
}

function renamed(name: string, { renameParams }: Quirks): string {
  return Object.hasOwn(renameParams, name) ? renameParams[name] : name;
}
