import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

export interface Route {
  /** As Express has it, e.g. `/v1/images/:id`. */
  readonly path: string;
  /** Upper case. */
  readonly method: string;
}

/** The part of an Express router that is read here. */
interface RouterLayer {
  readonly route?: {
    readonly path: string | readonly string[] | RegExp;
    readonly methods: Readonly<Record<string, boolean>>;
  };
  match(path: string): unknown;
}

/** What the router really has, for `Allow` and for checking the API documents against. */
@Injectable()
export class RouteTable {
  constructor(private readonly host: HttpAdapterHost) {}

  list(): Route[] {
    return this.layers().flatMap(({ route }) => {
      const paths = [route?.path ?? []].flat().filter((path) => typeof path === 'string');
      return paths.flatMap((path) => methodsOf(route).map((method) => ({ path, method })));
    });
  }

  /** Methods some route takes at `path`, sorted; empty when there is no such route. */
  methodsAt(path: string): string[] {
    const methods = this.layers()
      .filter((layer) => layer.route !== undefined && matches(layer, path))
      .flatMap(({ route }) => methodsOf(route));
    return [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].sort();
  }

  private layers(): readonly RouterLayer[] {
    const express = this.host.httpAdapter.getInstance<{ router: { stack: RouterLayer[] } }>();
    return express.router.stack;
  }
}

/** A path with a broken escape matches nothing. */
function matches(layer: RouterLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}

function methodsOf(route: RouterLayer['route']): string[] {
  return Object.entries(route?.methods ?? {})
    .filter(([method, takes]) => takes && method !== '_all')
    .map(([method]) => method.toUpperCase());
}
