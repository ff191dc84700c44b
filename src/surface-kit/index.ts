export { Acceptance } from './acceptance.service.js';
export { type Alias, ALIASES, aliasOf, aliasPrefix, withAliases } from './alias.js';
export { AnswerHeadersInterceptor } from './answer-headers.interceptor.js';
export { CommandsModule } from './commands.module.js';
export { ErrorFilterByPrefix, type PrefixRule } from './error-filter-by-prefix.js';
export { EventStream } from './event-stream.js';
export type { Exchange } from './exchange.js';
export { type SurfaceFailure, toFailure } from './failure.js';
export { logFailure } from './failure-log.js';
export { LenientFields } from './fields.js';
export { fingerprint, type RequestIdentity } from './fingerprint.js';
export { type AskedImages, ImageCommands } from './image-commands.service.js';
export { type OpenImage, sendImages } from './image-answer.js';
export { JsonBody, readJsonObject, refuseOtherMedia, toJsonObject } from './json-body.js';
export { naming } from './naming.js';
export { normalisePath } from './normalise-path.js';
export { OpenAiErrorFilter, openAiErrorType } from './open-ai-error.filter.js';
export { readImageFields } from './openai-wire/image-fields.js';
export { ErrorDto, ErrorFactsDto } from './openai-wire/error.dto.js';
export {
  CompletedImageEventDto,
  ErrorEventDto,
  PartialImageEventDto,
} from './openai-wire/image-events.dto.js';
export {
  ImageSender,
  type ResponseFormat,
  type SentImages,
} from './openai-wire/image-sender.service.js';
export {
  ImageStream,
  streamMessage,
  type StreamWords,
} from './openai-wire/image-stream.service.js';
export { ImageDto, ImagesResponseDto, UsageDto } from './openai-wire/images.dto.js';
export {
  FORMAT_OF_MEDIA_TYPE,
  goneImages,
  refuseDeleted,
  toImagesResponse,
  type ToImage,
  toUsage,
  unixSeconds,
  visible,
} from './openai-wire/images.mapper.js';
export {
  markProcessed,
  OpenAiHeadersInterceptor,
} from './openai-wire/open-ai-headers.interceptor.js';
export { OpenAiWireModule } from './openai-wire/openai-wire.module.js';
export { type Preference, preferenceOf } from './preference.js';
export { publicName } from './public-name.js';
export {
  idempotencyKeyOf,
  isRepeat,
  maxCreditsOf,
  mayJoin,
  publicOrigin,
  setIgnoredParameters,
} from './request-facts.js';
export { type Route, RouteTable } from './route-table.js';
export { StrictFields } from './strict-fields.js';
export { SurfaceErrorFilter } from './surface-error.filter.js';
export { SurfaceKitModule } from './surface-kit.module.js';
export { EditAdmission } from './uploads/edit-admission.service.js';
export type { KeptInput } from './uploads/edit-inputs.js';
export { type EditUpload, identityOf, type SentInput } from './uploads/edit-upload.js';
export { PLAIN_EDIT } from './uploads/json-edit-form.js';
export { type EditReading, EditUploads } from './uploads/edit-uploads.service.js';
export { UploadsModule } from './uploads/uploads.module.js';
export { readBody } from './read-body.js';
export { watchAnswer } from './watch-answer.js';
export { succeededOrThrow, waitForAnswer } from './waiting.js';
export { failureAt } from './wrong-method.js';
