export * from './asset.js';
export { type AssetRef, AssetStore, type PutRequest } from './asset-store.js';
export { AssetsRepository } from './assets.repository.js';
export { BlockedHashes } from './blocked-hashes.service.js';
export type { BlobDriver, BlobKey, BlobPage, ByteRange, LentFile } from './drivers/blob-driver.js';
export { createDriver } from './drivers/create-driver.js';
export {
  ImageRejectedError,
  type ImageRejection,
  MAGIC_BYTES,
  rasterTypeOf,
} from './image-gate/index.js';
export { InputImages } from './inputs/input-images.service.js';
export { INPUT_LIMITS, type InputRole } from './inputs/input-limits.js';
export type { ReceivedImage } from './inputs/received-image.js';
export { LinkService } from './link.service.js';
export { EXTENSION_OF } from './media-types.js';
export { StorageHealth, type StorageState } from './storage-health.js';
export { AssetExistsError, ImageBlockedError, StorageUnavailableError } from './storage.errors.js';
export { StorageModule } from './storage.module.js';
