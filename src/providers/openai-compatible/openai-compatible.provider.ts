import { type buildConnector, Pool } from 'undici';
import {
  type ImageProvider,
  type ProviderCapabilities,
  ProviderError,
  type ProviderRequest,
  type ProviderResult,
  type ProviderSettings,
} from '../image-provider.js';
import { type CallBody, callBody } from './call-body.js';
import { classifyAnswer } from './classify.js';
import { editPathOf, endpointOf } from './endpoint.js';
import { readErrorDocument } from './error-document.js';
import { JsonAnswer } from './json-answer.js';
import { type Quirks, readQuirks } from './quirks.js';
import { SseAnswer } from './sse-answer.js';
import { StreamedImages } from './streamed-images.js';
import { type ExchangeHead, UpstreamExchange } from './upstream-exchange.js';

/** Sockets to one upstream; what is above waits here, so it is well above any `maxConcurrent`. */
const MAX_CONNECTIONS = 256;
/** Short, because a socket that the upstream just closed fails a call whose outcome is unknown. */
const KEEP_ALIVE_MS = 4_000;
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_REST_BYTES = 1024 * 1024;
/** Most bytes of one picture, decoded. */
const MAX_IMAGE_BYTES = 64 * 1024 * 1024;
const MAX_IMAGES_PER_CALL = 10;
/** Of one image; each may be as large as the image. */
const MAX_PREVIEWS = 3;
const EVENT_STREAM = /^text\/event-stream(?:\s*;|\s*$)/i;
/** `n` above 1 is an error there. */
const ONE_IMAGE_MODEL = /(^|[/:])dall-e-3/i;

/**
 * Any upstream that speaks OpenAI's images API, with its quirks. It sends only
 * what the request says and a key of ours: nothing of a customer's headers gets
 * here. Redirects are not followed.
 */
export class OpenAiCompatibleProvider implements ImageProvider {
  private readonly quirks: Quirks;
  private readonly baseUrl: string;
  private readonly pool: Pool;

  /** Expects settings that the factory's `check` has passed; `connect` opens the sockets. */
  constructor(
    private readonly settings: ProviderSettings,
    connect: buildConnector.connector,
  ) {
    this.quirks = readQuirks(settings.quirks);
    this.baseUrl = settings.baseUrl ?? '';
    this.pool = new Pool(new URL(this.baseUrl).origin, {
      connections: MAX_CONNECTIONS,
      pipelining: 1,
      connect,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: settings.attemptTimeoutMs,
      bodyTimeout: settings.attemptTimeoutMs,
    });
  }

  async start(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResult> {
    if (request.count > this.capabilities(request.upstreamModel).maxCount) {
      throw new ProviderError('invalid', 'More images than one call can give.', { sent: false });
    }
    const { origin, path } = this.endpoint(request);
    const body = callBody(request, this.quirks);
    const exchange = this.send(request, path, body, signal);
    const head = await exchange.head().catch((error: unknown) => {
      throw body.failure() ?? error;
    });
    const status = this.quirks.statusMap[head.status] ?? head.status;
    if (status < 200 || status > 299) {
      const document = await readErrorDocument(exchange);
      throw classifyAnswer({ status, headers: head.headers, document }, Date.now());
    }
    return this.images(exchange, head, request, origin);
  }

  capabilities(upstreamModel: string): ProviderCapabilities {
    const single = this.quirks.nMode === 'fanout' || ONE_IMAGE_MODEL.test(upstreamModel);
    return {
      operations: editPathOf(this.quirks) === null ? ['generate'] : ['generate', 'edit'],
      maxCount: single ? 1 : MAX_IMAGES_PER_CALL,
      stream: this.quirks.supportsStream,
      passParams: this.quirks.passParams,
    };
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private endpoint(request: ProviderRequest) {
    const { pathTemplate } = this.quirks;
    const edits = request.operation === 'edit' ? editPathOf(this.quirks) : null;
    return endpointOf(this.baseUrl, edits ?? pathTemplate, request.upstreamModel);
  }

  private send(
    request: ProviderRequest,
    path: string,
    { content, ...facts }: CallBody,
    signal: AbortSignal,
  ): UpstreamExchange {
    const pictures = request.count * (this.asksForStream(request) ? 1 + MAX_PREVIEWS : 1);
    const limits = {
      deadlineMs: this.settings.attemptTimeoutMs,
      maxBodyBytes: MAX_REST_BYTES + Math.ceil((pictures * MAX_IMAGE_BYTES * 4) / 3),
    };
    const headers = this.headers(request, facts);
    return UpstreamExchange.open(
      this.pool,
      { method: 'POST', path, headers, body: content },
      limits,
      signal,
    );
  }

  private asksForStream({ parameters }: ProviderRequest): boolean {
    return parameters.stream === true && this.quirks.supportsStream;
  }

  private headers(
    request: ProviderRequest,
    { contentType, contentLength }: Omit<CallBody, 'content'>,
  ): Record<string, string> {
    const { apiKey } = this.settings;
    const { authHeader, idempotencyKey } = this.quirks;
    const bearer = authHeader.toLowerCase() === 'authorization';
    // With one image per call, the calls of one generation would all carry the same key.
    const repeatable = idempotencyKey && this.capabilities(request.upstreamModel).maxCount > 1;
    return {
      accept: this.asksForStream(request)
        ? 'text/event-stream, application/json'
        : 'application/json',
      'accept-encoding': 'identity',
      'content-type': contentType,
      ...(contentLength !== undefined && { 'content-length': String(contentLength) }),
      'user-agent': 'easel',
      ...(apiKey !== null && { [authHeader]: bearer ? `Bearer ${apiKey}` : apiKey }),
      ...(repeatable && { 'idempotency-key': request.generationId }),
    };
  }

  /** What the answer is, its own header says: some stream unasked, some do not although asked. */
  private images(
    exchange: UpstreamExchange,
    { status, headers }: ExchangeHead,
    { count, parameters }: ProviderRequest,
    base: string,
  ): ProviderResult {
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      exchange.destroy();
      throw new ProviderError('malformed', 'The upstream compressed its answer unasked.', {
        sent: true,
        httpStatus: status,
      });
    }
    const facts = { status, base, maxRestBytes: MAX_REST_BYTES };
    const scanner = EVENT_STREAM.test(String(headers['content-type']))
      ? new SseAnswer(facts, parameters.partialImages !== undefined)
      : new JsonAnswer(facts);
    const options = { count, status, maxImageBytes: MAX_IMAGE_BYTES };
    const images = new StreamedImages(exchange, scanner, options);
    return { kind: 'images', images, usage: images.usage };
  }
}
