import { makePngBomb, makeSvg } from '../support/images.js';
import {
  dataUrl,
  gif,
  type HostileEdit,
  jpeg,
  largePng,
  mask,
  MIB,
  png,
  smallMask,
} from './hostile-edit.js';

const JSON_TYPE = 'application/json';

function json(name: string, more: object, param: string | null = null, status = 400): HostileEdit {
  return jsonText(
    name,
    JSON.stringify({ model: 'easel-sketch', prompt: 'a', ...more }),
    param,
    status,
  );
}

function jsonText(
  name: string,
  body: string | Buffer,
  param: string | null = null,
  status = 400,
): HostileEdit {
  return {
    name: `JSON: ${name}`,
    body: Buffer.from(body as string),
    headers: { 'content-type': JSON_TYPE },
    param,
    status,
  };
}

const REF = { image_url: dataUrl(png) };

function references(): HostileEdit[] {
  const ofImages: [string, unknown, string][] = [
    ['null', null, 'images'],
    ['a text', dataUrl(png), 'images'],
    ['a number', 1, 'images'],
    ['an empty list', [], 'images'],
    ['an object', REF, 'images'],
    ['17 data URLs', many17(REF), 'images'],
    ['17 ids', many17({ file_id: 'x' }), 'images'],
    ['a list of texts', [dataUrl(png)], 'images[0]'],
    ['a list in a list', [[REF]], 'images[0]'],
    ['null in the list', [REF, null], 'images[1]'],
    ['an empty reference', [{}], 'images[0]'],
    ['a reference with both', [{ ...REF, file_id: 'x' }], 'images[0]'],
    ['a reference with more', [{ ...REF, detail: 'high' }], 'images[0]'],
    ['a reference of another key', [{ url: dataUrl(png) }], 'images[0]'],
    ['an address that is a number', [{ image_url: 5 }], 'images[0].image_url'],
    ['an address in an object', [{ image_url: { url: dataUrl(png) } }], 'images[0].image_url'],
    ['an empty address', [{ image_url: '' }], 'images[0].image_url'],
    [
      'an address of 9,000 characters',
      [{ image_url: `https://a/${'b'.repeat(9000)}` }],
      'images[0].image_url',
    ],
    ['an id that is null', [{ file_id: null }], 'images[0].file_id'],
    ...['abc', '__proto__', '../../etc/passwd', "1' or 1=1--", 'x'.repeat(10_000)].map(
      (id): [string, unknown, string] => [
        `the id ${id.slice(0, 20)}`,
        [{ file_id: id }],
        'images[0].file_id',
      ],
    ),
    [
      'an unknown id',
      [REF, { file_id: '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293' }],
      'images[1].file_id',
    ],
  ];
  return [
    json('no images', {}, 'images'),
    ...ofImages.map(([what, images, param]) => json(`images of ${what}`, { images }, param)),
    json('a mask that is a text', { images: [REF], mask: dataUrl(mask) }, 'mask'),
    json('a mask that is a list', { images: [REF], mask: [{ image_url: dataUrl(mask) }] }, 'mask'),
    json('a mask without alpha', { images: [REF], mask: REF }, 'mask'),
    json(
      'a mask of another size',
      { images: [REF], mask: { image_url: dataUrl(smallMask) } },
      'mask',
    ),
    json(
      'a mask that is a JPEG',
      { images: [REF], mask: { image_url: dataUrl(jpeg) } },
      'mask.image_url',
    ),
    json('no prompt', { images: [REF], prompt: undefined }, 'prompt'),
    json('a prompt that is a list', { images: [REF], prompt: ['a'] }, 'prompt'),
  ];
}

function many17(value: unknown): unknown[] {
  return Array.from({ length: 17 }, () => value);
}

function dataUrls(): HostileEdit[] {
  const urls = [
    ['nothing', 'data:'],
    ['no bytes', 'data:image/png;base64,'],
    ['no base64', 'data:image/png,abc'],
    ['what is no base64', 'data:image/png;base64,!!!!'],
    ['bytes after the padding', `${dataUrl(png.subarray(0, 100))}====AAAA`],
    ['half a picture', dataUrl(png.subarray(0, png.length / 2))],
    ['HTML', dataUrl(Buffer.from('<html></html>'), 'text/html')],
    ['an SVG', dataUrl(makeSvg(), 'image/svg+xml')],
    ['a GIF', dataUrl(gif, 'image/gif')],
    ['a bomb', dataUrl(makePngBomb(16_000))],
  ];
  return urls.map(([what, url]) =>
    json(`a data URL of ${what}`, { images: [{ image_url: url }] }, 'images[0].image_url'),
  );
}

function texts(): HostileEdit[] {
  const ref = JSON.stringify(REF);
  const url = JSON.stringify(REF.image_url);
  const head = '"model":"easel-sketch","prompt":"a"';
  return [
    jsonText('images twice', `{${head},"images":[${ref}],"images":[${ref}]}`, 'images'),
    jsonText(
      'an address twice',
      `{${head},"images":[{"image_url":${url},"image_url":${url}}]}`,
      'images[0].image_url',
    ),
    jsonText('an end behind the data URL', `{${head},"images":[{"image_url":${url}`),
    jsonText(
      'an end in the data URL',
      `{${head},"images":[{"image_url":"data:image/png;base64,AAAA`,
      'images[0].image_url',
    ),
    jsonText('more behind its end', `{${head},"images":[${ref}]} {}`),
    jsonText(
      '5,000 lists',
      `{${head},"images":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      `images${'[0]'.repeat(19)}`,
    ),
    jsonText('a byte order mark', `\ufeff{${head},"images":[${ref}]}`),
    jsonText(
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from(`{${head},"user":"`), Buffer.from('ff227d', 'hex')]),
    ),
    jsonText(
      'NUL in an address',
      `{${head},"images":[{"image_url":"https://a/\\u0000"}]}`,
      'images[0].image_url',
    ),
    jsonText(
      'NUL in a data URL',
      `{${head},"images":[{"image_url":"data:image/png;base64,AA\\u0000A"}]}`,
      'images[0].image_url',
    ),
    jsonText(
      'half a character in an id',
      `{${head},"images":[{"file_id":"\\ud800"}]}`,
      'images[0].file_id',
    ),
    jsonText('__proto__', `{${head},"images":[${ref}],"__proto__":{"n":5}}`, '__proto__'),
    jsonText('no object', `[${ref}]`),
    jsonText('nothing', ''),
    json('a rest above 1 MiB', { images: [REF], user: 'x'.repeat(MIB) }, null, 413),
    json(
      'a data URL above 20,971,520 characters',
      {
        images: [
          {
            image_url: dataUrl(largePng(16 * MIB)),
          },
        ],
      },
      'images[0].image_url',
      413,
    ),
  ];
}

export const HOSTILE_JSON: readonly HostileEdit[] = [...references(), ...dataUrls(), ...texts()];
