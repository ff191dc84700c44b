import { Module } from '@nestjs/common';
import { AdmissionModule } from '../admission/index.js';
import { ModelsModule } from '../models/index.js';
import { RelayModule } from '../relay/index.js';
import { Acceptance } from './acceptance.service.js';
import { ImageCommands } from './image-commands.service.js';

/** From what a surface has read to a generation somebody waits for. */
@Module({
  imports: [AdmissionModule, ModelsModule, RelayModule],
  providers: [Acceptance, ImageCommands],
  exports: [Acceptance, ImageCommands],
})
export class CommandsModule {}
