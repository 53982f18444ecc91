/* Hides an alert at once. Without this script the same form reloads the page. */

const region = document.querySelector(".alerts");

region?.addEventListener("submit", async (event) => {
  const form = event.target;
  event.preventDefault();
  try {
    await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      redirect: "manual",
    });
  } catch {
    form.submit();
    return;
  }
  const alert = form.closest(".alert");
  const next = alert.nextElementSibling?.querySelector("button");
  alert.remove();
  // Whoever used the keyboard goes on from here, not from the top of the page.
  (next ?? document.querySelector("main")).focus({ preventScroll: true });
  if (!region.querySelector(".alert")) region.remove();
});
