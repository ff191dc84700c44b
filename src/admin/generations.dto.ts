import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { GenerationStatus } from '../relay/index.js';
import { IsCount, IsIdFilter, IsNameFilter } from './fields.js';

const STATUSES: readonly GenerationStatus[] = [
  'pending',
  'processing',
  'succeeded',
  'failed',
  'canceled',
];

export class GenerationQueryDto {
  @IsIdFilter('Of this account only.')
  accountId?: string;

  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional()
  @IsIn(STATUSES)
  status?: GenerationStatus;

  @IsNameFilter('Catalog name.')
  model?: string;

  @IsNameFilter('With an attempt there.')
  upstream?: string;

  @IsIdFilter('Older than this generation: `next` of the page before.')
  before?: string;

  @IsCount(1, 100, 20)
  limit: number = 20;
}

export class GenerationErrorDto {
  @ApiProperty({ example: 'upstream_unavailable' })
  code: string;

  @ApiProperty({ description: 'What the customer was told.' })
  message: string;

  @ApiProperty()
  retryable: boolean;
}

/** Credits of one generation. */
export class GenerationCreditsDto {
  @ApiProperty({ example: 4 })
  held: number;

  @ApiProperty({ example: 2 })
  captured: number;

  @ApiProperty({ example: 2 })
  released: number;

  @ApiProperty({ example: 0 })
  refunded: number;
}

/** What was asked for, what came of it and what it cost. The prompt stays with its owner. */
export class AdminGenerationDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  accountId: string;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  apiKeyId: string | null;

  @ApiProperty({ enum: STATUSES })
  status: GenerationStatus;

  @ApiProperty({ enum: ['live', 'test', 'demo'] })
  mode: string;

  @ApiProperty({ example: 'openai' })
  surface: string;

  @ApiProperty({ example: 'gpt-image-2' })
  model: string;

  @ApiProperty({ enum: ['generate', 'edit'] })
  operation: string;

  @ApiProperty({ type: 'integer', description: 'Images asked for.' })
  count: number;

  @ApiProperty({ type: 'integer', description: 'Images stored.' })
  delivered: number;

  @ApiProperty({ example: '1024x1024' })
  size: string;

  @ApiProperty({ type: GenerationCreditsDto })
  credits: GenerationCreditsDto;

  @ApiProperty({ type: GenerationErrorDto, nullable: true })
  error: GenerationErrorDto | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  finishedAt: string | null;
}

export class AdminGenerationListDto {
  @ApiProperty({ type: [AdminGenerationDto], description: 'Newest first.' })
  data: AdminGenerationDto[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: '`before` of the next page; null: the end.',
  })
  next: string | null;
}

export class AttemptDto {
  @ApiProperty({ type: 'integer' })
  ordinal: number;

  @ApiProperty({ example: 'openai' })
  upstream: string;

  @ApiProperty({ enum: ['sent', 'succeeded', 'failed', 'unknown'] })
  state: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'rate_limited' })
  failure: string | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 429 })
  httpStatus: number | null;

  @ApiProperty({ type: 'string', nullable: true })
  detail: string | null;

  @ApiProperty({ type: 'integer' })
  images: number;

  @ApiProperty({ format: 'date-time' })
  sentAt: string;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  finishedAt: string | null;
}

export class AdminReceiptLineDto {
  @ApiProperty({ example: 'image 1k standard' })
  label: string;

  @ApiProperty({ type: 'integer' })
  quantity: number;

  @ApiProperty({ description: 'Credits each.' })
  unit: number;

  @ApiProperty({ description: 'Credits.' })
  amount: number;
}

/** Why it cost what it cost: prices are those of the version it was accepted under. */
export class AdminReceiptDto {
  @ApiProperty({ type: 'integer' })
  catalogVersion: number;

  @ApiProperty({ type: 'integer', description: 'Permille of list price.' })
  priceFactor: number;

  @ApiProperty({ example: '1k' })
  tierAsked: string;

  @ApiProperty({ example: 'standard' })
  quality: string;

  @ApiProperty({ type: [AdminReceiptLineDto] })
  lines: AdminReceiptLineDto[];
}

export class AdminImageDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ type: 'integer' })
  ordinal: number;

  @ApiProperty({ example: 'image/png' })
  mediaType: string;

  @ApiProperty({ type: 'integer' })
  width: number;

  @ApiProperty({ type: 'integer' })
  height: number;

  @ApiProperty({ type: 'integer' })
  bytes: number;

  @ApiProperty({ description: 'Lower-case hex.' })
  sha256: string;

  @ApiProperty({ description: 'Credits charged for this image.' })
  credits: number;
}

export class GenerationDetailDto extends AdminGenerationDto {
  @ApiProperty({ type: [AttemptDto] })
  attempts: AttemptDto[];

  @ApiProperty({ type: AdminReceiptDto })
  receipt: AdminReceiptDto;

  @ApiProperty({
    type: [AdminImageDto],
    description: 'Without links: those are their owner’s to give.',
  })
  images: AdminImageDto[];
}
