/* Hides an alert at once. Without this script the same form reloads the page. */

const region = document.querySelector(".alerts");
// One after the other: each answer adds to the cookie that the one before has set.
let closing = Promise.resolve();

region.addEventListener("submit", (event) => {
  const form = event.target;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  closing = closing.then(() => close(form));
});

async function close(form) {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    redirect: "manual",
  }).catch(() => null);
  // Only a redirect says that it is remembered. Else the browser shows what happened.
  if (answer?.type !== "opaqueredirect") {
    form.submit();
    return;
  }
  const alert = form.closest(".alert");
  const next = alert.nextElementSibling?.querySelector("button");
  alert.remove();
  // Whoever used the keyboard goes on from here, not from the top of the page.
  (next ?? document.querySelector("main")).focus({ preventScroll: true });
  if (!region.querySelector(".alert")) region.remove();
}
