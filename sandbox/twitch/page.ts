import { type Html, renderStandInPage } from '../stand-in-page.ts'

const CSS = `
:root{--ground:#fff8ee;--paper:#fff;--text:#4a3228;--soft:#755b4f;--line:#ecdfd4;--edge:#8d7065;--press:#a8325e;
--lavender:#d9cdf0;--strawberry:#f8c8d4;--mint:#c6e8d5;--butter:#fbe7a8;--sky:#c3dff2}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 Nunito,"Nunito Variable",system-ui,sans-serif}
.band{background:var(--lavender);text-align:center;padding:.5rem 1rem;font-weight:600}
main{max-width:30rem;margin:1.5rem auto;padding:1.5rem;background:var(--paper);border-radius:1.25rem;box-shadow:0 3px 16px #4a322814}
main.wide{max-width:72rem;background:none;box-shadow:none;padding:0 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.15rem;margin:0 0 .25rem}h3{font-size:1.05rem;margin:0}
p{margin:.25rem 0 .75rem}.note{color:var(--soft);font-size:.92rem}a{color:var(--press)}
label{display:block;font-weight:600;font-size:.9rem;margin:.5rem 0 .15rem}
input,select{width:100%;padding:.5rem .6rem;border:1px solid var(--edge);border-radius:.6rem;font:inherit;background:var(--paper);color:inherit}
button{padding:.55rem 1rem;border:0;border-radius:.75rem;background:var(--press);color:#fff;font:inherit;font-weight:700;cursor:pointer}
button.plain{background:none;color:var(--press);padding:.25rem .1rem;font-weight:600;font-size:.88rem;text-decoration:underline;text-underline-offset:.2em}
button.quiet{background:var(--paper);color:var(--press);border:1px solid var(--edge);font-weight:600;padding:.35rem .75rem;font-size:.92rem}
:focus-visible{outline:3px solid var(--press);outline-offset:2px}
.problem{background:var(--strawberry);border-radius:.75rem;padding:.6rem .9rem}
.people{display:grid;grid-template-columns:repeat(auto-fill,minmax(17.5rem,1fr));gap:1rem;margin:1rem 0}
.person{background:var(--paper);border-radius:1.25rem;padding:1.1rem;box-shadow:0 3px 16px #4a322814;display:flex;flex-direction:column}
.person.on{box-shadow:0 0 0 2px var(--press),0 3px 16px #4a322814}
.who{display:flex;gap:.75rem;align-items:center;margin-bottom:.5rem}.who>div{min-width:0}
.who img{width:3rem;height:3rem;border-radius:50%;flex:none}
.who p{margin:0;overflow-wrap:anywhere}.person .two{display:grid;grid-template-columns:1.7fr 1fr;gap:.6rem}
.person form.go button{width:100%;margin-top:.9rem}
.person .now{margin-top:auto;padding-top:.9rem}.person .now form:first-child{flex:1}.person .now form:first-child button{width:100%}
.live{margin-left:auto;background:var(--press);color:#fff;border-radius:.5rem;padding:.05rem .55rem;font-weight:800;font-size:.85rem;letter-spacing:.04em}
.row{display:flex;flex-wrap:wrap;gap:.5rem .6rem;align-items:center}
.row label{margin:0;display:flex;flex-wrap:wrap;gap:.25rem .5rem;align-items:center;font-weight:400;font-size:1rem;max-width:100%}
.row select,.row input{width:auto;max-width:100%}.row input[type=number]{width:5.5rem}
.person .foot{margin-top:.9rem;padding-top:.5rem;border-top:1px solid var(--line);gap:.25rem .9rem}.person .foot .note{margin-right:auto}
.tools{gap:.75rem 1.5rem}
section{background:var(--paper);border-radius:1.25rem;padding:1.25rem;margin:1.25rem 0;box-shadow:0 3px 16px #4a322814;scroll-margin-top:1rem}
section .row{margin-top:.75rem}
.accounts{display:grid;gap:.6rem;margin:1rem 0}
.accounts button{display:flex;align-items:center;gap:.75rem;width:100%;text-align:left;background:var(--paper);color:var(--text);border:1px solid var(--edge)}
.accounts img{width:2.25rem;height:2.25rem;border-radius:50%}
.accounts button:hover{background:var(--lavender)}
.scroll{overflow-x:auto;position:relative}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
td .row{margin:0;flex-wrap:nowrap}td button.quiet{white-space:nowrap;padding:.2rem .6rem}
code{overflow-wrap:anywhere;font-size:.85rem}td code{white-space:nowrap}
.state{display:inline-block;padding:.05rem .55rem;border-radius:1rem;background:var(--butter)}
.state.delivered,.state.enabled{background:var(--mint)}.state.dead{background:var(--strawberry)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
`

/** A whole page, clearly marked as not Twitch. */
export function renderPage(title: string, body: Html, width: 'narrow' | 'wide' = 'narrow'): Html {
  return renderStandInPage(
    { name: 'Local Twitch', band: 'Local Twitch: nobody really streams here', css: CSS },
    title,
    body,
    width,
  )
}
