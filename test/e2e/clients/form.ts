/** One entry of a form: a field of text, or a file with the name its client gives it. */
export type Entry = readonly [field: string, value: string | FormFile];

export interface FormFile {
  readonly bytes: Buffer;
  readonly name: string;
  readonly type: string;
}

export const png = (bytes: Buffer, name = 'image.png'): FormFile => ({
  bytes,
  name,
  type: 'image/png',
});

export const jpeg = (bytes: Buffer, name = 'image.jpg'): FormFile => ({
  bytes,
  name,
  type: 'image/jpeg',
});

/** Multipart with its entries in this order. */
export function formOf(entries: readonly Entry[]): FormData {
  const form = new FormData();
  for (const [field, value] of entries) {
    if (typeof value === 'string') form.append(field, value);
    else
      form.append(field, new Blob([new Uint8Array(value.bytes)], { type: value.type }), value.name);
  }
  return form;
}
