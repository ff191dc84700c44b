import { ApiProperty } from '@nestjs/swagger';
import { VISIBILITIES, type Visibility } from './create-task.dto.js';

export const TASK_STATUSES = ['pending', 'processing', 'success', 'failed', 'canceled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** One stored image. */
export class TaskImageDto {
  @ApiProperty({ format: 'uri', description: 'Absolute; needs no key.' })
  url: string;

  @ApiProperty({ type: 'integer', minimum: 1, example: 1024 })
  width: number;

  @ApiProperty({ type: 'integer', minimum: 1, example: 1024 })
  height: number;

  @ApiProperty({ description: 'From its bytes.', example: 'image/png' })
  content_type: string;
}

export class TaskResultDto {
  @ApiProperty({ type: [TaskImageDto], description: 'Without those that were deleted.' })
  images: TaskImageDto[];
}

export class TaskDto {
  @ApiProperty({ format: 'uuid', example: '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293' })
  id: string;

  @ApiProperty({ enum: TASK_STATUSES, example: 'processing' })
  status: TaskStatus;

  @ApiProperty({ description: 'Whose model it is.', example: 'openai' })
  provider: string;

  @ApiProperty({ example: 'gpt-image-2' })
  model: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'Null once it is no longer kept.' })
  prompt: string | null;

  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: true,
    description: 'aspect_ratio, resolution, and the number of reference_images.',
    example: { aspect_ratio: '1:1', resolution: '1k', reference_images: 0 },
  })
  options: Record<string, unknown> | null;

  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: true,
    description:
      'Of a failed task, and of one whose image was removed: error and message. Of one that ' +
      'waits: queue_position and estimate_seconds (null: unknown). Else null.',
    example: null,
  })
  task_info: Record<string, unknown> | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Id of the task at the upstream, where that works on tasks.',
  })
  task_id: string | null;

  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: true,
    description: 'Of a successful task: {images: [{url, width, height, content_type}]}.',
    example: {
      images: [
        {
          url: 'https://easel.example/files/Zk3yq0p1S2v7w8x9y0aBcD.png',
          width: 1024,
          height: 1024,
          content_type: 'image/png',
        },
      ],
    },
  })
  task_result: TaskResultDto | null;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Held until it ends, then what was charged; rounded up to whole credits.',
    example: 2,
  })
  cost_credits: number;

  @ApiProperty({ enum: VISIBILITIES, example: 'public' })
  visibility: Visibility;

  @ApiProperty({ enum: ['web', 'api'], example: 'api' })
  source: 'web' | 'api';

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  created_at: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  updated_at: string | null;
}

/** What every answer that succeeded has. */
export class TaskEnvelopeDto {
  @ApiProperty({ type: 'integer', enum: [0], description: 'Always 0.' })
  code: 0;

  @ApiProperty({ example: 'ok' })
  message: string;
}

export class TaskAnswerDto extends TaskEnvelopeDto {
  @ApiProperty({ type: TaskDto })
  data: TaskDto;
}

export class RemainingCreditsDto {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'That can be spent now, rounded down to whole credits.',
    example: 120,
  })
  remaining_credits: number;
}

export class CreditsAnswerDto extends TaskEnvelopeDto {
  @ApiProperty({ type: RemainingCreditsDto })
  data: RemainingCreditsDto;
}
