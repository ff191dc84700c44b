import type { Colour } from './colour.js';

export type Point = readonly [x: number, y: number];
/** Offset 0 to 1, colour, opacity (default 1). */
export type Stop = readonly [offset: number, colour: Colour, opacity?: number];
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/**
 * One decimal is a tenth of a pixel: enough, and half the text of a full float.
 * A drawing has some ten thousand numbers, and whole ones turn to text ten
 * times as fast as fractions, so both sides of the point are written as such.
 */
export function num(value: number): string {
  const tenths = Math.round(Math.abs(value) * 10);
  const sign = value < 0 && tenths > 0 ? '-' : '';
  const rest = tenths % 10;
  const whole = (tenths - rest) / 10;
  return rest === 0 ? `${sign}${whole}` : `${sign}${whole}.${rest}`;
}

export function element(name: string, attributes: Attributes, content = ''): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${key}="${typeof value === 'number' ? fine(value) : value}"`;
  }
  return content === '' ? `${text}/>` : `${text}>${content}</${name}>`;
}

export function path(d: string, attributes: Attributes): string {
  return shape('path', { d, ...attributes });
}

export function circle(x: number, y: number, r: number, attributes: Attributes): string {
  return shape('circle', { cx: x, cy: y, r, ...attributes });
}

export function ellipse(x: number, y: number, rx: number, ry: number, more: Attributes): string {
  return shape('ellipse', { cx: x, cy: y, rx, ry, ...more });
}

export function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  more: Attributes,
): string {
  return shape('rect', { x, y, width, height, ...more });
}

/**
 * A shape's `opacity` becomes that of its fill and its stroke: for the real
 * thing the rasteriser paints each shape on a sheet of its own as large as the
 * picture, which makes a picture of many shapes several times slower.
 */
function shape(name: string, { opacity, ...attributes }: Attributes): string {
  const [fill, stroke] = [attributes.fill !== 'none', attributes.stroke !== undefined];
  return element(name, {
    ...attributes,
    'fill-opacity': fill ? opacity : undefined,
    'stroke-opacity': stroke ? (attributes['stroke-opacity'] ?? opacity) : undefined,
  });
}

/** An open polyline as path data. */
export function line(points: readonly Point[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${num(x)} ${num(y)}`).join('');
}

export function polygon(points: readonly Point[]): string {
  return `${line(points)}Z`;
}

/** A smooth curve through all points (Catmull-Rom as cubic Béziers). */
export function curve(points: readonly Point[]): string {
  let d = `M${num(points[0][0])} ${num(points[0][1])}`;
  for (let i = 0; i < points.length - 1; i += 1) {
    const before = points[Math.max(0, i - 1)];
    const [from, to] = [points[i], points[i + 1]];
    const after = points[Math.min(points.length - 1, i + 2)];
    const c1 = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6];
    const c2 = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6];
    d += `C${num(c1[0])} ${num(c1[1])} ${num(c2[0])} ${num(c2[1])} ${num(to[0])} ${num(to[1])}`;
  }
  return d;
}

/** A closed circle as path data, for many dots in one element. */
export function dot(x: number, y: number, r: number): string {
  const d = num(2 * r);
  return `M${num(x - r)} ${num(y)}a${num(r)} ${num(r)} 0 1 0 ${d} 0a${num(r)} ${num(r)} 0 1 0 -${d} 0`;
}

/** A thin horizontal lens: a glint on water, a streak of cloud. */
export function lens(x: number, y: number, halfWidth: number, halfHeight: number): string {
  const [w, h] = [halfWidth, halfHeight];
  return (
    `M${num(x - w)} ${num(y)}Q${num(x)} ${num(y - 2 * h)} ${num(x + w)} ${num(y)}` +
    `Q${num(x)} ${num(y + 2 * h)} ${num(x - w)} ${num(y)}Z`
  );
}

/** The drawing under construction: definitions, and the body in painting order. */
export class Canvas {
  /**
   * The shorter side, px: sizes of things are shares of it. At least a quarter of the longer
   * one, since a strip of grass of a pixel's height would have more blades than time allows.
   */
  readonly unit: number;
  private readonly definitions: string[] = [];
  private readonly body: string[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.unit = Math.max(Math.min(width, height), Math.max(width, height) / 4);
  }

  add(...markup: string[]): void {
    this.body.push(...markup);
  }

  /** A paint running straight from one point to another, px. */
  linear(stops: readonly Stop[], from: Point, to: Point): string {
    const [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]];
    return this.paint('linearGradient', { x1, y1, x2, y2 }, stops);
  }

  /** A paint running down the picture from `top` to `bottom`, px. */
  down(stops: readonly Stop[], top = 0, bottom = this.height): string {
    return this.linear(stops, [0, top], [0, bottom]);
  }

  radial(stops: readonly Stop[], x: number, y: number, r: number): string {
    return this.paint('radialGradient', { cx: x, cy: y, r }, stops);
  }

  /** Something that can be referred to by `url(#id)` or `href="#id"`. */
  define(name: string, attributes: Attributes, content: string): string {
    const id = `d${this.definitions.length}`;
    this.definitions.push(element(name, { id, ...attributes }, content));
    return id;
  }

  /** A disc of light that fades to nothing at radius `r`. */
  glow(x: number, y: number, r: number, colour: Colour, strength: number): void {
    const stops: Stop[] = [
      [0, colour, strength],
      [0.3, colour, strength * 0.5],
      [0.6, colour, strength * 0.16],
      [1, colour, 0],
    ];
    this.add(circle(x, y, r, { fill: this.radial(stops, x, y, r) }));
  }

  fill(paint: string, attributes: Attributes = {}): void {
    this.add(rect(0, 0, this.width, this.height, { fill: paint, ...attributes }));
  }

  /** Puts all that was drawn so far inside a group, e.g. to clip it. */
  wrap(attributes: Attributes): void {
    this.body.splice(0, this.body.length, element('g', attributes, this.body.join('')));
  }

  toString(): string {
    const [w, h] = [this.width, this.height];
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}">` +
      `<defs>${this.definitions.join('')}</defs>${this.body.join('')}</svg>`
    );
  }

  private paint(name: string, vector: Attributes, stops: readonly Stop[]): string {
    const content = stops
      .map(([offset, colour, opacity]) =>
        element('stop', { offset, 'stop-color': colour, 'stop-opacity': opacity }),
      )
      .join('');
    return `url(#${this.define(name, { gradientUnits: 'userSpaceOnUse', ...vector }, content)})`;
  }
}

function fine(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
