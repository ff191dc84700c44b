import { ApiProperty } from '@nestjs/swagger';

/** Every failure on this surface. */
export class TaskErrorDto {
  @ApiProperty({ type: 'integer', enum: [-1], description: 'Always -1.' })
  code: -1;

  @ApiProperty({ type: 'string', description: 'For programs.', example: 'invalid_request' })
  error: string;

  @ApiProperty({ description: 'For people.', example: 'prompt is required' })
  message: string;
}
