/** What the person who typed the command has to change; one line per problem. */
export class LaunchError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'LaunchError'
  }
}
