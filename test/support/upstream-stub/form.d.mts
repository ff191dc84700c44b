export interface FormPart {
  readonly name: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What an edit sent, from the whole body; null when it is no form. */
export function readForm(
  raw: Buffer,
  contentType: string,
): {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly parts: readonly FormPart[];
} | null;
