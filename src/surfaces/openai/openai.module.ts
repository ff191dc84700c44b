import { Module } from '@nestjs/common';
import { AdmissionModule } from '../../admission/index.js';
import { ApiKeysModule } from '../../api-keys/index.js';
import { CreditsModule } from '../../credits/index.js';
import { ModelsModule } from '../../models/index.js';
import { RelayModule } from '../../relay/index.js';
import { StorageModule } from '../../storage/index.js';
import {
  CommandsModule,
  OpenAiWireModule,
  SurfaceKitModule,
  UploadsModule,
} from '../../surface-kit/index.js';
import { OpenAiAccountController } from './account.controller.js';
import { AccountView } from './account-view.service.js';
import { OpenAiBillingController } from './billing.controller.js';
import { CreateImageService } from './create-image.service.js';
import { EditImageService } from './edit-image.service.js';
import { OpenAiEditsController } from './edits.controller.js';
import { FindImageService } from './find-image.service.js';
import { ImageAnswers } from './image-answers.service.js';
import { ImageRequests } from './image-requests.service.js';
import { OpenAiImagesController } from './images.controller.js';
import { ModelListing } from './model-listing.service.js';
import { OpenAiModelsController } from './models.controller.js';
import { QuoteService } from './quote.service.js';
import { Submission } from './submission.service.js';

/** OpenAI's Images API, with the variants of it that the AIImg and AIAI APIs are. */
@Module({
  imports: [
    AdmissionModule,
    ApiKeysModule,
    CommandsModule,
    CreditsModule,
    ModelsModule,
    OpenAiWireModule,
    RelayModule,
    StorageModule,
    SurfaceKitModule,
    UploadsModule,
  ],
  controllers: [
    OpenAiImagesController,
    OpenAiEditsController,
    OpenAiModelsController,
    OpenAiAccountController,
    OpenAiBillingController,
  ],
  providers: [
    AccountView,
    CreateImageService,
    EditImageService,
    FindImageService,
    ImageAnswers,
    ImageRequests,
    ModelListing,
    QuoteService,
    Submission,
  ],
})
export class OpenAiSurfaceModule {}
