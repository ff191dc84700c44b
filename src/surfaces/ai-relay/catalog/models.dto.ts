import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One tag in both languages; the keys are the wire's. */
export class ModelTagDto {
  @ApiProperty({ example: 'photo' })
  'en-US': string;

  @ApiProperty({ example: '照片' })
  'zh-CN': string;
}

/** What one image of a size costs. */
export class SizePriceDto {
  @ApiProperty({ example: '1024x1024' })
  size: string;

  @ApiPropertyOptional({ description: 'Only where it changes the price.', example: 'high' })
  quality?: string;

  @ApiProperty({ description: 'Points per image.', example: 2 })
  price: number;

  @ApiPropertyOptional({ description: 'Before the account’s own factor, where it has one.' })
  originPrice?: number;
}

/** A model as it can be asked for. */
export class ImageModelDto {
  @ApiProperty({ description: 'To be sent as `model`.', example: 'gpt-image-2' })
  name: string;

  @ApiProperty({ description: 'Its name for people.', example: 'GPT Image 2' })
  description: string;

  @ApiPropertyOptional({ description: 'What it is good at.' })
  summary?: string;

  @ApiProperty({ type: [ModelTagDto] })
  tags: ModelTagDto[];

  @ApiProperty({ type: [String], example: ['auto', '1024x1024'] })
  sizes: string[];

  @ApiProperty({ type: [String], description: 'Empty: it has no such parameter.' })
  qualities: string[];

  @ApiProperty({ type: [String], description: 'Empty: it has no such parameter.' })
  styles: string[];

  @ApiProperty({ type: [SizePriceDto], description: 'Every size, and quality where it matters.' })
  pricing: SizePriceDto[];

  @ApiProperty({ description: 'Whether a request could be served now.' })
  available: boolean;
}

export class EditModelDto extends ImageModelDto {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'Most images one edit takes.' })
  maxInputImages: number;
}
