import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ErrorFactsDto } from './error.dto.js';
import { UsageDto } from './images.dto.js';

/** What every event with a picture says. */
class ImageEventDto {
  @ApiProperty({ description: 'The file as base64 without a data: prefix.', example: 'iVBORw0K…' })
  b64_json: string;

  @ApiProperty({ type: 'integer', description: 'Unix seconds.', example: 1795000000 })
  created_at: number;

  @ApiProperty({ description: 'WIDTHxHEIGHT, or auto.', example: '1024x1024' })
  size: string;

  @ApiProperty({ description: 'auto where the model chose it.', example: 'high' })
  quality: string;

  @ApiProperty({ enum: ['transparent', 'opaque', 'auto'], example: 'auto' })
  background: string;

  @ApiProperty({ enum: ['png', 'jpeg', 'webp', 'gif'], example: 'png' })
  output_format: string;
}

/** A preview: the image as far as the model has come. Previews are not stored. */
export class PartialImageEventDto extends ImageEventDto {
  @ApiProperty({ enum: ['image_generation.partial_image', 'image_edit.partial_image'] })
  type: 'image_generation.partial_image' | 'image_edit.partial_image';

  @ApiProperty({ type: 'integer', description: 'Of its image, from 0.', example: 0 })
  partial_image_index: number;
}

/** One image that was made, stored and charged. */
export class CompletedImageEventDto extends ImageEventDto {
  @ApiProperty({ enum: ['image_generation.completed', 'image_edit.completed'] })
  type: 'image_generation.completed' | 'image_edit.completed';

  @ApiProperty({
    type: UsageDto,
    description: 'Counted by the upstream, or estimated. With n > 1 each image has its share.',
  })
  usage: UsageDto;

  @ApiPropertyOptional({ description: 'Only with the aiimg profile: the generation’s id.' })
  aiimg_generation_id?: string;
}

/** The last event of a stream that failed after it began. */
export class ErrorEventDto {
  @ApiProperty({ type: ErrorFactsDto })
  error: ErrorFactsDto;
}
