import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class ImageDto {
  @ApiPropertyOptional({
    description: 'Link to the image, with response_format url. It stays until it is revoked.',
    example: 'http://127.0.0.1:3000/files/pVZx0c0yDq1mM3Jb7cS2Rg.png',
  })
  url?: string;

  @ApiPropertyOptional({
    description: 'The file as base64 without a data: prefix, with response_format b64_json.',
    example: 'iVBORw0KGgo…',
  })
  b64_json?: string;
}

export class InputTokensDetailsDto {
  @ApiProperty({ type: 'integer', example: 12 })
  text_tokens: number;

  @ApiProperty({ type: 'integer', example: 0 })
  image_tokens: number;
}

/** Tokens as the upstream counted them, or an estimate; the receipt's usage_source says which. */
export class UsageDto {
  @ApiProperty({ type: 'integer', example: 1068 })
  total_tokens: number;

  @ApiProperty({ type: 'integer', example: 12 })
  input_tokens: number;

  @ApiProperty({ type: 'integer', example: 1056 })
  output_tokens: number;

  @ApiProperty({ type: InputTokensDetailsDto })
  input_tokens_details: InputTokensDetailsDto;
}

export class ImagesResponseDto {
  @ApiProperty({ type: 'integer', description: 'Unix seconds.', example: 1795000000 })
  created: number;

  @ApiProperty({
    type: [ImageDto],
    description: 'The images that were made and charged; x-images-delivered says how many of n.',
  })
  data: ImageDto[];

  @ApiPropertyOptional({
    enum: ['transparent', 'opaque'],
    description: 'Where the request decided it.',
  })
  background?: string;

  @ApiPropertyOptional({ enum: ['png', 'jpeg', 'webp', 'gif', 'svg'], example: 'png' })
  output_format?: string;

  @ApiPropertyOptional({ description: 'Never auto; absent when unknown.', example: 'high' })
  quality?: string;

  @ApiPropertyOptional({ description: 'Of the first image, from its bytes.', example: '1024x1024' })
  size?: string;

  @ApiPropertyOptional({ type: UsageDto, description: 'Counted by the upstream, or estimated.' })
  usage?: UsageDto;

  @ApiPropertyOptional({ description: 'Only with the aiimg profile: the generation’s id.' })
  aiimg_generation_id?: string;
}
