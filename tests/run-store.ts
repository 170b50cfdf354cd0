import { execFile } from 'node:child_process'
import { dirname } from 'node:path'

interface Ended {
  /** Null when it was killed. */
  readonly code: number | null
  readonly text: string
  readonly errors: string
}

/**
 * A store command in a process of its own: `backup`, `restore` or `copy` with its options. `killAt` kills it as soon as it
 * says so.
 */
export function runStore(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly killAt?: RegExp } = {},
): Promise<Ended> {
  const command = ['--disable-warning=ExperimentalWarning', 'core/store-command.ts', ...args]
  const cwd = dirname(import.meta.dirname)
  return new Promise((resolve) => {
    let said = ''
    const child = execFile(
      process.execPath,
      command,
      { cwd, env: options.env ?? {} },
      (error, text, errors) => {
        const failed = typeof error?.code === 'number' ? error.code : null
        resolve({ code: error ? failed : 0, text, errors })
      },
    )
    child.stderr?.on('data', (chunk) => {
      said += chunk
      if (options.killAt?.test(said)) child.kill('SIGKILL')
    })
  })
}
