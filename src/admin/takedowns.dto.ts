import { ApiProperty } from '@nestjs/swagger';
import { IsText } from './fields.js';

export class TakeDownDto {
  @IsText(500, 'Court order 12/2026')
  reason: string;
}

export class TakedownDto {
  @ApiProperty({ format: 'uuid' })
  generationId: string;

  @ApiProperty({
    type: [String],
    description: 'Of its images, lower-case hex; blocked from now on.',
  })
  sha256: string[];

  @ApiProperty({
    type: 'integer',
    description: 'Images with these bytes, of whatever account: all answer 410.',
  })
  images: number;

  @ApiProperty({ format: 'date-time' })
  takenDownAt: string;
}
