/**
 * - `passed`: the upstream is told, in the same words
 * - `emulated`: it comes about otherwise: in other words, by another field, or here
 * - `dropped`: it has no effect, and the answer says so
 * - `dropped, unnamed`: it has no effect, and nobody says so
 * - `refused`: 400, nothing moves
 */
export type Verdict = 'passed' | 'emulated' | 'dropped' | 'dropped, unnamed' | 'refused';

type Scalar = string | number | boolean;

/** One value of one parameter, as it is sent to every model: a row of the matrix. */
export interface Probe {
  readonly operation: 'generate' | 'edit';
  readonly parameter: string;
  readonly value: Scalar;
  /** What it means nothing without. */
  readonly beside?: Readonly<Record<string, Scalar>>;
  /** The upstream's field that its effect is looked for in, where that is another one; null: in none. */
  readonly carrier?: string | null;
  /** What it comes to when no field carries it; nothing, unless we make up for it. */
  readonly uncarried?: 'passed' | 'emulated';
  /** Files of an edit. */
  readonly images?: number;
  readonly mask?: boolean;
}

const generate = (probe: Omit<Probe, 'operation'>): Probe => ({ operation: 'generate', ...probe });

const edit = (probe: Omit<Probe, 'operation'>): Probe => ({
  operation: 'edit',
  images: 1,
  ...probe,
});

const each = (parameter: string, values: readonly Scalar[], more: Partial<Probe> = {}): Probe[] =>
  values.map((value) => generate({ parameter, value, ...more }));

/** Files are carried as files, never by a field. */
const FILES = { carrier: null, uncarried: 'passed' } as const;
const GIF = { output_format: 'gif' };

/** The rows of the matrix in `docs/conformance.md`, in its order. */
export const PROBES: readonly Probe[] = [
  ...each('n', [2, 5, 10]),
  // Left out: the upstream's own default.
  ...each('size', ['auto'], { uncarried: 'emulated' }),
  ...each('size', ['256x256', '512x512', '1024x1024', '1536x1024', '1792x1024']),
  ...each('size', ['1280x720', '2048x2048', '3840x2160']),
  ...each('aspect_ratio', ['1:1', '16:9', '21:9'], { carrier: 'size' }),
  // Without a ratio it is the most that is charged, where the upstream chooses the shape.
  ...each('resolution', ['1k', '2k', '4k'], { carrier: 'size', uncarried: 'emulated' }),
  ...each('quality', ['auto', 'low', 'medium', 'high', 'xhigh', 'max', 'standard', 'hd']),
  ...each('style', ['vivid', 'natural']),
  ...each('background', ['auto', 'opaque', 'transparent']),
  ...each('output_format', ['png', 'jpeg', 'webp', 'gif', 'svg']),
  ...each('output_compression', [80], { beside: { output_format: 'jpeg' } }),
  ...each('moderation', ['auto', 'low']),
  ...each('complexity', ['low']),
  ...each('frame_count', [4], { beside: GIF }),
  ...each('frame_duration_ms', [100], { beside: GIF }),
  ...each('thinking_level', ['deep']),
  ...each('response_format', ['url', 'b64_json'], { carrier: null, uncarried: 'emulated' }),
  ...each('stream', [true], { uncarried: 'emulated' }),
  ...each('partial_images', [2], { beside: { stream: true } }),
  ...each('user', ['user-1234']),
  ...each('safety_identifier', ['user-1234'], { carrier: 'user' }),
  ...each('seed', [7]),
  edit({ parameter: 'image', value: 'one file', ...FILES }),
  edit({ parameter: 'image', value: 'two files', images: 2, ...FILES }),
  edit({ parameter: 'mask', value: 'a file', mask: true, ...FILES }),
  edit({ parameter: 'input_fidelity', value: 'low' }),
  edit({ parameter: 'input_fidelity', value: 'high' }),
];

/** What the request says beside model and prompt. */
export function fieldsOf({ parameter, value, beside, images }: Probe): Record<string, Scalar> {
  const isFile = images !== undefined && parameter !== 'input_fidelity';
  return { ...beside, ...(isFile ? {} : { [parameter]: value }) };
}

/** What became of a request, as far as it can be seen from outside. */
export interface Reached {
  readonly refused: boolean;
  /** Names in `x-ignored-parameters`. */
  readonly ignored: readonly string[];
  /** What the upstream was told. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export function verdictOf(probe: Probe, { refused, ignored, fields }: Reached): Verdict {
  const { parameter, value, uncarried = 'dropped, unnamed' } = probe;
  if (refused) return 'refused';
  if (ignored.includes(parameter)) return 'dropped';
  const carried = carriedOf(probe, fields);
  if (carried === undefined) return uncarried;
  const sameField = (probe.carrier ?? parameter) === parameter;
  return sameField && carried === String(value) ? 'passed' : 'emulated';
}

/** What the upstream's field says, as text: a form has nothing else. */
export function carriedOf({ parameter, carrier = parameter }: Probe, fields: Reached['fields']) {
  const carried = carrier === null ? undefined : fields[carrier];
  if (carried === undefined || typeof carried === 'string') return carried;
  return JSON.stringify(carried);
}

export const labelOf = ({ operation, parameter, value, beside }: Probe): string => {
  const companions = Object.entries(beside ?? {}).map(([name, other]) => `${name} ${other}`);
  const where = operation === 'edit' ? 'edit, ' : '';
  const together = companions.length > 0 ? ` with ${companions.join(', ')}` : '';
  return `${where}\`${parameter}\` ${value}${together}`;
};
