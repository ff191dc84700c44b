import { Module } from '@nestjs/common';
import { Env } from '../config/index.js';
import { EgressModule } from '../egress/index.js';
import { AssetStore } from './asset-store.js';
import { AssetsRepository } from './assets.repository.js';
import { BlockedHashes } from './blocked-hashes.service.js';
import { BLOB_DRIVER, type BlobDriver } from './drivers/blob-driver.js';
import { createDriver } from './drivers/create-driver.js';
import { FilesController } from './files/files.controller.js';
import { InputImages } from './inputs/input-images.service.js';
import { InputsRepository } from './inputs/inputs.repository.js';
import { LinkService } from './link.service.js';
import { Spool } from './spool.js';
import { StorageHealth } from './storage-health.js';
import { StoreIdentity } from './store-identity.js';

/** Stored images, their rows' links, and the answers to those links. */
@Module({
  imports: [EgressModule],
  providers: [
    { provide: BLOB_DRIVER, useFactory: createDriver, inject: [Env] },
    {
      provide: Spool,
      useFactory: (driver: BlobDriver) => new Spool(driver.spoolFolder),
      inject: [BLOB_DRIVER],
    },
    AssetStore,
    AssetsRepository,
    BlockedHashes,
    InputImages,
    InputsRepository,
    LinkService,
    StoreIdentity,
    StorageHealth,
  ],
  controllers: [FilesController],
  exports: [AssetStore, AssetsRepository, BlockedHashes, InputImages, LinkService, StorageHealth],
})
export class StorageModule {}
