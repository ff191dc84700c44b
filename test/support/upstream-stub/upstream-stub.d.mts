import type { IncomingHttpHeaders } from 'node:http';

export type BehaviourName =
  | 'ok'
  | 'json'
  | 'stream'
  | 'stream-cut-mid-preview'
  | 'stream-cut-mid-image'
  | 'stream-cut-between'
  | 'stream-ends-early'
  | 'stream-error'
  | 'stream-error-as-data'
  | 'stream-hang'
  | 'stream-keeps-open'
  | 'stream-junk-preview'
  | 'url'
  | 'b64-and-url'
  | 'extra-images'
  | 'same-image'
  | 'data-uri'
  | 'status'
  | 'status-400'
  | 'status-401'
  | 'status-402'
  | 'status-403'
  | 'status-404'
  | 'status-429'
  | 'status-500'
  | 'status-503'
  | 'insufficient-quota'
  | 'billing-limit'
  | 'refused'
  | 'error-in-200'
  | 'html'
  | 'bad-json'
  | 'wrong-schema'
  | 'junk-base64'
  | 'truncated-png'
  | 'trailing-bytes'
  | 'not-an-image'
  | 'empty-data'
  | 'null-data'
  | 'reset-before-headers'
  | 'reset-mid-body'
  | 'cut-mid-body'
  | 'cut-mid-chunked'
  | 'hang'
  | 'hang-mid-body'
  | 'drip'
  | 'huge-headers'
  | 'endless-body'
  | 'endless-rest'
  | 'redirect'
  | 'gzip'
  | 'raw';

export interface BehaviourOptions {
  /** Wait before anything is answered. */
  readonly latencyMs?: number;
  /** Pictures to give, whatever `n` says: fewer (k of n) or more. */
  readonly images?: number;
  readonly format?: 'png' | 'jpeg' | 'webp';
  /** Size of the pictures, whatever `size` says. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Number of the first picture: each has bytes of its own, always the same. */
  readonly variant?: number;
  /** `noise` makes big files: about three bytes a pixel as PNG. */
  readonly detail?: 'flat' | 'noise';
  /** For `status-429`: the value of Retry-After. */
  readonly retryAfter?: number | string;
  /** For `status` and `raw`. */
  readonly status?: number;
  /** For streams: previews of each image, whatever `partial_images` says. */
  readonly partials?: number;
  /** For streams: previews are at least this large. */
  readonly partialBytes?: number;
  /** For streams: pause before each event. */
  readonly gapMs?: number;
  /** For streams: comments and events of other types in between. */
  readonly comments?: boolean;
  /** For streams: what ends a line. */
  readonly newline?: '\n' | '\r\n' | '\r';
  /** For streams: `[DONE]` after the last event. */
  readonly done?: boolean;
  /** For streams: no `event:` lines, the type is in the data alone. */
  readonly unnamed?: boolean;
  /** For streams: written in slices of so many characters, `dripMs` apart. */
  readonly sliceBytes?: number;
  /** For `status` and `stream-error`: fields of the error object. */
  readonly error?: Readonly<Record<string, unknown>>;
  /** For `raw` and streams. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For `drip` and `sliceBytes`: pause between two pieces. */
  readonly dripMs?: number;
  /** For `redirect`. */
  readonly location?: string;
}

export interface StubPart {
  readonly name: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One call as the upstream saw it. */
export interface StubCall {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON, or the fields of a form; null when it was neither. */
  readonly body: Record<string, unknown> | null;
  /** The images of an edit, in the order sent. */
  readonly parts: readonly StubPart[];
  readonly bodyBytes: number;
  readonly bodySha256: string;
  behaviour: string;
  /** What was, or was going to be, sent. */
  images: { sha256: string; bytes: number; mediaType: string }[];
  /** Null while open, and when the connection ended before any header. */
  status: number | null;
  outcome: 'open' | 'answered' | 'cut';
}

export interface UpstreamStub {
  readonly port: number;
  readonly origin: string;
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  readonly calls: StubCall[];
  readonly inFlight: number;
  /** Open sockets. */
  readonly connections: number;
  next(behaviour: BehaviourName, options?: BehaviourOptions, times?: number): UpstreamStub;
  always(behaviour: BehaviourName, options?: BehaviourOptions): UpstreamStub;
  /** Calls that come from now on are not answered until what this gives is called, or `reset`. */
  hold(): () => void;
  /** Forgets calls, queue and default; lets go what is held. */
  reset(): UpstreamStub;
  close(): Promise<void>;
}

export function startUpstreamStub(settings?: { readonly port?: number }): Promise<UpstreamStub>;
