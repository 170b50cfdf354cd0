import { rmSync } from 'node:fs'

/** Say something to whoever watches; what is measured goes to the standard output. */
export const note = (line: string) => process.stderr.write(`${line}\n`)

/**
 * A bench as a program: measure, print, say what is wrong, take the folder away and end, with status 1 for problems.
 * It ends as well when it takes longer than `longestMs`, or is told to stop.
 */
export async function runBench<Measured extends { readonly problems: readonly string[] }>(bench: {
  readonly folder: string
  readonly longestMs: number
  readonly measure: (folder: string) => Promise<Measured>
  readonly show: (measured: Measured) => string
}): Promise<never> {
  const { folder, longestMs, measure, show } = bench
  const ended = Promise.withResolvers<never>()
  const late = setTimeout(() => ended.reject(new Error('The bench took too long.')), longestMs)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => ended.reject(new Error('The bench was stopped.')))
  }
  try {
    const measured = await Promise.race([measure(folder), ended.promise])
    process.stdout.write(`${show(measured)}\n`)
    for (const problem of measured.problems) note(problem)
    if (measured.problems.length === 0) note('Every drop gave away exactly its units.')
    else process.exitCode = 1
  } catch (error) {
    note(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  } finally {
    clearTimeout(late)
    rmSync(folder, { recursive: true, force: true })
  }
  // What was still under way when the bench was stopped ends with it: services follow their parent.
  process.exit()
}
