import { Injectable } from '@nestjs/common';
import { StrictFields } from '../../../surface-kit/index.js';
import { GENERATION_OUTPUT, GET_IMAGE_INPUT, MAX_WORD } from '../schemas.js';
import { McpSubmission } from '../submission.service.js';
import type { McpTool, ToolCall } from '../tool.js';

@Injectable()
export class GetImageTool implements McpTool {
  readonly definition: McpTool['definition'] = {
    name: 'get_image',
    title: 'Get an image',
    description:
      'The pictures made by an earlier call, by its id, with links that work now; without an id ' +
      'the newest of the account. Waits up to 50 seconds for one that is still being made.',
    inputSchema: GET_IMAGE_INPUT,
    outputSchema: GENERATION_OUTPUT,
    annotations: { readOnlyHint: true },
  };
  readonly scope = 'images.read';
  readonly makesImages = false;

  constructor(private readonly submission: McpSubmission) {}

  run(call: ToolCall) {
    const fields = new StrictFields(call.sent);
    const id = fields.text('id', { max: MAX_WORD });
    fields.refuseProblems();
    return this.submission.find(id, call);
  }
}
