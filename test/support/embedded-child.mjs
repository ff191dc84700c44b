// A process that uses an embedded PostgreSQL: `node embedded-child.mjs DATA_DIR`. It writes one JSON
// line per log message ({"log"}) and one when it is up ({"up"}); it stops when its input ends.
import { startEmbedded } from '../../dist/src/database/embedded/index.js';

const [dataDir] = process.argv.slice(2);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const embedded = await startEmbedded({ dataDir, log: (log) => tell({ log }) });
tell({ up: { url: embedded.superuserUrl, adopted: embedded.adopted } });
process.stdin.resume().once('end', () => void embedded.stop());
