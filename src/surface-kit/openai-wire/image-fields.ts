import type { ImageParameters } from '../../models/index.js';
import type { LenientFields } from '../fields.js';

/**
 * Everything but model and prompt that a create request of OpenAI's may say, in
 * our words and not yet checked against the catalog.
 *
 * @throws DomainError `invalid_value` with `param`
 */
export function readImageFields(fields: LenientFields): Partial<ImageParameters> {
  return {
    count: fields.number('n'),
    ...readLooks(fields),
    frameCount: fields.number('frame_count'),
    frameDurationMs: fields.number('frame_duration_ms'),
    stream: fields.flag('stream'),
    partialImages: fields.number('partial_images'),
    user: fields.name('safety_identifier') ?? fields.name('user'),
  };
}

function readLooks(fields: LenientFields): Partial<ImageParameters> {
  return {
    aspectRatio: fields.word('aspect_ratio'),
    resolution: fields.word('resolution'),
    size: fields.word('size'),
    quality: fields.word('quality'),
    style: fields.word('style'),
    background: fields.word('background'),
    outputFormat: fields.word('output_format'),
    outputCompression: fields.number('output_compression'),
    moderation: fields.word('moderation'),
    complexity: fields.word('complexity'),
    thinkingLevel: fields.word('thinking_level'),
  };
}
