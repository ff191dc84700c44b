import { aiSdkCompatible } from './ai-sdk-compatible.js';
import { aiSdkOpenai } from './ai-sdk-openai.js';
import { cherryStudio } from './cherry-studio.js';
import type { Client } from './client-case.js';
import { langchain } from './langchain.js';
import { libreChat } from './libre-chat.js';
import { lobeChat } from './lobe-chat.js';
import { n8n } from './n8n.js';
import { openWebUi } from './open-webui.js';
import { openaiNode } from './openai-node.js';

/** The rows of the table in `docs/clients.md`, in its order. */
export const CLIENTS: readonly Client[] = [
  openaiNode,
  aiSdkOpenai,
  aiSdkCompatible,
  langchain,
  openWebUi,
  lobeChat,
  libreChat,
  cherryStudio,
  n8n,
];
