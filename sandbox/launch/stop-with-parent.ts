// Loaded into each service before its own code: a launcher that was killed leaves nothing running.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
