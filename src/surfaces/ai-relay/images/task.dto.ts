import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ImageDataDto } from './image-data.dto.js';

export const TASK_STATUSES = ['generating', 'success', 'failed'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Answer to a request that does not wait. */
export class StartedTaskDto {
  @ApiProperty({ format: 'uuid', description: 'For GET /api/ai/image/task/{logId}.' })
  logId: string;

  @ApiProperty({ enum: ['generating'] })
  status: 'generating';
}

/** One stored image of a task. */
export class LogImageDto {
  @ApiProperty({ format: 'uri', description: 'Absolute; needs no key, and stays.' })
  url: string;

  @ApiProperty({ type: 'integer', example: 1024 })
  width: number;

  @ApiProperty({ type: 'integer', example: 1024 })
  height: number;
}

/** A task and what has become of it. */
export class ImageTaskDto {
  @ApiProperty({ format: 'uuid' })
  logId: string;

  @ApiProperty({ enum: TASK_STATUSES })
  status: TaskStatus;

  @ApiProperty({ format: 'date-time' })
  startedAt: string;

  @ApiProperty({ description: 'Held until it ends, then what was charged.', example: 2 })
  points: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What was asked; the prompt is empty once it is no longer kept.',
    example: { model: 'gpt-image-2', prompt: 'a lighthouse at dusk', n: 1, size: '1024x1024' },
  })
  request: Record<string, unknown>;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Milliseconds it took, once it ended.' })
  duration?: number;

  @ApiPropertyOptional({ type: ImageDataDto, description: 'Of a success, as generate answers it.' })
  response?: ImageDataDto;

  @ApiPropertyOptional({ type: [LogImageDto], description: 'Of a success, without deleted ones.' })
  images?: LogImageDto[];

  @ApiPropertyOptional({ description: 'Of a failure or of images that were removed, for people.' })
  errorMessage?: string;
}
