import { Injectable } from '@nestjs/common';
import { isId } from '../../../common/ids.js';
import { EditUploads, type KeptInput, type SentInput } from '../../../surface-kit/index.js';
import { McpCommands } from '../commands.service.js';
import { type AskedPicture, readEditImage } from '../image-request.reader.js';
import { EDIT_INPUT, GENERATION_OUTPUT } from '../schemas.js';
import { McpSubmission } from '../submission.service.js';
import type { McpTool, ToolCall } from '../tool.js';

@Injectable()
export class EditImageTool implements McpTool {
  readonly definition: McpTool['definition'] = {
    name: 'edit_image',
    title: 'Edit images',
    description:
      'Makes pictures from a text and other pictures, for credits: those made here before, by ' +
      'their image_id, or any at a public https address. Answers as generate_image does.',
    inputSchema: EDIT_INPUT,
    outputSchema: GENERATION_OUTPUT,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  };
  readonly scope = 'images.create';
  readonly makesImages = true;

  constructor(
    private readonly commands: McpCommands,
    private readonly uploads: EditUploads,
    private readonly submission: McpSubmission,
  ) {}

  async run(call: ToolCall) {
    const asked = readEditImage(call.sent);
    const command = this.commands.toCommand(this.definition.name, asked, call);
    await this.commands.refuseUnpayable(command, call);
    const inputs = await this.keepInputs(asked, call);
    return this.submission.submit({ ...command, request: { ...command.request, inputs } }, call);
  }

  /** @throws DomainError `invalid_value` with one text for whatever stands at an address */
  private async keepInputs({ images, mask }: AskedPicture, call: ToolCall): Promise<KeptInput[]> {
    const { caller, request, response } = call;
    const reading = this.uploads.begin(caller, request, response);
    try {
      return await reading.keep(caller, {
        fields: {},
        images: images.map((image, i) => toInput(image, `images[${i}]`)),
        mask: mask === null ? null : toInput(mask, 'mask'),
        imagesParam: 'images',
      });
    } finally {
      await reading.end();
    }
  }
}

function toInput(named: string, param: string): SentInput {
  return isId(named) ? { kind: 'asset', id: named, param } : { kind: 'url', url: named, param };
}
