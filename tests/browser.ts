import chromium from '@sparticuz/chromium'
import { type Browser, chromium as launcher } from 'playwright-core'

/** Made for one page in one process: here there are several windows, and the web's own rules hold, as people have them. */
const UNWANTED = ['--single-process', '--disable-web-security']

/** Headless Chromium as npm brought it; `CHROMIUM_PATH` wins where a machine has a browser of its own. */
export async function launchBrowser(): Promise<Browser> {
  return launcher.launch({
    executablePath: process.env.CHROMIUM_PATH ?? (await chromium.executablePath()),
    args: [
      ...chromium.args.filter((arg) => !UNWANTED.includes(arg)),
      '--no-sandbox',
      '--disable-background-networking',
    ],
  })
}
