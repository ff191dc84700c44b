import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/index.js';
import { RelayModule } from '../relay/index.js';
import { StorageModule } from '../storage/index.js';
import { AssetsController } from './assets.controller.js';
import { ShareController } from './share/share.controller.js';

/** Pages for people: rendered here, without scripts. */
@Module({
  imports: [ModelsModule, RelayModule, StorageModule],
  controllers: [AssetsController, ShareController],
})
export class PagesModule {}
