import { type Html, renderStandInPage } from '../stand-in-page.ts'

const CSS = `
*{box-sizing:border-box}
body{margin:0;background:#f6f3ee;color:#33302b;font:16px/1.5 system-ui,sans-serif}
.band{background:#ffe9a8;color:#4a3b00;text-align:center;padding:.5rem 1rem;font-weight:600}
main{max-width:34rem;margin:1.5rem auto;padding:1.5rem;background:#fff;border-radius:1rem;box-shadow:0 2px 12px #0001}
main.wide{max-width:70rem}
h1{font-size:1.35rem;margin:0 0 .75rem}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}
.amount{font-size:2rem;font-weight:700}
label{display:block;margin:.6rem 0 .15rem;font-weight:600}
input,select{width:100%;padding:.6rem;border:1px solid #8d877c;border-radius:.5rem;font:inherit;background:#fff;color:inherit}
.row{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
button{width:100%;margin-top:1rem;padding:.75rem;border:0;border-radius:.6rem;background:#25527d;color:#fff;font:inherit;font-weight:600;cursor:pointer}
button.quiet{background:#fff;color:#25527d;border:1px solid #25527d}
td button{margin:0;padding:.25rem .6rem;width:auto}
.problem{background:#fde7e4;color:#7a1c10;border-radius:.5rem;padding:.6rem .8rem}
.note{color:#5d574d;font-size:.9rem}a{color:#25527d}
.scroll{overflow-x:auto;position:relative}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #e6e1d8;vertical-align:top}
code{overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:1rem 0}
section{margin-top:2rem;padding-top:.25rem;border-top:2px solid #f0ebe2;scroll-margin-top:1rem}
section h2{margin:1rem 0 .25rem}section>p.note{margin:0 0 .75rem}
.cards{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}
.cards>div{flex:1 1 14rem;background:#f6f3ee;border-radius:.75rem;padding:.75rem 1rem}
dt{font-weight:600}dd{margin:0}
.row-of,.line{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
section>.row-of{margin:.5rem 0}td>.row-of{min-width:11rem}
.row-of button,.line button{width:auto;margin:0;padding:.3rem .7rem;font-size:.9rem}
.line label{margin:0;display:flex;flex-wrap:wrap;gap:.4rem;align-items:center;font-weight:400;max-width:100%}
.line select,.line input{width:auto;max-width:100%;padding:.35rem .5rem}
.line input[type=number]{width:5.5rem}
.state{display:inline-block;padding:.05rem .5rem;border-radius:1rem;background:#eee8dd;color:#4a443a}
.state.delivered{background:#dcf1e2;color:#17502a}
.state.given_up,.state.lost{background:#fde7e4;color:#7a1c10}
.state.due{background:#fff1c9;color:#5c4700}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
:focus-visible{outline:3px solid #25527d;outline-offset:2px}
`

/** A whole page, clearly marked as not Stripe. */
export function renderPage(title: string, body: Html, width: 'narrow' | 'wide' = 'narrow'): Html {
  return renderStandInPage(
    { name: 'Local Stripe', band: 'Local Stripe, no real money', css: CSS },
    title,
    body,
    width,
  )
}

/** `1250, 'usd'` becomes `$12.50`. */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency: currency.toUpperCase() })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}
