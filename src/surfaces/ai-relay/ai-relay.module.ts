import { Module } from '@nestjs/common';
import { AdmissionModule } from '../../admission/index.js';
import { ApiKeysModule } from '../../api-keys/index.js';
import { ModelsModule } from '../../models/index.js';
import { RelayModule } from '../../relay/index.js';
import {
  CommandsModule,
  OpenAiWireModule,
  SurfaceKitModule,
  UploadsModule,
} from '../../surface-kit/index.js';
import { ModelListing } from './catalog/model-listing.service.js';
import { AiRelayModelsController } from './catalog/models.controller.js';
import { OptionalKeyGuard } from './catalog/optional-key.guard.js';
import { EnvelopeErrorFilter } from './envelope/envelope-error.filter.js';
import { EnvelopeKeyGuard } from './envelope/envelope-key.guard.js';
import { AiRelayEditController } from './images/edit.controller.js';
import { AiRelayImageController } from './images/image.controller.js';
import { ImageEditing } from './images/image-editing.service.js';
import { ImageMaking } from './images/image-making.service.js';
import { ImageTasks } from './images/tasks.service.js';
import { LanguageInterceptor } from './messages/language.interceptor.js';
import { AiRelayNativeController } from './native/native.controller.js';
import { NativeErrorFilter } from './native/native-error.filter.js';
import { NativeImages } from './native/native-image.service.js';

/** The AiToEarn relay API: a public catalog, OpenAI-native generations, and images in an envelope. */
@Module({
  imports: [
    AdmissionModule,
    ApiKeysModule,
    CommandsModule,
    ModelsModule,
    OpenAiWireModule,
    RelayModule,
    SurfaceKitModule,
    UploadsModule,
  ],
  controllers: [
    AiRelayModelsController,
    AiRelayImageController,
    AiRelayEditController,
    AiRelayNativeController,
  ],
  providers: [
    EnvelopeErrorFilter,
    EnvelopeKeyGuard,
    ImageEditing,
    ImageMaking,
    ImageTasks,
    LanguageInterceptor,
    ModelListing,
    NativeErrorFilter,
    NativeImages,
    OptionalKeyGuard,
  ],
})
export class AiRelaySurfaceModule {}
