import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ImageDto } from '../../../surface-kit/index.js';

export class TokenUsageDto {
  @ApiProperty({ type: 'integer', example: 12 })
  input_tokens: number;

  @ApiProperty({ type: 'integer', example: 1056 })
  output_tokens: number;

  @ApiProperty({ type: 'integer', example: 1068 })
  total_tokens: number;
}

/** The images of one request. */
export class ImageDataDto {
  @ApiProperty({ type: 'integer', description: 'Unix seconds.', example: 1795000000 })
  created: number;

  @ApiProperty({ type: [ImageDto], description: 'The images that were made and charged.' })
  list: ImageDto[];

  @ApiPropertyOptional({
    type: TokenUsageDto,
    description: 'Counted by the upstream, or estimated.',
  })
  usage?: TokenUsageDto;

  @ApiPropertyOptional({ enum: ['transparent', 'opaque'] })
  background?: string;

  @ApiPropertyOptional({ enum: ['png', 'jpeg', 'webp', 'gif', 'svg'], example: 'png' })
  output_format?: string;

  @ApiPropertyOptional({ description: 'Never auto; absent when unknown.', example: 'high' })
  quality?: string;

  @ApiPropertyOptional({ description: 'Of the first image, from its bytes.', example: '1024x1024' })
  size?: string;
}
