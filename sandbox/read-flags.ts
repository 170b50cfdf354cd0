import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/**
 * The options after `--` of an npm script. `--help` prints `usage`, and an option that is not there is answered with it:
 * either way nothing else happens.
 */
export function readFlags<const Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
): ReturnType<typeof parseArgs<{ options: Options }>>['values'] {
  const args = process.argv.slice(2)
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  try {
    return parseArgs({ args, options }).values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`)
    process.exit(2)
  }
}
