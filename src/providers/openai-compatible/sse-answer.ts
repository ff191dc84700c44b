import { Base64Passage } from '../../common/base64-passage.js';
import { ProviderError, type Usage } from '../image-provider.js';
import type { AnswerEvent, AnswerRest, AnswerScanner } from './answer-scanner.js';
import { classifyAnswer, classifyReading } from './classify.js';
import { linkOf, readUsage } from './images-answer.js';
import type { AnswerFacts } from './json-answer.js';
import {
  type ImageText,
  imageBytes,
  JsonImageScanner,
  type ScanEvent,
} from './json-image-scanner.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { type FrameListener, SseFrames } from './sse-frames.js';
import { asRecord } from './upstream-error-codes.js';

const IMAGE_EVENT = /^image_(?:generation|edit)\.(partial_image|completed)$/;
const DONE = '[DONE]';
const OPEN_OBJECT = 0x7b;
const BLANK = 0x20;
/** Enough of a text that is no JSON to recognise `[DONE]`. */
const MAX_TEXT_LENGTH = 16;

type Role = 'preview' | 'final' | 'other';

/** The event at hand. */
interface Frame {
  type: string;
  /** Null until its data has begun, and for data that is no JSON object. */
  json: JsonImageScanner | null;
  text: string;
  /** What its image is; null while none has begun. */
  role: Role | null;
  /** 0-based; the upstream's own number, once it has been read. */
  index: number;
  /** Its data is of no use any more. */
  muted: boolean;
}

/**
 * The events of OpenAI's image stream. `image_generation.partial_image` and
 * `image_edit.partial_image` are previews, `….completed` are images with their
 * usage; comments and events of other types are skipped. An image's `end` comes
 * with the end of its event, when the JSON around it has been found whole.
 *
 * A preview is passed on as the base64 it came as: it is sent as base64 again.
 * One that is damaged ends where the damage begins: the image may still
 * come well.
 */
export class SseAnswer implements AnswerScanner, FrameListener {
  /** An upstream may keep the connection open after its last image. */
  readonly readsToEnd = false;
  private readonly frames = new SseFrames(this);
  private events: AnswerEvent[] = [];
  private frame = newFrame();
  private atEnd = false;
  private failed = false;
  /** It said by `[DONE]` that nothing more comes. */
  private done = false;
  private completed = 0;
  private previews = 0;
  private usage: Usage | null = null;

  /** @param previewsAsked without them an image of an untold kind is a final one */
  constructor(
    private readonly facts: AnswerFacts,
    private readonly previewsAsked: boolean,
  ) {}

  scan(chunk: Buffer): readonly AnswerEvent[] {
    this.events = [];
    this.frames.feed(chunk);
    return this.events;
  }

  /** A stream that ends without a picture was cut, unless it said that it is done. */
  end(): readonly AnswerEvent[] {
    this.events = [];
    this.atEnd = true;
    this.frames.end();
    if (this.completed === 0 && !this.done) this.fail(this.cut('before a picture came'));
    return this.events;
  }

  finish(): AnswerRest {
    return { usage: this.usage, urls: [] };
  }

  named(type: string): void {
    this.frame.type = type;
  }

  dataLine(): void {
    if (this.frame.json) this.data(Buffer.from('\n'));
  }

  data(piece: Buffer): void {
    const { frame } = this;
    if (this.failed || frame.muted) return;
    const json = frame.json ?? this.begin(piece);
    if (json === null) return;
    try {
      for (const event of json.scan(piece)) this.take(event);
    } catch (error) {
      this.damaged(error);
    }
  }

  ended(): void {
    const { json, muted, text } = this.frame;
    if (json && !muted && !this.failed) this.conclude(json);
    else if (text.trim() === DONE) this.done = true;
    this.frame = newFrame();
  }

  private begin(piece: Buffer): JsonImageScanner | null {
    const { frame } = this;
    const first = frame.text === '' ? piece.find((byte) => byte > BLANK) : undefined;
    if (first === OPEN_OBJECT) {
      frame.json = new JsonImageScanner(this.facts.maxRestBytes, 'top', () => this.imageText());
    } else {
      frame.text += piece.toString('latin1', 0, MAX_TEXT_LENGTH);
      frame.text = frame.text.trimStart().slice(0, MAX_TEXT_LENGTH);
    }
    return frame.json;
  }

