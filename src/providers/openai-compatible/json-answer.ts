import type { AnswerEvent, AnswerRest, AnswerScanner } from './answer-scanner.js';
import { readImagesAnswer } from './images-answer.js';
import { JsonImageScanner } from './json-image-scanner.js';

export interface AnswerFacts {
  readonly status: number;
  /** What relative links are relative to. */
  readonly base: string;
  /** Most bytes around the images. */
  readonly maxRestBytes: number;
}

/** One JSON document with all images in it. */
export class JsonAnswer implements AnswerScanner {
  /** Whether it is JSON at all shows at its end only. */
  readonly readsToEnd = true;
  private readonly scanner: JsonImageScanner;

  constructor(private readonly facts: AnswerFacts) {
    this.scanner = new JsonImageScanner(facts.maxRestBytes);
  }

  scan(chunk: Buffer): readonly AnswerEvent[] {
    return this.scanner.scan(chunk);
  }

  end(): readonly AnswerEvent[] {
    return [];
  }

  finish(): AnswerRest {
    const { status, base } = this.facts;
    return readImagesAnswer(this.scanner.finish(), status, base);
  }
}
