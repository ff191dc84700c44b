import { DomainError } from '../common/domain-error.js';

/**
 * The disk or bucket failed us. Not retryable by the client: when a picture is
 * being stored its upstream has been called already, and may bill again.
 */
export class StorageUnavailableError extends DomainError {
  constructor(message: string, cause?: unknown) {
    const { code } = (cause ?? {}) as { code?: unknown };
    super('storage_unavailable', message, {
      retryable: false,
      cause,
      details: typeof code === 'string' ? { errno: code } : {},
    });
    this.name = StorageUnavailableError.name;
  }
}

/** An object of this name is there, or is being written: objects are written once. */
export class AssetExistsError extends Error {
  constructor(assetId: string, options?: { cause?: unknown }) {
    super(`Asset ${assetId} is stored already`, options);
    this.name = AssetExistsError.name;
  }
}

/** The operator took this content down: it is not stored again. */
export class ImageBlockedError extends Error {
  constructor() {
    super('the operator took this content down');
    this.name = ImageBlockedError.name;
  }
}

export function cannotStore(cause: unknown): StorageUnavailableError {
  return new StorageUnavailableError('The image could not be stored.', cause);
}

export function cannotRead(cause?: unknown): StorageUnavailableError {
  return new StorageUnavailableError('The image cannot be read at the moment.', cause);
}

/** The `errno` name of a file system error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
