import { createHash } from 'node:crypto';

/**
 * What an edit sent, from the whole body: its fields, and of every file name, type and SHA-256.
 *
 * @typedef {{ name: string, fileName: string, mediaType: string, bytes: number, sha256: string }} Part
 */

/** @param {Buffer} raw @param {string} contentType @returns {{ fields: Record<string, unknown>, parts: Part[] } | null} */
export function readForm(raw, contentType) {
  const [, boundary] = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(contentType) ?? [];
  if (!boundary) return null;
  const fields = {};
  const parts = [];
  for (const { head, content } of split(raw, `--${boundary}`)) {
    const [, name = ''] = /; name="([^"]*)"/.exec(head) ?? [];
    const [, fileName] = /; filename="([^"]*)"/.exec(head) ?? [];
    if (fileName === undefined) fields[name] = wordOf(content.toString('utf8'));
    else parts.push({ name, fileName, mediaType: typeOf(head), ...facts(content) });
  }
  return { fields, parts };
}

/** The images of an edit sent as JSON. @param {Record<string, any> | null} body @returns {Part[]} */
export function readDataUrls(body) {
  const images = body?.images ?? (body?.image ? [body.image] : []);
  const masks = body?.mask ? [body.mask] : [];
  return [...images.map((ref) => ['image', ref]), ...masks.map((ref) => ['mask', ref])].map(
    ([name, ref]) => {
      const [, mediaType, base64] = /^data:([^;]+);base64,(.*)$/s.exec(ref.url) ?? [];
      return { name, fileName: '', mediaType, ...facts(Buffer.from(base64, 'base64')) };
    },
  );
}

function facts(content) {
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

function typeOf(head) {
  return /\r\ncontent-type: *([^\r]+)/i.exec(head)?.[1] ?? '';
}

function wordOf(text) {
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

/** @param {Buffer} raw @param {string} delimiter */
function split(raw, delimiter) {
  const found = [];
  let at = raw.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length + 2;
    const next = raw.indexOf(`\r\n${delimiter}`, at);
    if (next < 0) break;
    const part = raw.subarray(start, next);
    const end = part.indexOf('\r\n\r\n');
    found.push({
      head: `\r\n${part.toString('utf8', 0, end)}`,
      content: part.subarray(end + 4),
    });
    at = next + 2;
  }
  return found;
}
