// `npm test` with the arguments given here; a few files that failed are run once more, alone. A
// time-out of a busy machine must not hide what all the other tests say. What failed is named
// loudly, and the last lines of all are the tests that failed for good.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** More than these are no accident of the machine. */
const MAX_FILES_AGAIN = 3;
const folder = mkdtempSync(join(tmpdir(), 'easel-ci-'));

process.exitCode = judge(process.argv.slice(2));
rmSync(folder, { recursive: true, force: true });

/** @returns the exit code of all */
function judge(wanted) {
  const first = runTests(wanted);
  if (first.passed) return 0;
  const files = [...new Set(first.failed.map(({ file }) => file))];
  if (files.length === 0 || files.length > MAX_FILES_AGAIN) return giveUp(first, files);
  tell('FAILED AT FIRST, RUN ONCE MORE ALONE', first.failed);
  const again = runTests(['--runInBand', '--runTestsByPath', ...files]);
  if (!again.passed) return giveUp(again, files);
  tell('FAILED AT FIRST, PASSED ALONE: TO BE MENDED', first.failed);
  return 0;
}

function giveUp({ failed }, files) {
  if (files.length > MAX_FILES_AGAIN) {
    console.error(`\n!!! ${files.length} files failed: too many to run them once more.`);
  }
  if (failed.length === 0) console.error('\n!!! The run itself failed: see above.');
  else tell('FAILED', failed);
  return 1;
}

/** The list is short whatever happened: who reads a cut log must see it whole. */
function tell(headline, failed) {
  const lines = failed.slice(0, 40).map(({ file, name }) => `!!!   ${file}: ${name}`);
  const more = failed.length > lines.length ? [`!!!   … of ${failed.length} in all`] : [];
  console.error(['', `!!! ${headline}`, ...lines, ...more].join('\n'));
}

function runTests(args) {
  const report = join(folder, `${args.includes('--runInBand') ? 'again' : 'first'}.json`);
  const { status } = spawnSync('npm', ['test', '--', ...args, '--json', `--outputFile=${report}`], {
    stdio: 'inherit',
  });
  return { passed: status === 0, failed: status === 0 ? [] : failuresOf(report) };
}

/** None when the run broke before it could report. */
function failuresOf(report) {
  const { testResults } = readReport(report);
  return testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, assertionResults }) => {
      const file = relative(process.cwd(), name);
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [{ file, name: 'the file could not be run' }];
      return failed.map(({ fullName }) => ({ file, name: fullName }));
    });
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { testResults: [] };
  }
}
