import { Module } from '@nestjs/common';
import { AdmissionModule } from '../../admission/index.js';
import { ApiKeysModule } from '../../api-keys/index.js';
import { ModelsModule } from '../../models/index.js';
import { RelayModule } from '../../relay/index.js';
import { CommandsModule, OpenAiWireModule, SurfaceKitModule } from '../../surface-kit/index.js';
import { ModelListing } from './catalog/model-listing.service.js';
import { AiRelayModelsController } from './catalog/models.controller.js';
import { OptionalKeyGuard } from './catalog/optional-key.guard.js';
import { EnvelopeErrorFilter } from './envelope/envelope-error.filter.js';
import { EnvelopeKeyGuard } from './envelope/envelope-key.guard.js';
import { AiRelayImageController } from './images/image.controller.js';
import { ImageMaking } from './images/image-making.service.js';
import { ImageTasks } from './images/tasks.service.js';
import { LanguageInterceptor } from './messages/language.interceptor.js';

/** The AiToEarn relay API: a public catalog, and images in an envelope. */
@Module({
  imports: [
    AdmissionModule,
    ApiKeysModule,
    CommandsModule,
    ModelsModule,
    OpenAiWireModule,
    RelayModule,
    SurfaceKitModule,
  ],
  controllers: [AiRelayModelsController, AiRelayImageController],
  providers: [
    EnvelopeErrorFilter,
    EnvelopeKeyGuard,
    ImageMaking,
    ImageTasks,
    LanguageInterceptor,
    ModelListing,
    OptionalKeyGuard,
  ],
})
export class AiRelaySurfaceModule {}
