/* Lets no form of the admin go that cannot be saved now. It first waits until the editor
   has saved by itself, then asks whether the session still holds, and gives the form the
   token of the newest sign-in. Else what was typed stays where it is, and a notice says
   what to do. */
const { sessionUrl, signInUrl } = document.currentScript.dataset;
const SECOND = 1000;
const SIGN_IN = "Sign in in a new tab";
const TEXTS = {
  signed_out: `You’ve been signed out. ${SIGN_IN}, then save: your changes are still here.`,
  network_error:
    "Your changes have not been saved, but they are still here. We cannot reach the website: check your connection.",
  server_error:
    "Your changes have not been saved, but they are still here. Something went wrong on the website: save again in a minute.",
};

const allowed = new WeakSet();
const asking = new WeakSet();
let automaticSave = Promise.resolve();
// What was in the editor before someone changed it, and then what was sent last.
let knownText = null;
let notice = null;
let watch = null;

const wait = (time) => new Promise((done) => setTimeout(done, time));
const editor = () => document.querySelector("form[data-edit-form]");

/* What is in the way of saving, if anything. */
async function findProblem() {
  try {
    const response = await fetch(sessionUrl, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      signal: AbortSignal.timeout(20 * SECOND),
    });
    if (response.status === 401) return "signed_out";
    if (!response.ok) return "server_error";
    renewToken((await response.json()).token);
    return "";
  } catch {
    return "network_error";
  }
}

function renewToken(token) {
  // What Wagtail's scripts send with their own requests.
  if (window.wagtailConfig) window.wagtailConfig.CSRF_TOKEN = token;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) {
    field.value = token;
  }
}

function say(problem) {
  if (!notice) {
    notice = document.createElement("div");
    notice.className = "not-saved";
    notice.setAttribute("role", "alert");
    document.body.append(notice);
  }
  if (notice.dataset.problem === problem) return;
  notice.dataset.problem = problem;
  const [before, after] = TEXTS[problem].split(SIGN_IN);
  notice.textContent = before;
  if (after) {
    const link = document.createElement("a");
    Object.assign(link, { href: signInUrl, target: "_blank", textContent: SIGN_IN });
    notice.append(link, after);
  }
  watch ??= setInterval(recover, 5 * SECOND);
}

function sayNothing() {
  notice?.remove();
  notice = null;
  clearInterval(watch);
  watch = null;
}

/* Looks whether all is well again; then the editor saves by itself once more. */
async function recover() {
  const problem = await findProblem();
  if (problem) return say(problem);
  const form = editor();
  if (form?.matches("[data-controller~=w-autosave]")) saveAutomatically(form);
  else sayNothing();
}

function saveAutomatically(form) {
  const detail = { type: "edits" };
  form.dispatchEvent(
    new CustomEvent("w-unsaved:add", { bubbles: true, cancelable: true, detail }),
  );
}

/* What someone has typed, without what the editor's scripts keep in the form. */
function textOf(form) {
  const own = /^(csrfmiddlewaretoken|loaded_revision_|comments-)/;
  const fields = [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && !own.test(name),
  );
  return new URLSearchParams(fields).toString();
}

/* Wagtail notes what is in an editor two seconds after it opens, and takes what was
   changed by then for saved. */
function noteFirstText({ target }) {
  const form = editor();
  if (form?.contains(target)) knownText ??= textOf(form);
}

function noteChanges() {
  const form = editor();
  if (!form || knownText === null || textOf(form) === knownText) return;
  form.setAttribute("data-w-unsaved-force-value", "true");
  form.setAttribute("data-w-unsaved-has-edits-value", "true");
}

for (const type of ["keydown", "pointerdown"]) {
  document.addEventListener(type, noteFirstText, true);
}
document.addEventListener("w-unsaved:watch-edits", noteChanges);
// Before Wagtail's own listener asks whether to leave.
window.addEventListener("beforeunload", noteChanges);

document.addEventListener("w-autosave:save", (event) => {
  const { target } = event;
  knownText = textOf(target);
  automaticSave = new Promise((done) => {
    target.addEventListener("w-autosave:success", done, { once: true });
    target.addEventListener("w-autosave:error", done, { once: true });
  });
});
// Wagtail's dialog about the network would stay open after all is saved.
function leaveOutDialog(detail) {
  delete detail.error;
}

document.addEventListener("w-autosave:success", ({ target }) => {
  sayNothing();
  // Wagtail takes for saved what was typed while the server answered.
  if (textOf(target) !== knownText) saveAutomatically(target);
});
// Before Wagtail's own listeners show the text.
document.addEventListener(
  "w-autosave:error",
  ({ detail }) => {
    leaveOutDialog(detail);
    const { error_code: code, error_message: message } = detail.response ?? {};
    if (code === "not_confirmed") recover();
    const problem = code in TEXTS ? code : detail.type;
    if (code && !(code in TEXTS)) {
      if (message) detail.text = message;
    } else if (problem in TEXTS) {
      detail.text = TEXTS[problem];
      say(problem);
    }
  },
  true,
);
// The editor's regular word to the server that someone is there has failed.
document.addEventListener("w-swap:error", recover);
document.addEventListener("w-swap:error", ({ detail }) => leaveOutDialog(detail), true);
window.addEventListener("focus", () => notice && recover());

async function send(form, button) {
  const active = form.getAttribute("data-w-autosave-active-value");
  form.setAttribute("data-w-autosave-active-value", "false");
  await Promise.race([automaticSave, wait(20 * SECOND)]);
  const problem = await findProblem();
  if (!problem) {
    sayNothing();
    // Wagtail disables the button that was pressed, and its name would not be sent.
    const isDisabled = button?.disabled;
    if (isDisabled) button.disabled = false;
    allowed.add(form);
    form.requestSubmit(button);
    allowed.delete(form);
    if (isDisabled) button.disabled = true;
    return;
  }
  say(problem);
  if (active === null) form.removeAttribute("data-w-autosave-active-value");
  else form.setAttribute("data-w-autosave-active-value", active);
  button?.setAttribute("data-w-progress-loading-value", "false");
  // Wagtail adds the decision when its button is pressed, and would add it once more.
  const decision = "[type=hidden]:is([name=action-workflow-action], [name^=workflow-action-])";
  for (const field of form.querySelectorAll(decision)) field.remove();
}

window.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    if (form.getAttribute("method")?.toLowerCase() !== "post" || allowed.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking.has(form)) return;
    asking.add(form);
    send(form, submitter).finally(() => asking.delete(form));
  },
  true,
);

// A script of Wagtail sends the editor's form without an event.
document.addEventListener("DOMContentLoaded", () => {
  const form = editor();
  if (form) form.submit = () => form.requestSubmit();
});
// Somebody has come back to the page with the browser's button.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
