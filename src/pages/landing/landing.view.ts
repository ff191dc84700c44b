import { toWireCredits } from '../../common/credits.js';
import type { CatalogModel, Tier } from '../../models/index.js';
import { TIERS } from '../../models/index.js';
import { type Html, markup } from '../markup.js';
import { HOME } from '../own-path.js';
import type { Page } from '../page.js';

export interface LandingFacts {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly models: readonly CatalogModel[];
  readonly isDraining: boolean;
}

/** What this server is, for somebody who was given its address. */
export function landingPage({ origin, models, isDraining }: LandingFacts): Page {
  return {
    status: 200,
    title: 'Easel · a relay for image models',
    isIndexed: true,
    main: markup`<div class="text">
<h1>A relay for image models</h1>
<p>This server speaks OpenAI’s Images API and some others, charges once, and only for pictures that you can fetch. Point your client at it with the key that its operator gave you.</p>
<div class="card">
<p class="soft small">Base URL for OpenAI clients</p>
<p><code>${origin}/v1</code></p>
<p class="last"><a href="/docs">API reference</a> · <a href="#models">Models and prices</a> · <a href="${HOME}">Your API tasks</a></p>
</div>
<p class="small"><span class="${isDraining ? 'bad' : 'good'}">●</span> ${isDraining ? 'About to restart' : 'Up'} · <a href="/health/ready">Status in detail</a></p>
</div>
<h2 id="models">Models and prices</h2>
<p class="soft small">Credits per image by size class, at list price; a range where quality decides.</p>
<div class="wide"><table>
<thead><tr><th>Model</th><th>Makes</th>${TIERS.map((tier) => markup`<th class="number">${tier}</th>`)}</tr></thead>
<tbody>
${models.map(row)}
</tbody>
</table></div>`,
  };
}

function row(model: CatalogModel): Html {
  return markup`<tr><td><code>${model.name}</code><br><span class="soft small">${model.title.en}</span></td>
<td>${model.operations.join(', ')}</td>
${TIERS.map((tier) => markup`<td class="number">${priceOf(model, tier)}</td>`)}</tr>
`;
}

/** From the cheapest quality to the dearest; a dash where the size is not made. */
function priceOf({ prices }: CatalogModel, tier: Tier): string {
  const all = [...prices.values()].flatMap((byQuality) =>
    [...byQuality.values()].flatMap((tiers) => tiers[tier] ?? []),
  );
  const credits = all.map((price) => toWireCredits(BigInt(price))).sort((a, b) => a - b);
  if (credits.length === 0) return '–';
  const [least, most] = [credits[0], credits[credits.length - 1]];
  return least === most ? `${least}` : `${least} to ${most}`;
}
