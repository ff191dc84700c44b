import { Injectable } from '@nestjs/common';
import { McpCommands } from '../commands.service.js';
import { readGenerateImage } from '../image-request.reader.js';
import { GENERATE_INPUT, GENERATION_OUTPUT } from '../schemas.js';
import { McpSubmission } from '../submission.service.js';
import type { McpTool, ToolCall } from '../tool.js';

@Injectable()
export class GenerateImageTool implements McpTool {
  readonly definition: McpTool['definition'] = {
    name: 'generate_image',
    title: 'Generate an image',
    description:
      'Makes pictures from a text, for credits. Answers with the pictures, links to them and what ' +
      'they cost, or after 50 seconds with an id to call get_image with. Nothing is charged for ' +
      'what fails.',
    inputSchema: GENERATE_INPUT,
    outputSchema: GENERATION_OUTPUT,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  };
  readonly scope = 'images.create';
  readonly makesImages = true;

  constructor(
    private readonly commands: McpCommands,
    private readonly submission: McpSubmission,
  ) {}

  async run(call: ToolCall) {
    const asked = readGenerateImage(call.sent);
    const command = this.commands.toCommand(this.definition.name, asked, call);
    return this.submission.submit(command, call);
  }
}
