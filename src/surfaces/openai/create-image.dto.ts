import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/**
 * Body of `POST /v1/images/generations`. Names are the wire's, hence
 * snake_case. It documents; `readCreateImage` reads, more leniently: numbers
 * and booleans may come as text, `null` is absent, other fields are ignored and
 * named in `x-ignored-parameters`.
 */
export class CreateImageDto {
  @ApiProperty({
    description:
      'What to draw, in characters. The limit is the model’s; 2 to 4000 with the aiimg profile.',
    minLength: 1,
    maxLength: 32000,
    example: 'A lighthouse at dusk, flat vector poster',
  })
  prompt: string;

  @ApiPropertyOptional({
    description:
      'A name or alias from GET /v1/models. Without it: gpt-image-2; with the aiai profile ' +
      'dall-e-2, or gpt-image-1 when a parameter only that one has is sent.',
    example: 'easel-sketch',
  })
  model?: string;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Number of images. The limit is the model’s; 4 with the aiimg profile.',
    minimum: 1,
    maximum: 10,
    default: 1,
    example: 1,
  })
  n?: number;

  @ApiPropertyOptional({
    description:
      'WIDTHxHEIGHT in pixels, or auto: one of the model’s sizes, or any size its rule allows.',
    example: '1024x1024',
  })
  size?: string;

  @ApiPropertyOptional({
    description:
      'One of the model’s qualities. standard and hd mean medium and high where a model lacks them.',
    enum: ['auto', 'low', 'medium', 'high', 'xhigh', 'max', 'standard', 'hd'],
  })
  quality?: string;

  @ApiPropertyOptional({
    description:
      'How images are answered: as a link that stays, or as base64. Without it: b64_json for ' +
      'gpt-image and chatgpt-image models, url for others and always with the aiimg profile.',
    enum: ['url', 'b64_json'],
    example: 'url',
  })
  response_format?: 'url' | 'b64_json';

  @ApiPropertyOptional({ description: 'dall-e-3 and models that list styles.', example: 'vivid' })
  style?: string;

  @ApiPropertyOptional({
    description: 'transparent needs output_format png or webp.',
    enum: ['auto', 'transparent', 'opaque'],
  })
  background?: string;

  @ApiPropertyOptional({ enum: ['png', 'jpeg', 'webp', 'gif', 'svg'], description: 'File format.' })
  output_format?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 100,
    description: 'Percent, for jpeg and webp.',
  })
  output_compression?: number;

  @ApiPropertyOptional({ enum: ['auto', 'low'], description: 'How strictly content is filtered.' })
  moderation?: string;

  @ApiPropertyOptional({ enum: ['low', 'medium', 'high'], description: 'Where a model has it.' })
  complexity?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 2,
    maximum: 16,
    description: 'Frames of an animation; output_format gif only.',
  })
  frame_count?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 655350,
    description: 'Milliseconds per frame; output_format gif only.',
  })
  frame_duration_ms?: number;

  @ApiPropertyOptional({
    description: 'Instead of size, where a model lists ratios.',
    example: '16:9',
  })
  aspect_ratio?: string;

  @ApiPropertyOptional({
    enum: ['1k', '2k', '4k'],
    description: 'With aspect_ratio: the size class. The most that is charged is this class.',
  })
  resolution?: string;

  @ApiPropertyOptional({ description: 'How long the model may think, where it can be told.' })
  thinking_level?: string;

  @ApiPropertyOptional({
    default: false,
    description:
      'Answer with server-sent events, which carry base64. A model that cannot stream sends each ' +
      'image as one event.',
  })
  stream?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 3,
    description:
      'Previews of each image, at most; fewer may come. Belongs to stream; without it the ' +
      'parameter is ignored and named.',
  })
  partial_images?: number;

  @ApiPropertyOptional({ description: 'Your own tag for the end user.', example: 'user-1234' })
  user?: string;

  @ApiPropertyOptional({ description: 'As user, and wins over it when not empty.' })
  safety_identifier?: string;
}
