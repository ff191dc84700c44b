import { Injectable } from '@nestjs/common';
import type { McpTool } from '../tool.js';
import { EditImageTool } from './edit-image.tool.js';
import { GenerateImageTool } from './generate-image.tool.js';
import { GetBalanceTool } from './get-balance.tool.js';
import { GetImageTool } from './get-image.tool.js';
import { ListModelsTool } from './list-models.tool.js';

/** Every tool there is, in the order they are listed. */
@Injectable()
export class Toolbox {
  private readonly tools: readonly McpTool[];

  constructor(
    generateImage: GenerateImageTool,
    editImage: EditImageTool,
    getImage: GetImageTool,
    listModels: ListModelsTool,
    getBalance: GetBalanceTool,
  ) {
    this.tools = [generateImage, editImage, getImage, listModels, getBalance];
  }

  get definitions(): McpTool['definition'][] {
    return this.tools.map(({ definition }) => definition);
  }

  find(name: string): McpTool | undefined {
    return this.tools.find(({ definition }) => definition.name === name);
  }
}
