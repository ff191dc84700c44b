import { localRenderer } from '../../../src/providers/local-renderer/index.js';
import type { ImageProviderFactory, ProviderRequest } from '../../../src/providers/index.js';

/** The local renderer as it is, with a list of what it was asked. */
export class WatchedRenderer implements ImageProviderFactory {
  readonly kind = 'local-renderer';
  readonly asked: ProviderRequest[] = [];

  check(): readonly string[] {
    return [];
  }

  create(settings: Parameters<ImageProviderFactory['create']>[0]) {
    const renderer = localRenderer.create(settings);
    return {
      start: (request: ProviderRequest, signal: AbortSignal) => {
        this.asked.push(request);
        return renderer.start(request, signal);
      },
      capabilities: (model: string) => renderer.capabilities(model),
      close: () => renderer.close(),
    };
  }
}
