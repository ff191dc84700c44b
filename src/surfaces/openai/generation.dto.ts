import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ErrorFactsDto, ImageDto, UsageDto } from '../../surface-kit/index.js';
import { PriceLineDto } from './price-line.dto.js';

/** One delivered image. */
export class ReceiptImageDto {
  @ApiProperty({ enum: ['1k', '2k', '4k'], description: 'Size class that came.', example: '1k' })
  tier: string;

  @ApiProperty({ description: 'From its bytes.', example: '1024x1024' })
  size: string;

  @ApiProperty({ description: 'Charged for it, surcharges included.', example: 2 })
  credits: number;
}

/** Why a generation cost what it cost. Amounts are credits with at most three decimals. */
export class ReceiptDto {
  @ApiProperty({ description: 'Charged for the images delivered.', example: 4 })
  captured: number;

  @ApiProperty({ description: 'Set aside when it was accepted.', example: 4 })
  held: number;

  @ApiProperty({ description: 'Given back of what was set aside.', example: 0 })
  released: number;

  @ApiProperty({ description: 'Given back later by the operator.', example: 0 })
  refunded: number;

  @ApiProperty({ type: 'integer', description: 'Version of the price list.', example: 1 })
  catalog_version: number;

  @ApiProperty({
    type: 'integer',
    description: 'Thousandths of the list price this account pays.',
    example: 1000,
  })
  price_factor: number;

  @ApiProperty({ enum: ['1k', '2k', '4k'], description: 'Size class asked for.', example: '1k' })
  tier: string;

  @ApiProperty({ example: 'high' })
  quality: string;

  @ApiProperty({ description: 'Set aside for each image asked for.', example: 2 })
  unit_credits: number;

  @ApiProperty({
    type: [ReceiptImageDto],
    description:
      'What was delivered. A smaller size class than asked costs less, a larger no more.',
  })
  images: ReceiptImageDto[];

  @ApiProperty({
    type: 'string',
    enum: ['upstream', 'estimated', null],
    nullable: true,
    description: 'Who counted the tokens of usage; null until succeeded.',
    example: 'upstream',
  })
  usage_source: string | null;

  @ApiProperty({ type: [PriceLineDto], description: 'They add up to captured.' })
  lines: PriceLineDto[];
}

/** A delivered image, and what an edit may name it by. */
export class GenerationImageDto extends ImageDto {
  @ApiProperty({
    format: 'uuid',
    description: 'Names the image in an edit sent as JSON.',
    example: '019aa1f0-8d22-7b6e-8a51-0c9d3f1e2b47',
  })
  file_id: string;
}

/** An image that an edit was made from. Its file is kept as long as requests are. */
export class GenerationInputDto {
  @ApiProperty({ format: 'uuid', description: 'Names the image in another edit.' })
  file_id: string;

  @ApiProperty({ enum: ['image', 'mask'], example: 'image' })
  role: 'image' | 'mask';

  @ApiProperty({ description: 'From its bytes.', example: '1024x1024' })
  size: string;
}

/** Answer of `GET /v1/images/{id}`. */
export class GenerationDto {
  @ApiProperty({ format: 'uuid', example: '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293' })
  id: string;

  @ApiProperty({ enum: ['image.generation'] })
  object: 'image.generation';

  @ApiProperty({ enum: ['pending', 'processing', 'succeeded', 'failed', 'canceled'] })
  status: string;

  @ApiProperty({ type: 'integer', description: 'Unix seconds.', example: 1795000000 })
  created: number;

  @ApiProperty({ description: 'The name the request used.', example: 'easel-sketch' })
  model: string;

  @ApiProperty({
    type: [GenerationImageDto],
    description: 'Empty until succeeded, and after the images were deleted.',
  })
  data: GenerationImageDto[];

  @ApiPropertyOptional({
    type: [GenerationInputDto],
    description: 'Of an edit: its images in the order sent, and its mask.',
  })
  inputs?: GenerationInputDto[];

  @ApiProperty({ type: UsageDto, nullable: true, description: 'Null until succeeded.' })
  usage: UsageDto | null;

  @ApiPropertyOptional({
    enum: [true],
    description: 'It was asked to stop, but an upstream had been asked first: its end decides.',
  })
  cancel_requested?: true;

  @ApiProperty({ type: ErrorFactsDto, nullable: true, description: 'Why it failed.' })
  error: ErrorFactsDto | null;

  @ApiProperty({ type: ReceiptDto })
  receipt: ReceiptDto;
}

/** Answer of `GET /v1/images`. */
export class GenerationListDto {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [GenerationDto], description: 'Newest first; images as links.' })
  data: GenerationDto[];

  @ApiProperty({ type: 'string', nullable: true, format: 'uuid' })
  first_id: string | null;

  @ApiProperty({ type: 'string', nullable: true, format: 'uuid' })
  last_id: string | null;

  @ApiProperty({ example: false })
  has_more: boolean;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Pass as cursor for the next, older page; null at the end.',
  })
  next_cursor: string | null;
}
