// Makes the npm packages of a release: one per platform that holds the binary, and `zappa-rs`, which depends on all of them
// and runs the one that npm installed. Needs Node.js 18 and no packages.
//
//     node build.mjs VERSION DIST OUT
//
// DIST holds the archives of the release by target; targets without an archive are skipped, so that one platform can be
// tried alone. OUT gets one folder per package, to be published with `npm publish OUT/*`, the platforms first.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [version, dist, out] = process.argv.slice(2);
if (!version || !dist || !out) {
  console.error('usage: node build.mjs VERSION DIST OUT');
  process.exit(2);
}

// The binaries for Linux are static (musl), so that one serves every distribution.
const platforms = JSON.parse(readFileSync(join(here, 'platforms.json'), 'utf8'));
const common = {
  version,
  license: 'MIT',
  repository: { type: 'git', url: 'git+https://github.com/zappa-rs/zappa-rs.git' },
};

const built = {};
for (const [platform, target] of Object.entries(platforms)) {
  const extension = platform.startsWith('win32') ? 'zip' : 'tar.gz';
  const archive = join(dist, `zappa-rs-${target}.${extension}`);
  if (!existsSync(archive)) {
    console.error(`skipped ${platform}: ${archive} is missing`);
    continue;
  }
  const [os, cpu] = platform.split('-');
  const folder = join(out, platform);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  // bsdtar, which Windows and macOS have as `tar`, reads zip as well; on Linux only tar.gz archives are read here.
  execFileSync(extension === 'zip' && process.platform === 'linux' ? 'bsdtar' : 'tar', [
    '-xf', archive, '-C', join(folder, 'bin'), '--strip-components', '1',
  ]);
  const name = `@zappa-rs/${platform}`;
  const manifest = { name, description: `The binary of zappa-rs for ${platform}`, ...common, os: [os], cpu: [cpu] };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  built[name] = version;
}
if (Object.keys(built).length === 0) {
  console.error(`no archive of a known target in ${dist}`);
  process.exit(1);
}

const wrapper = join(out, 'zappa-rs');
mkdirSync(wrapper, { recursive: true });
for (const file of ['zappa-rs.js', 'platforms.json']) cpSync(join(here, file), join(wrapper, file));
cpSync(join(here, '../../README.md'), join(wrapper, 'README.md'));
cpSync(join(here, '../../LICENSE'), join(wrapper, 'LICENSE'));
const manifest = {
  name: 'zappa-rs',
  description: 'Deploys an axum or tower service to AWS Lambda, and runs it on this machine behind an emulated gateway',
  ...common,
  bin: { 'zappa-rs': 'zappa-rs.js' },
  engines: { node: '>=18' },
  optionalDependencies: built,
};
writeFileSync(join(wrapper, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
