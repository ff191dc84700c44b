import type { CatalogModel } from './catalog.js';
import { pointer, type Problem } from './problem.js';

/** Options that contradict each other or lack what they need. */
export function offerProblems(model: CatalogModel): Problem[] {
  return [
    ...qualityProblems(model),
    ...formatProblems(model),
    ...frameProblems(model),
    ...editProblems(model),
    ...(model.lifecycle === 'retired' ? [] : surchargeProblems(model)),
  ];
}

function qualityProblems({ options, defaultQuality }: CatalogModel): Problem[] {
  const { quality } = options;
  if (quality.length === 0 || quality.includes(defaultQuality)) return [];
  return [{ path: '/defaultQuality', message: 'It is not among the qualities.' }];
}

function formatProblems({ options, operations }: CatalogModel): Problem[] {
  const formats = options.outputFormat;
  const problems: Problem[] = [];
  if (formats.includes('svg') && !operations.includes('generate')) {
    problems.push({ path: '/outputFormats', message: 'svg needs the operation generate.' });
  }
  const opaqueOnly = !formats.includes('png') && !formats.includes('webp');
  if (options.background.includes('transparent') && formats.length > 0 && opaqueOnly) {
    problems.push({ path: '/backgrounds', message: 'transparent needs the format png or webp.' });
  }
  return problems;
}

function frameProblems({ options, frames }: CatalogModel): Problem[] {
  if (!frames) {
    const message = 'It is missing although gif is offered.';
    return options.outputFormat.includes('gif') ? [{ path: '/frames', message }] : [];
  }
  if (frames.min <= frames.default && frames.default <= frames.max) return [];
  return [{ path: '/frames/default', message: 'It must lie between min and max.' }];
}

function editProblems({ operations, inputs }: CatalogModel): Problem[] {
  const edits = operations.includes('edit');
  if (edits && inputs.images === 0) {
    return [{ path: '/inputs/images', message: 'It must be at least 1 where edit is offered.' }];
  }
  if (!edits && (inputs.images > 0 || inputs.mask)) {
    return [{ path: '/inputs', message: 'Input images need the operation edit.' }];
  }
  return [];
}

/** What is offered at a price of its own must say that price; 0 is one. */
function surchargeProblems(model: CatalogModel): Problem[] {
  const { surcharges, inputs, stream, options } = model;
  const undeclared: [boolean, string, string][] = [
    [inputs.images > 0 && !surcharges.inputImage, '/inputImage', 'input images are'],
    [stream && surcharges.partialImage === null, '/partialImage', 'stream is'],
    [options.outputFormat.includes('gif') && surcharges.frame === null, '/frame', 'gif is'],
    ...options.thinkingLevel.map((level): [boolean, string, string] => [
      !surcharges.thinking.has(level),
      `/thinking${pointer(level)}`,
      'this level is',
    ]),
  ];
  const stray = [...surcharges.thinking.keys()].filter(
    (level) => !options.thinkingLevel.includes(level),
  );
  return [
    ...undeclared
      .filter(([missing]) => missing)
      .map(([, path, what]) => ({
        path: `/surcharges${path}`,
        message: `The surcharge is missing although ${what} offered; 0 is a price.`,
      })),
    ...stray.map((level) => ({
      path: `/surcharges/thinking${pointer(level)}`,
      message: 'It is not among the thinking levels.',
    })),
  ];
}