  private take(event: ScanEvent): void {
    const { frame } = this;
    if (event.kind === 'image') return this.beginImage();
    if (event.kind === 'bytes' && frame.role !== 'other' && !this.failed) this.events.push(event);
  }

  private beginImage(): void {
    const { frame } = this;
    const type = this.typeOf(asRecord(frame.json?.before()));
    frame.role = type === null ? this.untold() : roleOf(type);
    if (frame.role === 'final') this.events.push({ kind: 'image' });
    if (frame.role !== 'preview') return;
    frame.index = this.previews;
    this.events.push({ kind: 'image', partialIndex: () => frame.index });
  }

  private imageText(): ImageText {
    const type = this.typeOf(asRecord(this.frame.json?.before()));
    return roleOf(type) === 'preview' ? new Base64Passage(toMalformed) : imageBytes();
  }

  private untold(): Role {
    if (!this.previewsAsked) return 'final';
    this.fail(new MalformedAnswerError('an event says what it is after its image'));
    return 'other';
  }

  /** The document says it best; the name of the event may be a relay's own. */
  private typeOf(document: Readonly<Record<string, unknown>>): string | null {
    const told = typeof document['type'] === 'string' ? document['type'] : '';
    const { type } = this.frame;
    if (IMAGE_EVENT.test(told) || type === '' || type === 'message') return told || null;
    return type;
  }

  private conclude(json: JsonImageScanner): void {
    let document: Readonly<Record<string, unknown>>;
    try {
      document = asRecord(json.finish().rest);
    } catch (error) {
      return this.atEnd ? this.fail(this.cut('inside an event')) : this.damaged(error);
    }
    const type = this.typeOf(document);
    if (type === 'error' || document['error']) {
      const { status } = this.facts;
      return this.fail(classifyAnswer({ status, headers: {}, document }, 0));
    }
    this.endImage(type, document);
  }

  private endImage(type: string | null, document: Readonly<Record<string, unknown>>): void {
    const { role } = this.frame;
    if (role === 'preview') return this.endPreview(document);
    if (role === null && roleOf(type) === 'final') return this.link(document);
    if (role !== 'final') return;
    if (roleOf(type) !== 'preview') return this.complete(document, { kind: 'end' });
    this.fail(new MalformedAnswerError('an event says what it is after its image'));
  }

  private endPreview({ partial_image_index: index }: Readonly<Record<string, unknown>>): void {
    const { frame } = this;
    if (Number.isSafeInteger(index) && (index as number) >= 0) frame.index = index as number;
    this.previews = frame.index + 1;
    this.events.push({ kind: 'end' });
  }

  private link(document: Readonly<Record<string, unknown>>): void {
    const url = linkOf(document, this.facts.base);
    if (url !== null) this.complete(document, { kind: 'link', url });
  }

  private complete(document: Readonly<Record<string, unknown>>, event: AnswerEvent): void {
    this.completed += 1;
    this.previews = 0;
    this.usage = sum(this.usage, readUsage(document['usage']));
    this.events.push(event);
  }

  /** The data of this event breaks a rule. */
  private damaged(error: unknown): void {
    const { frame } = this;
    frame.muted = true;
    if (frame.role === 'preview') this.events.push({ kind: 'end' });
    else if ((frame.role ?? roleOf(frame.type)) === 'final') this.fail(error);
  }

  private fail(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    this.events.push({ kind: 'failure', error: classifyReading(error, this.facts.status) });
  }

  private cut(where: string): ProviderError {
    return new ProviderError('interrupted', `The upstream's stream ended ${where}.`, {
      sent: true,
      httpStatus: this.facts.status,
    });
  }
}

function newFrame(): Frame {
  return { type: '', json: null, text: '', role: null, index: 0, muted: false };
}

function toMalformed(problem: string): MalformedAnswerError {
  return new MalformedAnswerError(problem);
}

function roleOf(type: string | null): Role {
  const [, what] = IMAGE_EVENT.exec(type ?? '') ?? [];
  if (what === undefined) return 'other';
  return what === 'completed' ? 'final' : 'preview';
}

function sum(a: Usage | null, b: Usage | null): Usage | null {
  if (a === null || b === null) return a ?? b;
  const add = (x?: number, y?: number) =>
    x === undefined && y === undefined ? undefined : (x ?? 0) + (y ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    inputTextTokens: add(a.inputTextTokens, b.inputTextTokens),
    inputImageTokens: add(a.inputImageTokens, b.inputImageTokens),
  };
}
