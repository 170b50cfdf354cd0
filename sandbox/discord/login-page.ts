import { html } from 'hono/html'
import { type Html, renderStandInPage } from '../stand-in-page.ts'
import type { Person } from './memory.ts'

/** What an application asks of a person, as it stands in the address. */
export interface LoginWish {
  readonly client_id: string
  readonly redirect_uri: string
  readonly response_type: string
  readonly scope: string
  readonly state: string
}

const CSS = `
:root{--ground:#fff8ee;--paper:#fff;--text:#4a3228;--soft:#755b4f;--edge:#8d7065;--press:#a8325e;--sky:#c3dff2;--strawberry:#f8c8d4}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 Nunito,"Nunito Variable",system-ui,sans-serif}
.band{background:var(--sky);text-align:center;padding:.5rem 1rem;font-weight:600}
main{max-width:30rem;margin:1.5rem auto;padding:1.5rem;background:var(--paper);border-radius:1.25rem;box-shadow:0 3px 16px #4a322814}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}p{margin:.25rem 0 .75rem}.note{color:var(--soft);font-size:.92rem}
button{padding:.6rem 1rem;border-radius:.75rem;border:1px solid var(--edge);background:var(--paper);color:var(--text);font:inherit;cursor:pointer}
button:hover{background:var(--sky)}
.people{display:grid;gap:.6rem;margin:1rem 0}.people button{text-align:left;font-weight:700}.people small{font-weight:400;color:var(--soft)}
button.quiet{color:var(--press);border-color:var(--press)}
:focus-visible{outline:3px solid var(--press);outline-offset:2px}
.problem{background:var(--strawberry);border-radius:.75rem;padding:.6rem .9rem}
`

/** The page where a person agrees that the application may know who they are. It needs no script. */
export function renderChoice(
  people: readonly Person[],
  wish: LoginWish,
  problem: string | null = null,
): Html {
  return renderPage(
    'Log in',
    html`<h1>The shop would like to know who you are</h1>
<p>It asks for your name and your id, and for nothing else: no email address, no messages, no servers.</p>
${problem ? html`<p class="problem" role="alert">${problem}</p>` : ''}
<form method="post" action="/oauth2/authorize">
${Object.entries(wish).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<div class="people">${people.map(
      ({ id, globalName, username, role }) =>
        html`<button name="person" value="${id}">Go on as ${globalName} <small>@${username}, ${role}</small></button>`,
    )}</div>
<p><button class="quiet" name="deny" value="yes">No, go back</button></p>
</form>
<p class="note">On the real Discord you would sign in here.</p>`,
  )
}

export function renderProblem(problem: string): Html {
  return renderPage('Not possible', html`<h1>That does not work.</h1><p>${problem}</p>`)
}

function renderPage(title: string, body: Html): Html {
  const band = 'Local Discord: nobody really signs in here'
  return renderStandInPage({ name: 'Local Discord', band, css: CSS }, title, body)
}
