import {
  ProviderError,
  type ImageProvider,
  type ImageProviderFactory,
  type ProviderCapabilities,
  type ProviderImage,
  type ProviderRequest,
  type ProviderResult,
} from '../image-provider.js';
import type { Commission } from './compose.js';
import { countUnder, faultAtStart, findFault, imageUnder, type Fault } from './faults.js';
import { drawer, naturalSize, type Painter, readSources, retoucher } from './painter.js';
import type { Encoding, OutputFormat } from './render.js';
import { toStream } from './streams.js';

/** Of a generation; an edit takes the shape of its first input. */
const AUTO_SIZE = { width: 1024, height: 1024 };
/** Four bytes each are held while a picture is drawn: 160 MB at most. */
const MOST_PIXELS = 40_000_000;
const CAPABILITIES: ProviderCapabilities = {
  operations: ['generate', 'edit'],
  maxCount: 10,
  stream: true,
};

/**
 * Draws pictures on this machine, without key, network or cost: the same
 * prompt, size, style, quality and ordinal give the same bytes. It serves test
 * keys and new servers (design §5), and needs no settings.
 */
export const localRenderer: ImageProviderFactory = {
  kind: 'local-renderer',
  check: () => [],
  create: () => new LocalRendererProvider(),
};

class LocalRendererProvider implements ImageProvider {
  async start(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResult> {
    const fault = findFault(request.fault);
    const { width, height } = sizeOf(request);
    if (!(width >= 1 && height >= 1 && width * height <= MOST_PIXELS)) {
      throw new ProviderError('invalid', `Cannot draw ${width}x${height}`, { sent: false });
    }
    stopIfAborted(signal);
    await faultAtStart(fault, signal);
    stopIfAborted(signal);
    return { kind: 'images', images: draw(request, fault, signal), usage: Promise.resolve(null) };
  }

  capabilities(): ProviderCapabilities {
    return CAPABILITIES;
  }

  async close(): Promise<void> {
    // Nothing is held between calls.
  }
}

/** One picture at a time, each drawn when the consumer asks for it. */
async function* draw(
  request: ProviderRequest,
  fault: Fault | undefined,
  signal: AbortSignal,
): AsyncGenerator<ProviderImage> {
  const encoding = encodingOf(request);
  const painterOf = await painters(request, encoding);
  const previews = request.parameters.stream ? (request.parameters.partialImages ?? 0) : 0;
  for (let ordinal = 0; ordinal < countUnder(fault, request.count); ordinal += 1) {
    stopIfAborted(signal);
    const painter = painterOf(commissionOf(request, ordinal, encoding));
    for (let index = 0; index < previews; index += 1) {
      const left = previews - index;
      const file = await drawn(painter.preview(left), signal);
      yield {
        ordinal,
        partial: true,
        partialIndex: () => index,
        source: { stream: toStream(file) },
      };
    }
    yield imageUnder(fault, ordinal, await drawn(painter.picture(), signal));
  }
}

type Painters = (commission: Commission) => Painter;

/** Inputs are read once for all pictures of a call. */
async function painters(request: ProviderRequest, encoding: Encoding): Promise<Painters> {
  const sources = await readSources(request);
  if (!sources) return (commission) => drawer(commission, encoding);
  const size = request.size === 'auto' ? await naturalSize(sources) : {};
  return (commission) => retoucher({ ...commission, ...size }, encoding, sources);
}

/** @throws ProviderError */
async function drawn(rendering: Promise<Buffer>, signal: AbortSignal): Promise<Buffer> {
  try {
    return await unlessAborted(rendering, signal);
  } catch (cause) {
    if (cause instanceof ProviderError) throw cause;
    throw new ProviderError('unavailable', 'The picture could not be drawn', {
      sent: false,
      cause,
    });
  }
}

function commissionOf(request: ProviderRequest, ordinal: number, { format }: Encoding): Commission {
  const { background, quality, style } = request.parameters;
  return {
    ...sizeOf(request),
    prompt: request.prompt,
    style,
    quality,
    transparent: background === 'transparent' && format !== 'jpeg',
    demo: request.demo === true,
    ordinal,
  };
}

function sizeOf({ size }: ProviderRequest): { width: number; height: number } {
  return size === 'auto'
    ? AUTO_SIZE
    : { width: Math.round(size.width), height: Math.round(size.height) };
}

function encodingOf({ parameters }: ProviderRequest): Encoding {
  const asked = parameters.outputFormat === 'jpg' ? 'jpeg' : parameters.outputFormat;
  const format: OutputFormat = asked === 'jpeg' || asked === 'webp' ? asked : 'png';
  return { format, compression: parameters.outputCompression };
}

/** libvips cannot be stopped half-way: the caller is let go at once, the picture thrown away. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const abort = new Promise<never>((_, reject) => {
    stop = (): void => reject(abortError(signal));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, abort]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

function abortError(signal: AbortSignal): ProviderError {
  return new ProviderError('timeout', 'The attempt was ended', {
    sent: true,
    cause: signal.reason,
  });
}
