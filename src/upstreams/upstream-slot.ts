import type { ImageProvider } from '../providers/index.js';
import type { Upstream } from './upstream.js';

/** The right to send one generation to one upstream; counts against `maxConcurrent` until released. */
export class UpstreamSlot {
  private released = false;

  constructor(
    readonly upstream: Upstream,
    readonly model: string,
    private readonly isProbe = false,
  ) {
    upstream.inFlight += 1;
    if (isProbe) upstream.circuit(model).beginProbe();
  }

  get provider(): ImageProvider {
    return this.upstream.providerFor(this.model);
  }

  get upstreamModel(): string {
    return this.upstream.routeFor(this.model)?.upstreamModel ?? this.model;
  }

  /** Calling it again does nothing. */
  release(): void {
    if (this.released) return;
    this.released = true;
    this.upstream.inFlight -= 1;
    if (this.isProbe) this.upstream.circuit(this.model).endProbe();
  }
}
