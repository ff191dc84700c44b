import { makePngBomb, makeSvg } from '../support/images.js';
import { field, file, formOf, FORM_TYPE, type Part } from '../support/multipart.js';
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
  tiff,
} from './hostile-edit.js';

const FIELDS = [field('model', 'easel-sketch'), field('prompt', 'a')];
const IMAGE = file('image', png);
type Case = readonly [name: string, body: Buffer, param?: string | null, status?: number];

function asForms(cases: readonly Case[], type = FORM_TYPE): HostileEdit[] {
  return cases.map(([name, body, param = null, status = 400]) => ({
    name: `form: ${name}`,
    body,
    param,
    status,
    headers: { 'content-type': type },
  }));
}

const form = (...parts: Part[]): Buffer => formOf([...FIELDS, ...parts]);
const bare = (...parts: Part[]): Buffer => formOf(parts);
const many = (count: number, part: (place: number) => Part): Part[] =>
  Array.from({ length: count }, (_, place) => part(place));

function names(): HostileEdit[] {
  const odd = [
    ['no name', null],
    ['an empty name', ''],
    ['2,000 brackets', `a${'[b]'.repeat(2000)}`],
    ['a huge index', 'a[4294967295]'],
    ['an index', 'a[7]'],
    ['__proto__[x]', '__proto__[x]'],
    ['constructor[prototype][x]', 'constructor[prototype][x]'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['a blank', 'my field'],
    ['markup', '<img src=x>'],
    ['100 characters', 'a'.repeat(100)],
    ['10,000 characters', 'a'.repeat(10_000)],
  ] as const;
  return asForms([
    ...odd.map(
      ([what, name]) => [`a text with ${what}`, form(IMAGE, { name, content: 'x' })] as const,
    ),
    ['a file with no name', form({ ...IMAGE, name: null })],
    ['a file in a field of another name', form(file('photo', png))],
    ['a file in image[x]', form(file('image[x]', png))],
    ['a file in __proto__', form(file('__proto__', png))],
    ['the prompt twice', form(IMAGE, field('prompt', 'b')), 'prompt'],
    ['the model 15 times', bare(IMAGE, ...many(15, () => FIELDS[0]), FIELDS[1]), 'model'],
    ['an image as text', form(field('image', 'picture.png')), 'image'],
    ['image[] as text beside a file', form(IMAGE, field('image[]', 'x')), null],
    ['a mask as text', form(IMAGE, field('mask', dataUrl(mask))), 'mask'],
  ]);
}

function counts(): HostileEdit[] {
  return asForms([
    ['50 fields', form(IMAGE, ...many(50, (place) => field(`f${place}`, 'x')))],
    ['10,000 fields of one name', form(IMAGE, ...many(10_000, () => field('f', 'x')))],
    ['17 images', form(...many(17, () => IMAGE)), 'image'],
    ['17 images in several spellings', form(...many(17, (i) => file(`image[${i}]`, png))), 'image'],
    ['200 files', form(...many(200, () => IMAGE)), 'image'],
    ['two masks', form(IMAGE, file('mask', mask), file('mask', mask)), 'mask'],
    ['a prompt of 300 kB', bare(FIELDS[0], IMAGE, field('prompt', 'x'.repeat(300_000))), 'prompt'],
    [
      'a prompt beyond the model',
      bare(FIELDS[0], IMAGE, field('prompt', 'x'.repeat(32_001))),
      'prompt',
    ],
  ]);
}

function values(): HostileEdit[] {
  const wrong = [
    ['n', '0'],
    ['n', '-1'],
    ['n', '1.5'],
    ['n', '11'],
    ['n', '1e1'],
    ['n', 'NaN'],
    ['size', '1024×1024'],
    ['size', '1x1'],
    ['quality', 'best'],
    ['response_format', 'png'],
    ['output_format', 'bmp'],
    ['background', 'green'],
    ['stream', 'maybe'],
    ['user', 'a\u0000b'],
  ] as const;
  return asForms([
    ...wrong.map(
      ([name, value]) =>
        [`${name} of ${JSON.stringify(value)}`, form(IMAGE, field(name, value)), name] as const,
    ),
    ['no prompt', bare(FIELDS[0], IMAGE), 'prompt'],
    ['a prompt of blanks', bare(FIELDS[0], IMAGE, field('prompt', ' \n ')), 'prompt'],
    ['a prompt with NUL', bare(FIELDS[0], IMAGE, field('prompt', 'a\u0000b')), 'prompt'],
    [
      'a prompt that is no UTF-8',
      bare(FIELDS[0], IMAGE, { name: 'prompt', content: Buffer.from('61ff62', 'hex') }),
      'prompt',
    ],
    ['no image', form(), 'image'],
    ['a model that cannot edit', bare(field('model', 'dall-e-3'), FIELDS[1], IMAGE), 'model'],
    ['an unknown model', bare(field('model', 'dall-e-9'), FIELDS[1], IMAGE), 'model', 404],
  ]);
}

function pictures(): HostileEdit[] {
  const images: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.of(0x89)],
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['an SVG', makeSvg()],
    ['a GIF', gif],
    ['a TIFF', tiff],
    ['a PDF', Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n')],
    ['an HTTP answer', Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
    ['half a PNG', png.subarray(0, png.length / 2)],
    ['half a JPEG', jpeg.subarray(0, jpeg.length / 2)],
    ['the header of a JPEG', jpeg.subarray(0, 20)],
    ['a script behind its end', Buffer.concat([png, Buffer.from('<script>1</script>')])],
    ['a bomb of 16,000 squared', makePngBomb(16_000)],
    ['base64 in a part that says so', Buffer.from(png.toString('base64'))],
    ['a form of its own', formOf([IMAGE])],
  ];
  return asForms([
    ...images.map(
      ([what, content]) => [`an image of ${what}`, form(file('image', content)), 'image'] as const,
    ),
    ['a bad image behind a good one', form(IMAGE, file('image[]', gif)), 'image'],
    ['a mask that is a JPEG', form(IMAGE, file('mask', jpeg)), 'mask'],
    ['a mask without alpha', form(IMAGE, file('mask', png)), 'mask'],
    ['a mask of another size', form(IMAGE, file('mask', smallMask)), 'mask'],
    ['a mask and no image', form(file('mask', mask)), 'image'],
    ['an image above 50 MiB', form(file('image', largePng(50 * MIB))), 'image', 413],
    ['a mask above 4 MiB', form(IMAGE, file('mask', largePng(4 * MIB))), 'mask', 413],
  ]);
}

function broken(): HostileEdit[] {
  const whole = form(IMAGE);
  const headers = Array.from({ length: 2500 }, (_, i) => `X-${i}: y`).join('\r\n');
  const disposition = 'Content-Disposition: form-data; name="image"; filename="a.png"';
  return asForms([
    ['no end', formOf([...FIELDS, IMAGE], '')],
    ['a cut in the file', whole.subarray(0, whole.length - 200)],
    ['a cut in a header', whole.subarray(0, whole.indexOf('prompt') + 3)],
    ['nothing but the end', formOf([]), 'prompt'],
    ['no byte at all', Buffer.alloc(0)],
    ['another boundary', Buffer.from(whole.toString('latin1').replaceAll('easel-', 'x'), 'latin1')],
    ['no part, only noise', Buffer.alloc(10_000, 0x2d)],
    [
      'a part header of 100 kB',
      form({ ...IMAGE, head: `${disposition}\r\nX: ${'y'.repeat(100_000)}` }),
    ],
    ['2,500 part headers', form({ ...IMAGE, head: `${disposition}\r\n${headers}` })],
    ['a part without headers', form({ ...IMAGE, head: 'X: y' }), 'image'],
  ]);
}

function media(): HostileEdit[] {
  const body = form(IMAGE);
  const types: [string, number][] = [
    ['multipart/form-data', 400],
    ['multipart/form-data; boundary=', 400],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, 400],
    [`multipart/form-data; boundary=${'x'.repeat(10_000)}`, 400],
    ['multipart/mixed; boundary=easel-test-boundary', 415],
    ['application/x-www-form-urlencoded', 415],
    ['text/plain', 415],
    ['image/png', 415],
    ['', 415],
  ];
  const typed = types.map(([type, status]) => ({
    name: `form: content type ${type.slice(0, 60)}, ${type.length}`,
    body,
    headers: { 'content-type': type },
    param: null,
    status,
  }));
  const more = (name: string, extra: Record<string, string>, status: number): HostileEdit => ({
    name,
    body,
    headers: { 'content-type': FORM_TYPE, ...extra },
    param: null,
    status,
  });
  return [
    ...typed,
    more('form: gzip by its header', { 'content-encoding': 'gzip' }, 415),
    more('form: a terabyte announced', { 'content-length': String(2 ** 40) }, 413),
  ];
}

export const HOSTILE_FORMS: readonly HostileEdit[] = [
  ...names(),
  ...counts(),
  ...values(),
  ...pictures(),
  ...broken(),
  ...media(),
];
