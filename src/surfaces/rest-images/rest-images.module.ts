import { Module } from '@nestjs/common';
import { AccountsModule } from '../../accounts/index.js';
import { AdmissionModule } from '../../admission/index.js';
import { ApiKeysModule } from '../../api-keys/index.js';
import { CreditsModule } from '../../credits/index.js';
import { RelayModule } from '../../relay/index.js';
import { StorageModule } from '../../storage/index.js';
import { CommandsModule, SurfaceKitModule } from '../../surface-kit/index.js';
import { RestAccountController } from './account.controller.js';
import { AccountService } from './account.service.js';
import { GenerateImageService } from './generate-image.service.js';
import { ImageAnswers } from './image-answers.service.js';
import { RestImagesController } from './images.controller.js';
import { ImagesService } from './images.service.js';

/** The Get Images REST API. */
@Module({
  imports: [
    AccountsModule,
    AdmissionModule,
    ApiKeysModule,
    CommandsModule,
    CreditsModule,
    RelayModule,
    StorageModule,
    SurfaceKitModule,
  ],
  controllers: [RestImagesController, RestAccountController],
  providers: [AccountService, GenerateImageService, ImageAnswers, ImagesService],
})
export class RestImagesModule {}
